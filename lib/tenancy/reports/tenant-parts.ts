/** Where each tenant's rows begin in the order of slugs: a page far down is found without sorting what is before it. */
import type postgres from 'postgres'
import type { ControlDb } from '../control/db.ts'
import { quoteIdent } from '../sql/ident.ts'
import type { Head } from './head.ts'
import { reportSchema } from './place.ts'

export type Part = { readonly target: string; readonly rows: number }
type Kept = { readonly rows: number; readonly parts: readonly Part[] }

/** Rows of reports that have ended do not change any more; should some have gone all the same, their number says so. */
const keptParts = new WeakMap<ControlDb, Map<number, Kept>>()
const mostKept = 16

const readParts = async (connection: postgres.TransactionSql, { chain }: Head): Promise<readonly Part[]> => {
  const each = chain.map(
    (run) =>
      `SELECT tenant, tenantry_target::pg_catalog.text AS target, count(*)::integer AS rows FROM ${quoteIdent(reportSchema(run))}.collected GROUP BY 1, 2`,
  )
  const rows = await connection.unsafe<Array<{ target: string; rows: number }>>(
    `SELECT target, rows FROM (${each.join(' UNION ALL ')}) parts ORDER BY tenant, target`,
  )
  return rows.map(({ target, rows }) => ({ target, rows }))
}

export const partsOf = async (db: ControlDb, connection: postgres.TransactionSql, head: Head): Promise<readonly Part[]> => {
  const kept = keptParts.get(db) ?? new Map<number, Kept>()
  keptParts.set(db, kept)
  const known = kept.get(head.run)
  if (known?.rows === head.rows) return known.parts
  const parts = await readParts(connection, head)
  const [oldest] = kept.keys()
  if (kept.size >= mostKept && oldest !== undefined) kept.delete(oldest)
  kept.set(head.run, { rows: head.rows, parts })
  return parts
}

/** Whose rows stand on a page, and how many of theirs stand before it. */
export const pageOf = (parts: readonly Part[], offset: number, limit: number): { readonly targets: readonly string[]; readonly skipped: number } => {
  const targets: string[] = []
  let [before, skipped] = [0, 0]
  for (const { target, rows } of parts) {
    if (before >= offset + limit) break
    if (before + rows > offset) {
      if (targets.length === 0) skipped = offset - before
      targets.push(target)
    }
    before += rows
  }
  return { targets, skipped }
}
