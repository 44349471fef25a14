/** Saved reports, and what they were before. */
import { sql } from 'kysely'
import { seesAllReports, type Actor } from '../../contract/permissions.ts'
import type { ReportEdit, SavedReport, SavedReportContent, SavedReportRow } from '../../contract/saved-reports.ts'
import type { Library } from '../../context.ts'
import type { ControlDb } from '../../control/db.ts'
import { isReadable } from '../access.ts'
import { checkReport } from '../check/check-report.ts'
import { summariesWhere } from '../summaries.ts'
import { figuresOf } from './figures.ts'
import { schedulesOf } from './schedules.ts'
import { contentOf, editContent, findStored, rightsOf, storedWhere, type Stored } from './stored.ts'

type Db = Pick<Library, 'control'>

const rowsOf = async (db: ControlDb, actor: Actor, all: readonly Stored[]): Promise<readonly SavedReportRow[]> => {
  const ids = all.map(({ id }) => id)
  const newest = sql`p.run_id in (select max(p.run_id) from report_run p where p.report_id = any(${ids}::bigint[]) and ${isReadable(actor)} group by p.report_id)`
  const runs = new Map((await summariesWhere(db, newest, ids.length)).map((run) => [run.report?.id, run]))
  const schedules = await schedulesOf(db, ids)
  return all.map((stored) => ({
    id: stored.id,
    name: stored.name,
    description: stored.description,
    set: stored.set,
    owner: stored.owner,
    runnableBy: stored.runnableBy,
    changeableBy: stored.changeableBy,
    revision: stored.revision,
    updatedAt: stored.updatedAt.toISOString(),
    updatedBy: stored.updatedBy,
    lastRun: runs.get(stored.id) ?? null,
    schedule: schedules.get(stored.id) ?? null,
    ...rightsOf(actor, stored),
  }))
}

export const listSaved = async ({ control: { db } }: Db, actor: Actor): Promise<readonly SavedReportRow[]> => {
  const all = await storedWhere(db, seesAllReports(actor.role) ? sql`true` : sql`${actor.role} = any(v.runnable_by)`)
  return all.length === 0 ? [] : rowsOf(db, actor, all)
}

/** @throws report.saved_unknown, report.not_yours */
export const getSaved = async ({ control: { db } }: Db, actor: Actor, report: number | string): Promise<SavedReport> => {
  const stored = await findStored(db, actor, report, 'see')
  const [row] = await rowsOf(db, actor, [stored])
  if (!row) throw new Error('the saved report has no row')
  const { params: declared } = await checkReport(stored.sql)
  return { ...contentOf(stored), ...row, declared, figures: await figuresOf(db, actor, stored.id) }
}

/** Support sees what it may run, and not what that was before. @throws report.saved_unknown, report.not_yours */
export const savedHistory = async ({ control: { db } }: Db, actor: Actor, report: number): Promise<readonly ReportEdit[]> => {
  await findStored(db, actor, report, 'see')
  const { rows } = await sql<{ revision: number; at: Date; by: string; content: SavedReportContent; restored: number | null }>`
    select revision, at, by, ${editContent} as content, restored from saved_report_edit where report_id = ${report} order by revision desc limit ${seesAllReports(actor.role) ? null : 1}`.execute(
    db,
  )
  return rows.map(({ at, ...row }) => ({ ...row, at: at.toISOString() }))
}
