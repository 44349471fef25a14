/** What a repair is put together from: steps in phases, and what is left to a person. */
import type { Difference, Finding, Repair } from '../../../contract/drift.ts'
import type { Facet, Structure, StructureObject } from '../../../contract/structure.ts'
import { findingOf } from '../compare-structures.ts'
import { inventoryOf, keyOf, textIn, type Inventory, type ObjectName } from '../inventory.ts'
import { labelOf } from '../sentences.ts'

/** Nothing needs what is made in a later one, and nothing is dropped that a kept one still stands on. */
export const phases = [
  'dropParts',
  'dropViews',
  'dropForeignKeys',
  'dropConstraints',
  'dropIndexes',
  'dropRoutines',
  'types',
  'sequences',
  'routines',
  'tables',
  'columns',
  'alterColumns',
  'indexes',
  'constraints',
  'heirs',
  'foreignKeys',
  'tableState',
  'views',
  'tableTails',
  'parts',
  'attributes',
] as const
export type Phase = (typeof phases)[number]

/** The strongest lock and what can go wrong; null where there is nothing to say. */
export type Cost = { readonly lock?: string | null; readonly risk?: string | null }

export type Scene = {
  readonly norm: Inventory
  readonly seen: Inventory
  /** What will be there: as seen, with all that is repaired as in the norm. */
  readonly wanted: Inventory
  readonly findings: readonly Finding[]
  /** What is missing was never there: nobody has counted with it. */
  readonly isFirst: boolean
  finding(object: ObjectName): Finding | undefined
}

export type Draft = {
  add(phase: Phase, finding: Finding, statements: string | readonly string[], cost?: Cost): void
  /** Of a finding with several differences only those given. */
  leave(finding: Finding, reason: string, differences?: readonly Difference[]): void
  /** All of it: the rest is worked out anew as if it had not been asked for. */
  refuse(finding: Finding, reason: string): void
  /** It is dropped and made as it was seen in one target: refused where others may have it otherwise. */
  remake(finding: Finding, object: StructureObject): void
  /** Whether it was made anew already, with all that is said of it. */
  isMadeAnew(object: ObjectName): boolean
  markMadeAnew(object: ObjectName): void
}

type Kept = { readonly finding: Finding; readonly reason: string; readonly differences: readonly Difference[] }

/** A finding of which a part is repaired is another one afterwards. */
const remainder = (finding: Finding, kept: readonly Kept[], norm: Inventory): Finding => {
  const differences = kept.flatMap(({ differences }) => differences)
  const object = norm.get(finding.object)
  return finding.kind === 'mismatched' && object ? findingOf('mismatched', object, differences) : finding
}

/** What is lost when it is dropped and cannot be told from the statements that make it. */
const ownFacets = (object: StructureObject): readonly Facet[] => {
  switch (object.kind) {
    case 'view':
    case 'function':
    case 'procedure':
    case 'aggregate':
      return ['comments', 'owner', 'grants']
    case 'materialized_view':
      return ['comments', 'owner', 'grants', 'storage']
    case 'statistics':
      return ['comments', 'owner', 'storage']
    case 'index':
      return ['comments', 'storage']
    case 'constraint':
      return textIn(object, 'type') === 'foreign key' ? ['comments'] : ['comments', 'storage']
    default:
      return ['comments']
  }
}
const facetWords: Readonly<Partial<Record<Facet, string>>> = { comments: 'comments', owner: 'owners', grants: 'rights', storage: 'storage' }

export type Drafting = {
  readonly draft: Draft
  /** Keys of findings, with the reasons. */
  readonly refused: ReadonlyMap<string, string>
  finish(): Repair
}

/** @param ignored facets in which targets with one structure may differ */
export const startDraft = (norm: Inventory, ignored: readonly Facet[]): Drafting => {
  const steps: Array<Repair['steps'][number] & { readonly phase: Phase }> = []
  const kept: Kept[] = []
  const anew = new Set<string>()
  const refused = new Map<string, string>()
  const draft: Draft = {
    add: (phase, finding, statements, { lock = null, risk = null } = {}) => {
      for (const sql of typeof statements === 'string' ? [statements] : statements) steps.push({ sql, finding: finding.key, lock, risk, phase })
    },
    leave: (finding, reason, differences = finding.differences) => {
      kept.push({ finding, reason, differences })
    },
    refuse: (finding, reason) => {
      if (!refused.has(finding.key)) refused.set(finding.key, reason)
    },
    remake: (finding, object) => {
      const lost = ownFacets(object).filter((facet) => ignored.includes(facet))
      if (lost.length === 0) return
      const words = lost.map((facet) => facetWords[facet]).join(' and ')
      const loss = `This set does not compare ${words}: each tenant may have its own, and would lose it.`
      draft.refuse(finding, `${labelOf(object)} would have to be dropped and made again. ${loss}`)
    },
    isMadeAnew: (object) => anew.has(keyOf(object)),
    markMadeAnew: (object) => {
      anew.add(keyOf(object))
    },
  }
  const finish = (): Repair => ({
    steps: steps
      .map((step, index) => ({ step, index }))
      .toSorted((a, b) => phases.indexOf(a.step.phase) - phases.indexOf(b.step.phase) || a.index - b.index)
      .map(({ step: { sql, finding, lock, risk } }) => ({ sql, finding, lock, risk })),
    left: [...Map.groupBy(kept, ({ finding }) => finding.key).values()].map((some) => {
      const [first] = some
      const finding = first ? remainder(first.finding, some, norm) : null
      return { finding: finding?.key ?? '', sentence: finding?.sentence ?? '', reason: [...new Set(some.map(({ reason }) => reason))].join(' ') }
    }),
  })
  return { draft, refused, finish }
}

const keptKinds: ReadonlySet<string> = new Set(['table', 'column', 'sequence', 'type', 'extension', 'schema'])
/** What may hold somebody's data, or what such a thing stands on. */
export const isKept = ({ kind, object }: Finding): boolean => kind === 'extra' && keptKinds.has(object.kind)

/** Which objects follow the norm: those with a finding, their parts, and their heirs in partitions. */
const following = (norm: Inventory, seen: Inventory, findings: readonly Finding[]): ReadonlySet<string> => {
  const keys = new Set(findings.filter((finding) => !isKept(finding)).map(({ object }) => keyOf(object)))
  const whole = new Set(findings.filter((finding) => finding.kind !== 'mismatched' && !isKept(finding)).map(({ object }) => keyOf(object)))
  const all = [norm, seen].flatMap((inventory) => inventory.objects.map((object) => ({ object, inventory })))
  for (let before = -1; before !== keys.size;) {
    before = keys.size
    for (const { object, inventory } of all) {
      const isPart = inventory.wholes(object).some((name) => whole.has(keyOf(name)))
      if (isPart || inventory.origins(object).some((name) => keys.has(keyOf(name)))) keys.add(keyOf(object))
    }
  }
  return keys
}

const wantedOf = (norm: Inventory, seen: Inventory, findings: readonly Finding[]): Structure => {
  const follows = following(norm, seen, findings)
  const oldNames = new Set(
    findings.flatMap(({ object, differences }) =>
      differences.flatMap(({ field, actual }) => (field === 'name' ? [keyOf({ ...object, name: String(actual) })] : [])),
    ),
  )
  const objects: StructureObject[] = seen.objects.flatMap((object) => {
    const key = keyOf(object)
    if (oldNames.has(key)) return []
    return follows.has(key) ? (norm.get(object) ?? []) : object
  })
  const added = norm.objects.filter((object) => follows.has(keyOf(object)) && !seen.get(object))
  return { objects: [...objects, ...added], uncompared: [] }
}

export const sceneOf = (norm: Structure, seen: Structure, findings: readonly Finding[], isFirst: boolean): Scene => {
  const [expected, actual] = [inventoryOf(norm), inventoryOf(seen)]
  const byKey = new Map(findings.map((finding) => [keyOf(finding.object), finding]))
  return {
    norm: expected,
    seen: actual,
    wanted: inventoryOf(wantedOf(expected, actual, findings)),
    findings,
    isFirst,
    finding: (object) => byKey.get(keyOf(object)),
  }
}
