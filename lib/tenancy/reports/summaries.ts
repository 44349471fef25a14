/** Runs of reports, as lists show them. */
import { sql, type RawBuilder } from 'kysely'
import type { Actor } from '../contract/permissions.ts'
import type { ReportRunRow, ReportRunsInput } from '../contract/reports.ts'
import type { RunState } from '../contract/states.ts'
import type { Library } from '../context.ts'
import type { ControlDb } from '../control/db.ts'
import { countsOf } from '../runs/summaries.ts'
import { isReadable } from './access.ts'

type Times = 'createdAt' | 'finishedAt' | 'expiresAt'

/** `chain`: this run behind those whose silent tenants it asked again, oldest first. */
export type SummaryRow = Omit<ReportRunRow, Times | 'isExpired' | 'tenants' | 'answered'> & {
  readonly chain: readonly number[]
  readonly createdAt: Date
  readonly finishedAt: Date | null
  readonly expiresAt: Date
  readonly droppedAt: Date | null
}

export const summaryColumns = sql`
  r.id as run, s.name as set, case when b.id is not null then jsonb_build_object('id', b.id, 'name', b.name) end as report, r.state, p.chain,
  (select sum(c.row_count)::bigint from report_run c where c.run_id = any(p.chain)) as rows,
  r.started_by as "startedBy", r.note, r.created_at as "createdAt", r.finished_at as "finishedAt", p.expires_at as "expiresAt", p.dropped_at as "droppedAt", p.sampled_of as "sampledOf",
  r.parent_run_id as "parentRun"`

export const summarySource = sql`report_run p join run r on r.id = p.run_id join migration_set s on s.id = r.set_id left join saved_report b on b.id = p.report_id`

type Counted = { readonly tenants: number; readonly answered: number }

/** Tenants are those of the first run of a chain; each of them has answered in one of its runs at most. */
export const withCounts = async <Row extends SummaryRow>(db: ControlDb, rows: readonly Row[]): Promise<ReadonlyArray<Row & Counted>> => {
  // Those before a run had ended when it was started.
  const states = new Map<number, RunState>(rows.flatMap(({ chain }) => chain.map((run) => [run, 'failed'])))
  for (const { run, state } of rows) states.set(run, state)
  const counts = await countsOf(
    db,
    [...states].map(([id, state]) => ({ id, state })),
  )
  return rows.map((row) => ({
    ...row,
    tenants: counts.get(row.chain[0] ?? row.run)?.total ?? 0,
    answered: row.chain.reduce((sum, run) => sum + (counts.get(run)?.succeeded ?? 0), 0),
  }))
}

export const summaryOf = <Row extends SummaryRow & Counted>(row: Row) => {
  const { createdAt, finishedAt, expiresAt, droppedAt, chain: _, ...shown } = row
  return {
    ...shown,
    createdAt: createdAt.toISOString(),
    finishedAt: finishedAt?.toISOString() ?? null,
    expiresAt: expiresAt.toISOString(),
    isExpired: droppedAt !== null,
  }
}

/** Newest first. */
export const summariesWhere = async (db: ControlDb, condition: RawBuilder<unknown>, limit: number): Promise<readonly ReportRunRow[]> => {
  const { rows } = await sql<SummaryRow>`
    select ${summaryColumns} from ${summarySource} where ${condition} order by p.run_id desc limit ${limit}`.execute(db)
  return (await withCounts(db, rows)).map(summaryOf)
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
