/** A report as it stands, with the runs that its result is made of; and where their rows are. */
import { sql } from 'kysely'
import type { ReportColumn, ReportRun } from '../contract/reports.ts'
import type { ControlDb } from '../control/db.ts'
import { TenancyError } from '../errors.ts'
import { quoteIdent } from '../sql/ident.ts'
import { dropUnanswered, reportSchema } from './place.ts'
import { summaryColumns, summarySource, withCounts, type SummaryRow } from './summaries.ts'

type HeadRow = SummaryRow & Pick<ReportRun, 'sql' | 'params' | 'selection' | 'rowCap' | 'missing' | 'columns'>
export type Head = HeadRow & Pick<ReportRun, 'tenants' | 'answered'>

const chainOf = async (db: ControlDb, run: number): Promise<readonly number[]> =>
  (await db.selectFrom('report_run').select('chain').where('run_id', '=', run).executeTakeFirst())?.chain ?? []

/** @throws report.unknown */
export const headOf = async (db: ControlDb, run: number): Promise<Head> => {
  for (const each of await chainOf(db, run)) await dropUnanswered(db, each)
  const { rows } = await sql<HeadRow>`
    select ${summaryColumns}, p.sql, p.params, p.selection, p.row_cap as "rowCap", p.missing, p.columns
    from ${summarySource} where p.run_id = ${run}`.execute(db)
  const [head] = await withCounts(db, rows)
  if (!head) throw new TenancyError('report.unknown', { run })
  const own: ReportColumn = { name: 'tenant', type: 'text' }
  return { ...head, columns: [own, ...head.columns.map(({ name, type }) => ({ name, type }))] }
}

/** @throws report.unknown, report.expired, report.lost */
export const requireRows = async (db: ControlDb, run: number): Promise<Head> => {
  const head = await headOf(db, run)
  if (head.droppedAt !== null) throw new TenancyError('report.expired', { run, droppedAt: head.droppedAt.toISOString().slice(0, 10) })
  const { rows } = await sql<{ kept: boolean }>`select exists (select from ${sql.raw(`${quoteIdent(reportSchema(run))}.tenants`)}) as kept`.execute(db)
  if (rows[0]?.kept !== true) throw new TenancyError('report.lost', { run })
  return head
}

type Place = { readonly chain: readonly number[]; readonly columns: ReadonlyArray<Pick<ReportColumn, 'name'>> }

/** A SELECT over all rows of the result, with what they are found and kept in order by: `tenantry_target` and `tenantry_row`. */
export const collectedOf = ({ chain, columns }: Place): string => {
  const names = columns.map(({ name }) => quoteIdent(name)).join(', ')
  return chain.map((run) => `SELECT ${names}, tenantry_target, tenantry_row FROM ${quoteIdent(reportSchema(run))}.collected`).join(' UNION ALL ')
}
