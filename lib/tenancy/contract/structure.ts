/** What a schema holds, as facts that can be compared: one object a line, and of each object its fields, sorted into facets. */

export const objectKinds = [
  'schema',
  'extension',
  'type',
  'sequence',
  'table',
  'column',
  'constraint',
  'index',
  'statistics',
  'view',
  'materialized_view',
  'function',
  'procedure',
  'aggregate',
  'trigger',
  'rule',
  'policy',
] as const
export type ObjectKind = (typeof objectKinds)[number]

/** `structure` is what an application meets. The others can be left out of the comparison, a set at a time. */
export const facets = ['structure', 'order', 'comments', 'owner', 'grants', 'storage'] as const
export type Facet = (typeof facets)[number]

/** Lists are in the order that means something; where none does, they are sorted. */
export type FactValue = string | number | boolean | null | readonly string[]
export type Facts = Readonly<Record<string, FactValue>>

export type StructureObject = {
  readonly kind: ObjectKind
  /** The table, view, sequence or type that it is a part of; empty: a part of the schema itself. */
  readonly of: string
  /** Functions with the types of their arguments: `add(integer, integer)`. Unique together with kind and `of`. The schema's own is empty. */
  readonly name: string
  /** The schema's own name is nowhere in it: what is its own stands there unqualified, the tenant's role as `tenant`. A facet without fields is not there. */
  readonly facts: Readonly<Partial<Record<Facet, Facts>>>
}

/** The structure of one schema. Two are the same when their objects are; the order is fixed: by kind, as above, then `of`, then name. */
export type Structure = {
  readonly objects: readonly StructureObject[]
  /** What is there and cannot be compared, in words: "operator ===(text, text)". Sorted. */
  readonly uncompared: readonly string[]
}

/** SHA-256 in hex, of each facet; a facet in which nothing is said has the digest of nothing. */
export type Fingerprints = Readonly<Record<Facet, string>>
