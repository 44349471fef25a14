/** Types of values that are kept as what they are: those of PostgreSQL's own that mean the same in every database. All others are kept as the text that they are written as. */
import type { RawColumn } from '../session/fleet-connection.ts'
import type { CollectedColumn } from '../control/report-tables.ts'

/** oid of the type, oid of its array, its name in the catalog, and in words where that is another one. */
const kept: ReadonlyArray<readonly [number, number, string, string?]> = [
  [16, 1000, 'bool', 'boolean'],
  [17, 1001, 'bytea'],
  [18, 1002, 'char', '"char"'],
  [19, 1003, 'name'],
  [20, 1016, 'int8', 'bigint'],
  [21, 1005, 'int2', 'smallint'],
  [23, 1007, 'int4', 'integer'],
  [25, 1009, 'text'],
  [26, 1028, 'oid'],
  [114, 199, 'json'],
  [600, 1017, 'point'],
  [601, 1018, 'lseg'],
  [602, 1019, 'path'],
  [603, 1020, 'box'],
  [604, 1027, 'polygon'],
  [628, 629, 'line'],
  [650, 651, 'cidr'],
  [700, 1021, 'float4', 'real'],
  [701, 1022, 'float8', 'double precision'],
  [718, 719, 'circle'],
  [774, 775, 'macaddr8'],
  [829, 1040, 'macaddr'],
  [869, 1041, 'inet'],
  [1042, 1014, 'bpchar', 'character'],
  [1043, 1015, 'varchar', 'character varying'],
  [1082, 1182, 'date'],
  [1083, 1183, 'time', 'time without time zone'],
  [1114, 1115, 'timestamp', 'timestamp without time zone'],
  [1184, 1185, 'timestamptz', 'timestamp with time zone'],
  [1186, 1187, 'interval'],
  [1266, 1270, 'timetz', 'time with time zone'],
  [1560, 1561, 'bit'],
  [1562, 1563, 'varbit', 'bit varying'],
  [1700, 1231, 'numeric'],
  [2950, 2951, 'uuid'],
  [3614, 3643, 'tsvector'],
  [3615, 3645, 'tsquery'],
  [3802, 3807, 'jsonb'],
  [3904, 3905, 'int4range'],
  [3906, 3907, 'numrange'],
  [3908, 3909, 'tsrange'],
  [3910, 3911, 'tstzrange'],
  [3912, 3913, 'daterange'],
  [3926, 3927, 'int8range'],
]

type Kept = { readonly words: string; readonly sql: string }

const byOid: ReadonlyMap<number, Kept> = new Map(
  kept.flatMap(([oid, arrayOid, name, words = name]): Array<[number, Kept]> => [
    // In quotes `char` and `bit` have no length, which without they would have.
    [oid, { words, sql: `pg_catalog."${name}"` }],
    [arrayOid, { words: `${words}[]`, sql: `pg_catalog."${name}"[]` }],
  ]),
)

/** `record`, `void` and `unknown` have no values that could stand in a column. */
const valueless: ReadonlySet<number> = new Set([705, 2249, 2278, 2287, 2276, 2277, 2283, 3500])

export const collectedColumn = ({ name, type }: RawColumn): CollectedColumn => {
  const known = byOid.get(type)
  return known ? { name, type: known.words, oid: type } : { name, type: 'text', oid: 0 }
}

/** Types that PostgreSQL has no order for. */
export const isUnordered = ({ type }: Pick<CollectedColumn, 'type'>): boolean => /^(json|point|lseg|path|box|polygon|line|circle)(\[\])?$/.test(type)

export const hasValues = ({ type }: RawColumn): boolean => !valueless.has(type)

export const sqlTypeOf = ({ oid }: CollectedColumn): string => byOid.get(oid)?.sql ?? 'text'

/** What stands for the values of types that are not there: kept as text, they are written like them. */
const stoodFor: ReadonlySet<number> = new Set([0, 25, 1009])

/** As text, which takes whatever another tenant has there. */
export const keptAsText = (column: CollectedColumn): CollectedColumn =>
  stoodFor.has(column.oid) ? { name: column.name, type: 'text', oid: 0, isOpen: true } : column

/**
 * @param asKept text may stand for the values of a type that is none of PostgreSQL's own
 * @returns null when they agree; else which column does not, in words
 */
export const disagreement = (expected: readonly CollectedColumn[], found: readonly RawColumn[], asKept = false): string | null => {
  const differs = found.findIndex((column, index) => {
    const { name, oid } = collectedColumn(column)
    const meant = expected[index]
    if (name !== meant?.name) return true
    return oid !== meant.oid && !((asKept || meant.isOpen === true) && meant.oid === 0 && stoodFor.has(oid))
  })
  const words = (column: CollectedColumn | undefined): string => (column ? `“${column.name}” ${column.type}` : 'no such column')
  const at = (index: number): string => {
    const column = found[index]
    return `Column ${index + 1} is ${words(column && collectedColumn(column))}; the report has ${words(expected[index])} there.`
  }
  if (differs !== -1) return at(differs)
  return found.length < expected.length ? at(found.length) : null
}
