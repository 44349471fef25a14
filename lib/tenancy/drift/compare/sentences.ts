/** A finding as a sentence. */
import type { Difference, FindingKind } from '../../contract/drift.ts'
import type { ObjectKind, StructureObject } from '../../contract/structure.ts'
import { clauseOf } from './clauses.ts'
import type { ObjectName } from './inventory.ts'

const nouns: Readonly<Record<ObjectKind, string>> = {
  schema: 'The schema',
  extension: 'Extension',
  type: 'Type',
  sequence: 'Sequence',
  table: 'Table',
  column: 'Column',
  constraint: 'Constraint',
  index: 'Index',
  statistics: 'Statistics object',
  view: 'View',
  materialized_view: 'Materialized view',
  function: 'Function',
  procedure: 'Procedure',
  aggregate: 'Aggregate',
  trigger: 'Trigger',
  rule: 'Rule',
  policy: 'Policy',
}

export const labelOf = ({ kind, of, name }: ObjectName): string =>
  kind === 'schema' ? nouns.schema : [nouns[kind], name, ...(of === '' ? [] : ['of', of])].join(' ')

/** What reads better with another beginning. */
const ownSentence = (object: StructureObject, { field, facet, expected, actual }: Difference): string | null => {
  if (facet === 'structure' && field === 'rowSecurity') return `Row security of ${object.name} is ${actual === true ? 'on' : 'off'}`
  if (facet === 'structure' && field === 'forceRowSecurity')
    return `Row security of ${object.name} ${actual === true ? 'holds for its owner too' : 'does not hold for its owner'}`
  if (facet === 'order') return `Columns of ${object.name} are in another order`
  if (facet === 'structure' && field === 'name') return `${nouns[object.kind]} of ${object.of} is named ${String(actual)} instead of ${String(expected)}`
  return null
}

const joined = (clauses: readonly string[]): string =>
  clauses.length < 2 ? clauses.join('') : `${clauses.slice(0, -1).join(', ')} and ${clauses.at(-1) ?? ''}`

export const aheadSentence = (object: ObjectName): string =>
  `${labelOf(object)} was added before its migration: one that is still to come makes something of that name, and will find it there.`

export const sentenceOf = (kind: FindingKind, object: StructureObject, differences: readonly Difference[]): string => {
  const label = labelOf(object)
  if (kind === 'missing') return `${label} is missing.`
  if (kind === 'extra') return `${label} was added outside of its migrations.`
  const own: string[] = []
  const clauses: string[] = []
  for (const difference of differences) {
    const sentence = ownSentence(object, difference)
    const clause = sentence === null ? clauseOf(object, difference) : ''
    if (clause !== '') clauses.push(clause)
    if (sentence !== null) own.push(sentence)
  }
  return [...own, ...(clauses.length > 0 ? [`${label} ${joined(clauses)}`] : [])].map((sentence) => `${sentence}.`).join(' ')
}
