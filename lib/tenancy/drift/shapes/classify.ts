/** From what was seen to shapes: which targets differ alike, how they are called, and whether that is accepted. */
import { createHash } from 'node:crypto'
import { severities, type DriftState, type Severity } from '../../contract/drift.ts'

export type FindingMark = {
  readonly key: string
  readonly severity: Severity
  /** Its sentence, where it is in the way of a migration: that it was accepted as something else says nothing about that. */
  readonly ahead?: string | null
}
/** A structure as it was seen at a version in a database. */
export type Sighting = {
  readonly id: number
  readonly databaseId: number
  readonly digest: string
  readonly serverMajor: number
  /** Of the facets that are compared. */
  readonly fingerprint: string
  /** Of its reference; null: there is none. */
  readonly norm: string | null
  readonly findings: readonly FindingMark[]
  /** What only one of it and its reference holds, and cannot be compared; in words. */
  readonly uncompared: readonly string[]
  readonly targets: number
}
export type OpenAcceptance = { readonly finding: string; readonly sentence: string; readonly until: Date | null }

/** Whether what was accepted is what is found now. */
export const covers = ({ sentence }: { readonly sentence: string }, ahead: string | null | undefined): boolean => !ahead || sentence === ahead

export type Standing = {
  readonly id: number
  readonly shape: string
  readonly letter: string | null
  readonly state: DriftState
  readonly severity: Severity | null
  readonly acceptedUntil: Date | null
}

const digestOf = (parts: readonly unknown[]): string => createHash('sha256').update(JSON.stringify(parts)).digest('hex')

export const worstOf = (findings: readonly FindingMark[]): Severity | null =>
  severities.find((severity) => findings.some((finding) => finding.severity === severity)) ?? null

const earliest = (times: ReadonlyArray<Date | null>): Date | null =>
  times.reduce<Date | null>((first, time) => (time !== null && (first === null || time < first) ? time : first), null)

const judge = ({ norm, findings, uncompared }: Sighting, accepted: ReadonlyMap<string, OpenAcceptance>): Omit<Standing, 'id' | 'shape' | 'letter'> => {
  if (norm === null) return { state: 'unknown', severity: null, acceptedUntil: null }
  if (findings.length === 0) return { state: uncompared.length === 0 ? 'norm' : 'unknown', severity: null, acceptedUntil: null }
  const open = findings.filter(({ key, ahead }) => {
    const acceptance = accepted.get(key)
    return acceptance === undefined || !covers(acceptance, ahead)
  })
  if (open.length > 0) return { state: 'drifted', severity: worstOf(open), acceptedUntil: null }
  return { state: 'accepted', severity: worstOf(findings), acceptedUntil: earliest(findings.map(({ key }) => accepted.get(key)?.until ?? null)) }
}

/** What differs in nothing that is told has the norm's fingerprint. */
const shownFingerprint = ({ norm, findings, fingerprint }: Sighting): string => (norm !== null && findings.length === 0 ? norm : fingerprint)

/**
 * Names of shapes, by sighting. Databases whose references differ (an extension is elsewhere in one of them) make several shapes of one structure: the largest has
 * the plain name.
 */
const nameShapes = (setId: number, sightings: readonly Sighting[]): Map<number, string> => {
  const names = new Map<number, string>()
  const byStructure = Map.groupBy(sightings, (one) =>
    digestOf([setId, one.digest, one.serverMajor, shownFingerprint(one), ...(one.uncompared.length === 0 ? [] : [one.uncompared])]).slice(0, 12),
  )
  for (const [name, alike] of byStructure) {
    const byNorm = [...Map.groupBy(alike, ({ norm }) => norm ?? '')].toSorted(
      ([norm, some], [otherNorm, others]) => sizeOf(others) - sizeOf(some) || (norm < otherNorm ? -1 : 1),
    )
    for (const [index, [norm, members]] of byNorm.entries())
      for (const { id } of members) names.set(id, index === 0 ? name : `${name}-${digestOf([norm]).slice(0, 6)}`)
  }
  return names
}

const sizeOf = (sightings: readonly Sighting[]): number => sightings.reduce((sum, { targets }) => sum + targets, 0)

/** B, C, …, Z, AA, AB, … */
export const letterOf = (index: number): string => {
  let letters = ''
  for (let rest = index + 2; rest > 0; rest = Math.floor((rest - 1) / 26)) letters = String.fromCodePoint(65 + ((rest - 1) % 26)) + letters
  return letters
}

/** Within a version, by size. */
const letterShapes = (sightings: readonly Sighting[], names: ReadonlyMap<number, string>): Map<string, string> => {
  const letters = new Map<string, string>()
  for (const ofVersion of Map.groupBy(sightings, ({ digest }) => digest).values()) {
    const shapes = [...Map.groupBy(ofVersion, ({ id }) => names.get(id) ?? '')]
      .filter(([, members]) => members.some(({ norm, findings, uncompared }) => norm === null || findings.length > 0 || uncompared.length > 0))
      .toSorted(([name, some], [otherName, others]) => sizeOf(others) - sizeOf(some) || (name < otherName ? -1 : 1))
    for (const [index, [name]] of shapes.entries()) letters.set(name, letterOf(index))
  }
  return letters
}

export const classify = (setId: number, sightings: readonly Sighting[], acceptances: readonly OpenAcceptance[]): Standing[] => {
  const accepted = new Map(acceptances.map((one) => [one.finding, one]))
  const names = nameShapes(setId, sightings)
  const letters = letterShapes(sightings, names)
  return sightings.map((sighting) => {
    const shape = names.get(sighting.id) ?? ''
    return { id: sighting.id, shape, letter: letters.get(shape) ?? null, ...judge(sighting, accepted) }
  })
}
