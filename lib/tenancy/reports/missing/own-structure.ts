/** What a tenant itself has of the tables that a report names, and of the types of their columns; asked in the cage of its report. */
import type { FillTable } from '../../control/report-tables.ts'
import type { FleetConnection } from '../../session/fleet-connection.ts'
import { quoteIdent, quoteLiteral } from '../../sql/ident.ts'
import { classify, codeOf } from '../../sql/sqlstate.ts'
import { closeCage, leave, openCage, reportBounds, type Cage } from '../cage.ts'
import { firstError } from '../read-tenant.ts'

export type OwnStructure = {
  /** Columns in their order; a table that is not there is not in it. */
  readonly tables: ReadonlyMap<string, readonly string[]>
  /** By a type's name at head, its name in SQL; a type that is not there, or not asked for, is not in it. */
  readonly types: ReadonlyMap<string, string>
}

const unnest = (texts: readonly string[]): string => `pg_catalog.unnest(ARRAY[${texts.map(quoteLiteral).join(', ')}]::pg_catalog.text[])`

/** Found as the report's own names would be, each by an index: what there is of other tenants in the catalogs costs nothing. */
const question = (schema: string, fill: readonly FillTable[]): string => {
  const names = fill.map(({ name }) => name)
  const types = [...new Set(fill.flatMap(({ columns }) => columns.flatMap(({ type, instead, isAsked }) => (isAsked ? [type, instead] : []))))]
  return `SELECT pg_catalog.json_build_object('isThere', pg_catalog.current_schema() = ${quoteLiteral(schema)},
      'tables', (SELECT pg_catalog.json_agg(pg_catalog.json_build_array(n.name, ARRAY(
          SELECT a.attname FROM pg_catalog.pg_attribute a WHERE a.attrelid = n.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum)))
        FROM (SELECT v.name, pg_catalog.to_regclass(v.quoted) AS oid FROM ROWS FROM (${unnest(names)}, ${unnest(names.map(quoteIdent))}) v(name, quoted)) n WHERE n.oid IS NOT NULL),
      'types', (SELECT pg_catalog.json_agg(pg_catalog.json_build_array(v.given, t.typnamespace = 'pg_catalog'::pg_catalog.regnamespace, t.typname))
        FROM ${unnest(types)} v(given) CROSS JOIN LATERAL (SELECT * FROM pg_catalog.pg_type WHERE oid = pg_catalog.to_regtype(v.given) OFFSET 0) t
        WHERE pg_catalog.pg_type_is_visible(t.oid)))`
}

type Told = {
  readonly isThere: boolean | null
  readonly tables: ReadonlyArray<readonly [string, readonly string[]]> | null
  readonly types: ReadonlyArray<readonly [given: string, isBuiltIn: boolean, name: string]> | null
}

const askMs = reportBounds.statementMs + reportBounds.lockMs

/** @param ms that it may take. @returns null where it does not tell. @throws what passes, or a lost connection */
export const readOwnStructure = async (
  connection: FleetConnection,
  cage: Cage,
  fill: readonly FillTable[],
  ms: number = reportBounds.statementMs,
): Promise<OwnStructure | null> => {
  const outcomes = await connection.flight(
    [openCage(cage), leave(ms), { text: question(cage.schema, fill), how: 'raw', mostBytes: reportBounds.chunkBytes }, closeCage],
    askMs,
  )
  const error = firstError(outcomes)
  if (error !== null && classify(codeOf(error)) !== 'permanent') throw error
  const told = outcomes[2]?.ok ? outcomes[2].raw?.rows[0]?.[0] : undefined
  if (!told) return null
  const { isThere, tables, types }: Told = JSON.parse(told.toString('utf8'))
  // A schema that is gone, or closed to its own role, lacks no table: there is no tenant.
  if (isThere !== true) return null
  return {
    tables: new Map(tables ?? []),
    types: new Map((types ?? []).map(([given, isBuiltIn, name]) => [given, `${isBuiltIn ? 'pg_catalog.' : ''}${quoteIdent(name)}`])),
  }
}
