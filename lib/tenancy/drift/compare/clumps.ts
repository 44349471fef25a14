/** What is made together: a table with all that hangs on it, a type, a view, a function; and in which order it can be made. */
import type { ObjectKind, StructureObject } from '../../contract/structure.ts'
import { keyOf, type Inventory } from './inventory.ts'
import { mentions } from './names.ts'
import { attributesOf, changeDefaultRights } from './statements/attributes.ts'
import { afterView, createRoutine, createView } from './statements/routines.ts'
import type { Writing } from './statements/roles.ts'
import { afterTable, createStatistics, createTable } from './statements/tables.ts'
import { createSequence, createType } from './statements/types.ts'

export type Clump = {
  readonly object: StructureObject
  /** Other clumps of these names have to be there before. */
  readonly name: string
  readonly head: string
  /** Each may have to wait for another clump. */
  readonly tail: readonly string[]
}

/** Kinds that are made by themselves, in the order in which they are read best. */
const clumpKinds: readonly ObjectKind[] = [
  'schema',
  'type',
  'sequence',
  'table',
  'view',
  'materialized_view',
  'function',
  'procedure',
  'aggregate',
  'statistics',
]

const pieces = (object: StructureObject, inventory: Inventory, writing: Writing): readonly string[] => {
  switch (object.kind) {
    case 'schema':
      return [...attributesOf(object, writing), ...changeDefaultRights(null, object.facts.grants?.defaults ?? null, writing)]
    case 'type':
      return createType(object, writing)
    case 'sequence':
      return createSequence(object, writing)
    case 'table':
      return [createTable(object, inventory), ...afterTable(object, inventory, writing)]
    case 'view':
    case 'materialized_view':
      return [createView(object), ...afterView(object, inventory, writing)]
    case 'function':
    case 'procedure':
    case 'aggregate':
      return [...createRoutine(object, writing), ...attributesOf(object, writing)]
    case 'statistics':
      return [...createStatistics(object), ...attributesOf(object, writing)]
    case 'extension':
    case 'column':
    case 'constraint':
    case 'index':
    case 'trigger':
    case 'rule':
    case 'policy':
      return []
  }
}

const bareName = ({ kind, name }: StructureObject): string =>
  kind === 'function' || kind === 'procedure' || kind === 'aggregate' ? name.slice(0, name.lastIndexOf('(')) : name

/** null: it is a part of another one. */
export const clumpOf = (object: StructureObject, inventory: Inventory, writing: Writing): Clump | null => {
  if (!clumpKinds.includes(object.kind) || object.of !== '') return null
  const [head, ...tail] = pieces(object, inventory, writing)
  return head === undefined ? null : { object, name: bareName(object), head, tail }
}

const byKind = (a: Clump, b: Clump): number => clumpKinds.indexOf(a.object.kind) - clumpKinds.indexOf(b.object.kind)

type Made = { readonly clump: Clump; readonly sql: string }

/**
 * Each after what its beginning mentions, else in the order given by kind. What comes behind the beginning may have to wait for the end: foreign keys in a circle, a
 * policy that calls a function which reads the table.
 */
export const inOrder = (clumps: readonly Clump[]): Made[] => {
  const sorted = clumps.toSorted(byKind)
  const named = Map.groupBy(sorted, ({ name }) => name)
  const begun = new Set<Clump>()
  const done = new Set<Clump>()
  const made: Made[] = []
  const late: Made[] = []
  const needs = (clump: Clump, sql: string): Clump[] => [...mentions(sql)].flatMap((name) => named.get(name) ?? []).filter((other) => other !== clump)
  /** Functions read best before the triggers that call them, if they can be made without what has only begun. */
  const canGoFirst = (clump: Clump, seen = new Set<Clump>()): boolean => {
    if (done.has(clump) || seen.has(clump)) return true
    if (begun.has(clump) || isView(clump)) return false
    seen.add(clump)
    return needs(clump, clump.head).every((other) => canGoFirst(other, seen))
  }
  const visit = (clump: Clump): void => {
    if (begun.has(clump)) return
    begun.add(clump)
    for (const other of needs(clump, clump.head)) visit(other)
    for (const other of clump.tail.flatMap((sql) => needs(clump, sql))) if (canGoFirst(other)) visit(other)
    made.push({ clump, sql: clump.head })
    done.add(clump)
    for (const sql of clump.tail) (needs(clump, sql).every((other) => done.has(other)) ? made : late).push({ clump, sql })
  }
  for (const clump of sorted) visit(clump)
  return [...made, ...late]
}

const isView = ({ object }: Clump): boolean => object.kind === 'view' || object.kind === 'materialized_view'

export const clumpsOf = (inventory: Inventory, writing: Writing, isWanted: (key: string) => boolean = () => true): Clump[] =>
  inventory.objects.flatMap((object) => (isWanted(keyOf(object)) ? (clumpOf(object, inventory, writing) ?? []) : []))
