/** Runs of reports, as lists show them. */
import { sql, type RawBuilder } from 'kysely'
import type { Actor } from '../contract/permissions.ts'
import type { ReportRunRow, ReportRunsInput } from '../contract/reports.ts'
import type { Library } from '../context.ts'
import type { ControlDb } from '../control/db.ts'
import { isReadable } from './access.ts'

type Times = 'createdAt' | 'finishedAt' | 'expiresAt'

export type SummaryRow = Omit<ReportRunRow, Times | 'isExpired'> & {
  readonly createdAt: Date
  readonly finishedAt: Date | null
  readonly expiresAt: Date
  readonly droppedAt: Date | null
}

/** Tenants are those of the first run of a chain; each of them has answered in one of its runs at most. */
export const summaryColumns = sql`
  r.id as run, s.name as set, case when b.id is not null then jsonb_build_object('id', b.id, 'name', b.name) end as report, r.state,
  (select sum(c.row_count)::bigint from report_run c where c.run_id = any(p.chain)) as rows,
  (select count(*) from run_item i where i.run_id = p.chain[1]) as tenants,
  (select count(*) from run_item i where i.run_id = any(p.chain) and i.state = 'succeeded') as answered,
  r.started_by as "startedBy", r.note, r.created_at as "createdAt", r.finished_at as "finishedAt", p.expires_at as "expiresAt", p.dropped_at as "droppedAt",
  r.parent_run_id as "parentRun"`

export const summarySource = sql`report_run p join run r on r.id = p.run_id join migration_set s on s.id = r.set_id left join saved_report b on b.id = p.report_id`

export const summaryOf = <Row extends SummaryRow>({ createdAt, finishedAt, expiresAt, droppedAt, ...row }: Row) => ({
  ...row,
  createdAt: createdAt.toISOString(),
  finishedAt: finishedAt?.toISOString() ?? null,
  expiresAt: expiresAt.toISOString(),
  isExpired: droppedAt !== null,
})

/** Newest first. */
export const summariesWhere = async (db: ControlDb, condition: RawBuilder<unknown>, limit: number): Promise<readonly ReportRunRow[]> => {
  const { rows } = await sql<SummaryRow>`
    select ${summaryColumns} from ${summarySource} where ${condition} order by p.run_id desc limit ${limit}`.execute(db)
  return rows.map(summaryOf)
}

export const listReportRuns = async (
  { control: { db } }: Pick<Library, 'control'>,
  actor: Actor,
  { report, before, limit }: ReportRunsInput,
): Promise<{ readonly rows: readonly ReportRunRow[]; readonly next: number | null }> => {
  const conditions = [isReadable(actor)]
  if (report !== undefined) conditions.push(sql`p.report_id = ${report}`)
  if (before !== undefined) conditions.push(sql`p.run_id < ${before}`)
  const found = await summariesWhere(db, sql.join(conditions, sql` and `), limit + 1)
  const rows = found.slice(0, limit)
  return { rows, next: found.length > rows.length ? (rows.at(-1)?.run ?? null) : null }
}
