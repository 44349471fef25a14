import type { FleetConnection } from '../session/fleet-connection.ts'
import { quoteLiteral } from '../sql/ident.ts'
import { classify, codeOf } from '../sql/sqlstate.ts'
import type { TableSize } from '../contract/views.ts'

/** Relations whose size is counted with their indexes and TOAST; partitioned parents hold nothing themselves. */
const kinds = `c.relkind IN ('r', 'm')`
const chunkSize = 500

/**
 * Exact bytes of many schemas: tables with indexes, TOAST and forks. A schema without tables has 0.
 * A chunk that cannot be read (a table locked for long) is left out: its old size stays.
 */
export const readSizes = async (connection: FleetConnection, schemas: readonly string[]): Promise<Map<string, number>> => {
  const sizes = new Map<string, number>()
  for (let index = 0; index < schemas.length; index += chunkSize) {
    const chunk = schemas.slice(index, index + chunkSize)
    try {
      const rows = await connection.query<{ nspname: string; bytes: string }>(
        `SELECT n.nspname, coalesce(sum(pg_total_relation_size(c.oid)), 0)::text AS bytes FROM pg_namespace n LEFT JOIN pg_class c ON c.relnamespace = n.oid AND ${kinds} ` +
          `WHERE n.nspname = ANY (ARRAY[${chunk.map(quoteLiteral).join(', ')}]::name[]) GROUP BY n.nspname`,
      )
      for (const { nspname, bytes } of rows) sizes.set(nspname, Number(bytes))
    } catch (error) {
      if (classify(codeOf(error)) === 'connection') throw error
    }
  }
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
