/** A structure's objects by what they are called, and what is a part of what. */
import type { Facet, Facts, FactValue, ObjectKind, Structure, StructureObject } from '../../contract/structure.ts'

export type ObjectName = { readonly kind: ObjectKind; readonly of: string; readonly name: string }

export const keyOf = ({ kind, of, name }: ObjectName): string => JSON.stringify([kind, of, name])

export const valueOf = (object: StructureObject | undefined, field: string, facet: Facet = 'structure'): FactValue => object?.facts[facet]?.[field] ?? null
export const textIn = (object: StructureObject | undefined, field: string, facet: Facet = 'structure'): string | null => {
  const value = valueOf(object, field, facet)
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : null
}
export const listIn = (object: StructureObject | undefined, field: string, facet: Facet = 'structure'): readonly string[] =>
  asList(valueOf(object, field, facet))
export const asList = (value: FactValue): readonly string[] => (value === null ? [] : typeof value === 'object' ? value : [String(value)])
export const isSaid = (object: StructureObject | undefined, field: string, facet: Facet = 'structure'): boolean => valueOf(object, field, facet) === true

/** Lists are compared in their order; what is absent is null. */
export const sameValue = (a: FactValue, b: FactValue): boolean => JSON.stringify(a) === JSON.stringify(b)
export const sameFacts = (a: Facts, b: Facts): boolean =>
  [...new Set([...Object.keys(a), ...Object.keys(b)])].every((field) => sameValue(a[field] ?? null, b[field] ?? null))

const relations: readonly ObjectKind[] = ['table', 'view', 'materialized_view']
const partKinds: ReadonlySet<ObjectKind> = new Set(['column', 'constraint', 'index', 'statistics', 'trigger', 'rule', 'policy'])

export type Inventory = {
  readonly objects: readonly StructureObject[]
  readonly uncompared: readonly string[]
  get(name: ObjectName): StructureObject | undefined
  /** The table, view or materialized view of that name. */
  relation(name: string): StructureObject | undefined
  /** Of a relation, in the fixed order; of a kind, where one is asked for. */
  parts(of: string, kind?: ObjectKind): readonly StructureObject[]
  /** Relations that a table is a partition of or inherits from. */
  parents(table: string): readonly string[]
  children(table: string): readonly StructureObject[]
  /** Of a column, or of all columns of a table. */
  ownedSequences(table: string, column?: string): readonly StructureObject[]
  /** What an object cannot be without: it is not told by itself where one of these is missing or extra. */
  wholes(object: StructureObject): readonly ObjectName[]
  /** What an object of a partition or an heir came from. */
  origins(object: StructureObject): readonly ObjectName[]
}

/** Tables stand in definitions as PostgreSQL prints them. */
export const unquoted = (name: string): string => (/^"(?:[^"]|"")+"$/.test(name) ? name.slice(1, -1).replaceAll('""', '"') : name)

export const parentsOf = (table: StructureObject | undefined): readonly string[] =>
  [...asList(valueOf(table, 'partitionOf')), ...listIn(table, 'inherits')].map(unquoted)

/** The column in a sequence's field `ownedBy`. */
export const ownerColumn = (sequence: StructureObject): ObjectName | null => {
  const [, table, column] = /^("(?:[^"]|"")+"|[^".]+)\.("(?:[^"]|"")+"|[^".]+)$/.exec(textIn(sequence, 'ownedBy') ?? '') ?? []
  return table === undefined || column === undefined ? null : { kind: 'column', of: unquoted(table), name: unquoted(column) }
}

export const inventoryOf = ({ objects, uncompared }: Structure): Inventory => {
  const byKey = new Map(objects.map((object) => [keyOf(object), object]))
  const byWhole = Map.groupBy(
    objects.filter(({ kind, of }) => of !== '' && partKinds.has(kind)),
    ({ of }) => of,
  )
  const owned = objects.filter((object) => object.kind === 'sequence' && textIn(object, 'ownedBy') !== null)
  const get = (name: ObjectName): StructureObject | undefined => byKey.get(keyOf(name))
  const parts: Inventory['parts'] = (of, kind) => (byWhole.get(of) ?? []).filter((object) => kind === undefined || object.kind === kind)
  const relation = (name: string): StructureObject | undefined => relations.map((kind) => get({ kind, of: '', name })).find((object) => object !== undefined)
  const parents = (table: string): readonly string[] => parentsOf(get({ kind: 'table', of: '', name: table }))
  return {
    objects,
    uncompared,
    get,
    relation,
    parts,
    parents,
    children: (table) => objects.filter((object) => object.kind === 'table' && parentsOf(object).includes(table)),
    ownedSequences: (table, column) =>
      owned.filter((sequence) => {
        const owner = ownerColumn(sequence)
        return owner?.of === table && (column === undefined || owner.name === column)
      }),
    wholes: (object) => {
      if (object.kind === 'sequence') {
        const owner = ownerColumn(object)
        return owner ? [owner, { kind: 'table', of: '', name: owner.of }] : []
      }
      const whole = object.of === '' ? undefined : relation(object.of)
      return whole ? [whole] : []
    },
    origins: (object) => {
      const attachedTo = textIn(object, 'attachedTo')
      if (attachedTo !== null) return parents(object.of).map((of) => ({ kind: object.kind, of, name: unquoted(attachedTo) }))
      return isSaid(object, 'inherited') ? parents(object.of).map((of) => ({ kind: object.kind, of, name: object.name })) : []
    },
  }
}
