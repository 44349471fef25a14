import type { FleetConnection } from '../session/fleet-connection.ts'
import { quoteLiteral } from '../sql/ident.ts'
import { classify, codeOf } from '../sql/sqlstate.ts'
import type { TableSize } from '../contract/views.ts'
import type { Sessions } from '../session/sessions.ts'

/** Relations whose size is counted with their indexes and TOAST; partitioned parents hold nothing themselves. */
const kinds = `c.relkind IN ('r', 'm')`
const schemasAQuery = 5_000
const tablesAQuery = 1_000
/** A table, two or three indexes, and its TOAST with its index. */
const relationsATable = 6

type Table = { readonly schema: string; readonly oid: number }

/** The catalogs are gone through once; asked by schema, each chunk would go through all of them again. */
const listTables = async (sessions: Sessions, schemas: readonly string[]): Promise<{ found: string[]; tables: Table[] }> => {
  const found: string[] = []
  const tables: Table[] = []
  for (let index = 0; index < schemas.length; index += schemasAQuery) {
    const chunk = schemas.slice(index, index + schemasAQuery)
    const connection = await sessions.take(1)
    const rows = await connection.query<{ nspname: string; oids: string | null }>(
      `SELECT n.nspname, string_agg(c.oid::text, ',') AS oids FROM pg_namespace n LEFT JOIN pg_class c ON c.relnamespace = n.oid AND ${kinds} ` +
        `WHERE n.nspname = ANY (ARRAY[${chunk.map(quoteLiteral).join(', ')}]::name[]) GROUP BY n.nspname`,
    )
    for (const { nspname, oids } of rows) {
      found.push(nspname)
      for (const oid of oids?.split(',') ?? []) tables.push({ schema: nspname, oid: Number(oid) })
    }
  }
  return { found, tables }
}

/**
 * Exact bytes of many schemas: tables with indexes, TOAST and forks. A schema without tables has 0.
 * Schemas of a chunk that cannot be read (a table locked for long) are left out: their old size stays.
 */
export const readSizes = async (sessions: Sessions, schemas: readonly string[]): Promise<Map<string, number>> => {
  const { found, tables } = await listTables(sessions, schemas)
  const sizes = new Map(found.map((schema) => [schema, 0]))
  const unread = new Set<string>()
  for (let index = 0; index < tables.length; index += tablesAQuery) {
    const chunk = tables.slice(index, index + tablesAQuery)
    const numbers = new Map([...new Set(chunk.map(({ schema }) => schema))].map((schema, number) => [schema, number]))
    const names = [...numbers.keys()]
    const connection = await sessions.take(chunk.length * relationsATable)
    try {
      // A table that is gone by now has no size and counts nothing.
      const rows = await connection.query<{ i: string; bytes: string }>(
        `SELECT k.i, coalesce(sum(pg_total_relation_size(k.oid)), 0)::text AS bytes ` +
          `FROM unnest('{${chunk.map(({ schema }) => numbers.get(schema)).join(',')}}'::integer[], '{${chunk.map(({ oid }) => oid).join(',')}}'::oid[]) AS k(i, oid) GROUP BY k.i`,
      )
      for (const { i, bytes } of rows) {
        const schema = names[Number(i)] ?? ''
        sizes.set(schema, (sizes.get(schema) ?? 0) + Number(bytes))
      }
    } catch (error) {
      if (classify(codeOf(error)) === 'connection') throw error
      for (const schema of names) unread.add(schema)
    }
  }
  for (const schema of unread) sizes.delete(schema)
  return sizes
}

/** Each table of one schema, largest first. Rows are the planner's estimate; null before the first ANALYZE. */
export const readTableSizes = async (connection: FleetConnection, schema: string): Promise<TableSize[]> => {
  type Row = { relname: string; reltuples: string; heap: string; indexes: string; toast: string; total: string }
  const rows = await connection.query<Row>(
    `SELECT c.relname, c.reltuples::text AS reltuples, pg_relation_size(c.oid)::text AS heap, pg_indexes_size(c.oid)::text AS indexes, ` +
      `coalesce(pg_total_relation_size(nullif(c.reltoastrelid, 0)), 0)::text AS toast, pg_total_relation_size(c.oid)::text AS total ` +
      `FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = ${quoteLiteral(schema)} AND ${kinds} ORDER BY pg_total_relation_size(c.oid) DESC, c.relname`,
  )
  return rows.map((row) => ({
    table: row.relname,
    rows: Number(row.reltuples) < 0 ? null : Math.round(Number(row.reltuples)),
    tableBytes: Number(row.heap),
    indexBytes: Number(row.indexes),
    toastBytes: Number(row.toast),
    totalBytes: Number(row.total),
  }))
}
