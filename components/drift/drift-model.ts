/** What the pages of drift say of sets and shapes. */
import { tenantsHref } from '@/components/tenants/tenant-search'
import { formatCount, plural } from '@/lib/format'
import {
  ignorableFacets,
  severities,
  type DriftSet,
  type DriftState,
  type Facet,
  type GoneShape,
  type OutsideChange,
  type RepairRun,
  type SeenFinding,
  type Severity,
  type Shape,
  runStateLabels,
} from '@/lib/tenancy/contract'

export type SentencePart = { readonly text: string; readonly href: string | null; readonly state: DriftState | null }

type Counted = Pick<DriftSet, 'set' | 'compared' | 'drifted' | 'accepted' | 'unknown' | 'shapes' | 'hidden'>

const shapesIn = ({ shapes, hidden }: Counted): string => {
  const drifted = shapes.filter(({ state }) => state === 'drifted').length
  return hidden > 0 ? `more than ${plural(drifted, 'shape')}` : plural(drifted, 'shape')
}

/** "1,000 compared", "54 drifted in 3 shapes"; what is accepted or was not compared only where there is some. */
export const sentenceParts = (set: Counted): readonly SentencePart[] => {
  const href = (state: DriftState): string => tenantsHref({ set: [set.set], drift: [state] })
  const drifted = set.drifted === 0 ? '0 drifted' : `${formatCount(set.drifted)} drifted in ${shapesIn(set)}`
  return [
    { text: `${formatCount(set.compared)} compared`, href: null, state: null },
    { text: drifted, href: set.drifted > 0 ? href('drifted') : null, state: 'drifted' },
    ...(set.accepted > 0 ? [{ text: `${formatCount(set.accepted)} accepted`, href: href('accepted'), state: 'accepted' as const }] : []),
    ...(set.unknown > 0 ? [{ text: `${formatCount(set.unknown)} not compared`, href: href('unknown'), state: 'unknown' as const }] : []),
  ]
}

/** What the page is about, in one sentence: all sets together. */
export const driftHeadline = (sets: readonly Counted[]): string => {
  const sum = (of: (set: Counted) => number): number => sets.reduce((all, set) => all + of(set), 0)
  const [compared, drifted] = [sum((set) => set.compared), sum((set) => set.drifted)]
  if (compared === 0) return 'No structure has been compared yet.'
  if (drifted === 0) return `${plural(compared, 'target')} compared, 0 drifted.`
  return `${plural(compared, 'target')} compared, ${formatCount(drifted)} drifted.`
}

export const oldestOf = (sets: readonly DriftSet[]): string | null =>
  sets.reduce<string | null>((oldest, { oldestAt }) => (oldestAt !== null && (oldest === null || oldestAt < oldest) ? oldestAt : oldest), null)

export const shapeHref = ({ set, id }: Pick<Shape, 'set' | 'id'>): string => `/drift/${encodeURIComponent(set)}/${encodeURIComponent(id)}`

/** "Norm", "Shape B"; what has no letter has no reference either. */
export const shapeTitle = ({ state, letter }: Pick<Shape, 'state' | 'letter'>): string =>
  letter === null ? (state === 'norm' ? 'Norm' : 'Shape') : `Shape ${letter}`

/** "app 0012 · Shape B", and the server's version where a set is spread over several. */
export const shapeName = (shape: Pick<Shape, 'set' | 'version' | 'state' | 'letter' | 'server'>, severalServers: boolean): string =>
  [`${shape.set} ${shape.version ?? 'without migrations'}`, shapeTitle(shape), ...(severalServers ? [`PostgreSQL ${shape.server}`] : [])].join(' · ')

export const hasSeveralServers = (shapes: ReadonlyArray<Pick<Shape, 'server'>>): boolean => new Set(shapes.map(({ server }) => server)).size > 1

/** What a page is headed with of whose shape only little is known. */
export const goneTitle = ({ seen }: Pick<GoneShape, 'seen'>): string =>
  seen === null ? 'Shape' : shapeTitle({ state: seen.isNorm ? 'norm' : 'drifted', letter: seen.letter })

/** Why a link led to a shape that is not there, as far as that is known. */
export const goneSentence = ({ seen }: Pick<GoneShape, 'seen'>): string =>
  seen === null
    ? 'Nothing more is known of it: it was last seen more than 90 days ago, or there never was a shape of that name.'
    : `${plural(seen.targets, 'target')} had it when it was last seen; ${seen.targets === 1 ? 'it was repaired or changed since, is' : 'they were repaired or changed since, are'} at another version by now, or the set compares other things.`

/** "succeeded", "failed" and so on: what came of a run that was to repair a shape. */
export const repairRunWords = ({ state }: Pick<RepairRun, 'state'>): string => runStateLabels[state].toLowerCase()

/** At night what has drifted is what somebody came for: it stands first, then what nobody could compare, what is accepted, and at the foot the norms. */
const standing: Readonly<Record<DriftState, number>> = { drifted: 0, unknown: 1, accepted: 2, norm: 3 }

/** Within each the largest first, as they come. */
export const orderedShapes = <S extends Pick<Shape, 'state'>>(shapes: readonly S[]): readonly S[] =>
  shapes.toSorted((one, other) => standing[one.state] - standing[other.state])

export const versionWord = (version: string | null): string => version ?? 'none'

const rank = (severity: Severity): number => severities.indexOf(severity)

/** What is open before what is accepted, the worst first. */
export const orderedFindings = <F extends Pick<SeenFinding, 'severity' | 'accepted'>>(findings: readonly F[]): readonly F[] =>
  findings.toSorted((one, other) => Number(one.accepted !== null) - Number(other.accepted !== null) || rank(one.severity) - rank(other.severity))

const shownFindings = 3

/** The first few; one more is not worth a line that says so. */
export const foldFindings = <F>(findings: readonly F[]): { readonly shown: readonly F[]; readonly more: number } =>
  findings.length <= shownFindings + 1 ? { shown: findings, more: 0 } : { shown: findings.slice(0, shownFindings), more: findings.length - shownFindings }

/** "acme, corp and 39 more" in parts: those named, and how many are not. */
export const exampleParts = (
  { tenants, examples }: Pick<Shape, 'tenants' | 'examples'>,
  most: number,
): { readonly named: readonly string[]; readonly more: number } => {
  const named = examples.slice(0, most)
  return { named, more: Math.max(0, tenants - named.length) }
}

/** What happened just before it was first seen. A norm and what cannot be compared came about in no special way. */
export const isTraced = ({ state }: Pick<Shape, 'state'>): boolean => state === 'drifted' || state === 'accepted'

/** Why shapes of a set cannot be compared, each reason once, with how many targets it concerns. */
export const problemsOf = (
  shapes: ReadonlyArray<Pick<Shape, 'problem' | 'version' | 'tenants'>>,
): ReadonlyArray<{
  readonly problem: string
  readonly versions: readonly string[]
  readonly tenants: number
}> => {
  const found = new Map<string, { problem: string; versions: string[]; tenants: number }>()
  for (const { problem, version, tenants } of shapes) {
    if (problem === null) continue
    const known = found.get(problem) ?? { problem, versions: [], tenants: 0 }
    if (!known.versions.includes(versionWord(version))) known.versions.push(versionWord(version))
    found.set(problem, { ...known, tenants: known.tenants + tenants })
  }
  return [...found.values()]
}

type IgnorableFacet = (typeof ignorableFacets)[number]

export const facetWords: Readonly<Record<IgnorableFacet, { readonly label: string; readonly hint: string }>> = {
  order: { label: 'Order of columns', hint: 'Columns stand in another order than the migrations made them.' },
  comments: { label: 'Comments', hint: 'What COMMENT ON says of objects.' },
  owner: { label: 'Owners', hint: 'Who owns schema, tables and functions.' },
  grants: { label: 'Privileges', hint: 'What roles may do, and default privileges.' },
  storage: { label: 'Storage', hint: 'Fill factors, tablespaces, compression, statistics targets.' },
}

/** "Compares everything", "Leaves out comments and storage" */
export const ignoredSentence = (ignored: readonly Facet[]): string => {
  const words = ignorableFacets.filter((facet) => ignored.includes(facet)).map((facet) => facetWords[facet].label.toLowerCase())
  if (words.length === 0) return 'Compares everything'
  return `Leaves out ${words.length === 1 ? words[0] : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`}`
}

/** "by deploy@psql from 10.0.0.4"; as much as whoever looks may see, and the session said. */
export const whoChanged = ({ user, application, client }: Pick<OutsideChange, 'user' | 'application' | 'client'>): string => {
  const who = user === null ? application : `${user}${application === '' ? '' : `@${application}`}`
  return `by ${who === '' ? 'somebody' : who}${client === null ? '' : ` from ${client}`}`
}
