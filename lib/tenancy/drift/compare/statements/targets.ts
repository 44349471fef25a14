/** How an object is called in COMMENT ON, ALTER … OWNER TO, GRANT … ON and DROP. */
import type { ObjectKind, StructureObject } from '../../../contract/structure.ts'
import { textIn, type ObjectName } from '../inventory.ts'
import { nameOf, routineName } from '../names.ts'

export const isForeign = (table: StructureObject | undefined): boolean => textIn(table, 'server') !== null
export const tableWord = (table: StructureObject | undefined): string => (isForeign(table) ? 'FOREIGN TABLE' : 'TABLE')

const words: Readonly<Record<ObjectKind, string>> = {
  schema: 'SCHEMA',
  extension: 'EXTENSION',
  type: 'TYPE',
  sequence: 'SEQUENCE',
  table: 'TABLE',
  column: 'COLUMN',
  constraint: 'CONSTRAINT',
  index: 'INDEX',
  statistics: 'STATISTICS',
  view: 'VIEW',
  materialized_view: 'MATERIALIZED VIEW',
  function: 'FUNCTION',
  procedure: 'PROCEDURE',
  aggregate: 'AGGREGATE',
  trigger: 'TRIGGER',
  rule: 'RULE',
  policy: 'POLICY',
}

const isDomain = (object: StructureObject): boolean => textIn(object, 'kind') === 'domain'

export const wordOf = (object: StructureObject): string =>
  object.kind === 'table' ? tableWord(object) : object.kind === 'type' && isDomain(object) ? 'DOMAIN' : words[object.kind]

/** `customer`, `customer.email`, `touch ON customer`, `add(integer, integer)`. Of the schema there is none: its name is another in every target. */
export const targetOf = ({ kind, of, name }: ObjectName): string => {
  if (kind === 'function' || kind === 'procedure') return routineName(name)
  if (kind === 'aggregate') return routineName(name).replace(/\(\)$/, '(*)')
  if (kind === 'column') return `${nameOf(of)}.${nameOf(name)}`
  return kind === 'constraint' || kind === 'trigger' || kind === 'rule' || kind === 'policy' ? `${nameOf(name)} ON ${nameOf(of)}` : nameOf(name)
}

export const ofKind = (object: StructureObject): string => `${wordOf(object)} ${targetOf(object)}`
