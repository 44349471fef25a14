/** What differs between two structures, as findings. Equal structures have none; whatever is compared and differs is in one. */
import { createHash } from 'node:crypto'
import { severities, type Difference, type Finding, type FindingKind } from '../../contract/drift.ts'
import { facets, objectKinds, type Facet, type Facts, type Structure, type StructureObject } from '../../contract/structure.ts'
import { inventoryOf, keyOf, listIn, sameFacts, sameValue, textIn, valueOf, type Inventory, type ObjectName } from './inventory.ts'
import { mentions, nameOf } from './names.ts'
import { aheadSentence, sentenceOf } from './sentences.ts'
import { severityOf, severityOfExtra, severityOfMissing } from './severity.ts'

const byName = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

const keyOfFinding = (kind: FindingKind, object: StructureObject, differences: readonly Difference[], facts: Facts | null): string => {
  const said = differences.map(({ facet, field, expected, actual }) => [facet, field, expected, actual])
  const sorted = facts === null ? null : Object.entries(facts).toSorted(([a], [b]) => byName(a, b))
  return createHash('sha256')
    .update(JSON.stringify([kind, object.kind, object.of, object.name, said, sorted]))
    .digest('hex')
    .slice(0, 32)
}

/** Of an object that is there, or not there, as a whole: what it is, with the columns of a table. */
const factsOf = (object: StructureObject): Facts => ({ ...object.facts.structure, ...object.facts.order })

export const findingOf = (kind: FindingKind, object: StructureObject, differences: readonly Difference[] = []): Finding => {
  const facts = kind === 'mismatched' ? null : factsOf(object)
  return {
    key: keyOfFinding(kind, object, differences, facts),
    kind,
    object: { kind: object.kind, of: object.of, name: object.name },
    severity: kind === 'missing' ? severityOfMissing(object) : kind === 'extra' ? severityOfExtra(object) : severityOf(object, differences),
    differences,
    facts,
    sentence: sentenceOf(kind, object, differences),
  }
}

/** What is made by OR REPLACE as a rule, and takes the place of what is there. */
const replaced: ReadonlySet<string> = new Set(['view', 'function', 'procedure', 'aggregate', 'rule'])
/** Of these a schema has one of a name, whichever they are. */
const relationKinds: ReadonlySet<string> = new Set(['table', 'view', 'materialized_view', 'sequence', 'index'])

/** Setting NOT NULL where it is set already changes nothing. */
const isNotNull = (object: StructureObject | undefined): boolean =>
  object?.kind === 'constraint' && textIn(object, 'definition')?.startsWith('NOT NULL') === true

/** Whether a migration that leads to `later` meets what is there already: it fails then, unless it was written for that with IF NOT EXISTS. */
const isInTheWay = ({ kind, object }: Finding, later: Inventory, relations: ReadonlySet<string>): boolean => {
  if (kind !== 'extra') return false
  if (relationKinds.has(object.kind) && relations.has(object.name) && !later.get(object)) return true
  return later.get(object) !== undefined && !replaced.has(object.kind) && !isNotNull(later.get(object))
}

const aheadOf = (finding: Finding): Finding => ({ ...finding, isAhead: true, severity: 'breaks', sentence: aheadSentence(finding.object) })

const withAhead = (findings: readonly Finding[], expected: Inventory, later: Structure): readonly Finding[] => {
  const inventory = inventoryOf(later)
  // What is there at its own version already is in nobody's way.
  const made = later.objects.filter((object) => relationKinds.has(object.kind) && !expected.get(object))
  const relations = new Set(made.map(({ name }) => name))
  return findings.map((finding) => (isInTheWay(finding, inventory, relations) ? aheadOf(finding) : finding))
}

/** Columns that only one of both has are findings of their own. */
export const orderDifference = (expected: readonly string[], actual: readonly string[]): Difference[] => {
  const [should, is] = [expected.filter((name) => actual.includes(name)), actual.filter((name) => expected.includes(name))]
  return sameValue(should, is) ? [] : [{ facet: 'order', field: 'columns', expected: should, actual: is }]
}

const differencesOf = (norm: StructureObject, seen: StructureObject, compared: readonly Facet[]): Difference[] =>
  compared.flatMap((facet) => {
    if (facet === 'order') return orderDifference(listIn(norm, 'columns', 'order'), listIn(seen, 'columns', 'order'))
    const fields = [...new Set([...Object.keys(norm.facts[facet] ?? {}), ...Object.keys(seen.facts[facet] ?? {})])].toSorted()
    return fields.flatMap((field): Difference[] => {
      const [expected, actual] = [valueOf(norm, field, facet), valueOf(seen, field, facet)]
      return sameValue(expected, actual) ? [] : [{ facet, field, expected, actual }]
    })
  })

/** An index or a constraint apart from its name, which the definition of an index begins with. */
const namelessFacts = (object: StructureObject): Facts => {
  const facts = object.facts.structure ?? {}
  const definition = textIn(object, 'definition')
  return object.kind === 'index' && definition !== null
    ? { ...facts, definition: definition.replace(` INDEX ${nameOf(object.name)} ON `, ' INDEX ON ') }
    : facts
}

const withDefinition = (object: StructureObject): boolean => textIn(object, 'definition') !== null

/** Missing and extra ones of the same table that are the same but for their names, one for one. */
const renamed = (norm: Inventory, seen: Inventory): ReadonlyMap<StructureObject, StructureObject> => {
  const pairs = new Map<StructureObject, StructureObject>()
  const taken = new Set<StructureObject>()
  for (const object of norm.objects) {
    if ((object.kind !== 'index' && object.kind !== 'constraint') || !withDefinition(object) || seen.get(object)) continue
    const other = seen
      .parts(object.of, object.kind)
      .find((one) => withDefinition(one) && !taken.has(one) && !norm.get(one) && sameFacts(namelessFacts(object), namelessFacts(one)))
    if (!other) continue
    pairs.set(object, other)
    taken.add(other)
  }
  return pairs
}

const renameDifferences = (norm: StructureObject, seen: StructureObject, compared: readonly Facet[]): Difference[] => [
  { facet: 'structure', field: 'name', expected: norm.name, actual: seen.name },
  ...differencesOf(
    norm,
    seen,
    compared.filter((facet) => facet !== 'structure'),
  ),
]

const descent = new Set(['partitionOf', 'inherits', 'inherited', 'local', 'attachedTo'])
const isDescent = ({ facet, field }: Difference): boolean => facet === 'structure' && descent.has(field)
const tableOf = ({ of }: StructureObject): ObjectName => ({ kind: 'table', of: '', name: of })

type Told = { readonly finding: Finding; readonly object: StructureObject }

/** Names of what a view is made of, also by way of other views. */
const sourcesOf = (view: StructureObject, inventory: Inventory, found = new Set<string>()): ReadonlySet<string> => {
  for (const name of mentions(textIn(view, 'definition') ?? '')) {
    if (found.has(name)) continue
    found.add(name)
    const other = inventory.relation(name)
    if (other && other.kind !== 'table') sourcesOf(other, inventory, found)
  }
  return found
}

/** The type of a view's column follows from what the view is made of, where that differs. */
const followsSources = (column: StructureObject, inventory: Inventory, told: readonly Finding[]): boolean => {
  const view = column.kind === 'column' ? inventory.relation(column.of) : undefined
  if (!view || view.kind === 'table') return false
  const sources = sourcesOf(view, inventory)
  return told.some(({ kind, object }) => {
    if (kind !== 'mismatched') return false
    const source = object.kind === 'column' ? object.of : object.name.replace(/\(.*$/s, '')
    return source !== view.name && sources.has(source) && (object.kind !== 'column' || inventory.relation(source)?.kind === 'table')
  })
}

/** Without what follows from another finding: parts of what is missing or extra, columns of another view, and heirs of what differs alike. */
const notImplied = (told: readonly Told[], norm: Inventory, seen: Inventory): readonly Finding[] => {
  const findings = told.map(({ finding }) => finding)
  const byKey = new Map(told.map(({ finding }) => [keyOf(finding.object), finding]))
  return told
    .filter(({ finding, object }) => {
      const inventory = finding.kind === 'extra' ? seen : norm
      const wholes = inventory.wholes(object).flatMap((whole) => byKey.get(keyOf(whole)) ?? [])
      if (finding.kind !== 'mismatched' && wholes.some(({ kind }) => kind === finding.kind)) return false
      // It is named because something that is missing or extra itself needs it.
      if (object.kind === 'extension' && finding.kind !== 'mismatched' && valueOf(object, 'schema') !== 'own') return false
      // A view that is defined otherwise has other columns.
      if (object.kind === 'column' && wholes.some(({ differences }) => differences.some(({ field }) => field === 'definition'))) return false
      if (finding.kind === 'mismatched' && followsSources(object, inventory, findings)) return false
      // Attached or detached as a whole.
      const isMoved = byKey.get(keyOf(tableOf(object)))?.differences.some(isDescent) === true
      if (isMoved && finding.differences.length > 0 && finding.differences.every(isDescent)) return false
      // Only what is an heir now gets what its parent gets.
      if (isMoved && (object.kind === 'column' || object.kind === 'constraint')) return true
      return !inventory.origins(object).some((origin) => {
        const other = byKey.get(keyOf(origin))
        return other?.kind === finding.kind && (finding.kind !== 'mismatched' || JSON.stringify(other.differences) === JSON.stringify(finding.differences))
      })
    })
    .map(({ finding }) => finding)
}

const order = (a: Finding, b: Finding): number =>
  severities.indexOf(a.severity) - severities.indexOf(b.severity) ||
  objectKinds.indexOf(a.object.kind) - objectKinds.indexOf(b.object.kind) ||
  byName(a.object.of, b.object.of) ||
  byName(a.object.name, b.object.name)

/**
 * @param later what a later version leads to, where that is known: what is there before its migration will be in its way
 * @returns worst first, then in the order of structures
 */
export const compareStructures = (norm: Structure, seen: Structure, ignored: readonly Facet[], later: Structure | null = null): Finding[] => {
  const compared = facets.filter((facet) => !ignored.includes(facet))
  const [expected, actual] = [inventoryOf(norm), inventoryOf(seen)]
  const pairs = compared.includes('structure') ? renamed(expected, actual) : new Map<StructureObject, StructureObject>()
  const others = new Set(pairs.values())
  const missingOrDiffering = norm.objects.flatMap((object): Told[] => {
    const same = actual.get(object)
    const other = pairs.get(object)
    if (!same && !other) return compared.includes('structure') ? [{ finding: findingOf('missing', object), object }] : []
    const differences = same ? differencesOf(object, same, compared) : other ? renameDifferences(object, other, compared) : []
    return differences.length > 0 ? [{ finding: findingOf('mismatched', object, differences), object }] : []
  })
  const extra = seen.objects.flatMap((object): Told[] =>
    expected.get(object) || others.has(object) || !compared.includes('structure') ? [] : [{ finding: findingOf('extra', object), object }],
  )
  const told = notImplied([...missingOrDiffering, ...extra], expected, actual)
  return (later === null ? told : withAhead(told, expected, later)).toSorted(order)
}
