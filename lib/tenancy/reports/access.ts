/** Whose reports and results are whose to see, beyond what the table of permissions says. */
import { sql, type RawBuilder } from 'kysely'
import { may, seesAllReports, type Actor } from '../contract/permissions.ts'
import type { ControlDb } from '../control/db.ts'
import { TenancyError } from '../errors.ts'

/**
 * Of a run `p`. What a report said before it named a role is not that role's, nor what it was asked for once with other values: it must have named it when the first
 * run of the result was started, with that very text.
 */
export const isReadable = (actor: Actor): RawBuilder<unknown> =>
  seesAllReports(actor.role)
    ? sql`true`
    : sql`exists (
        select from saved_report v join run f on f.id = p.chain[1] cross join lateral (
          select e.content from saved_report_edit e where e.report_id = v.id and e.at <= f.created_at order by e.revision desc limit 1) e
        where v.id = p.report_id and ${actor.role} = any(v.runnable_by) and e.content -> 'runnableBy' @> to_jsonb(array[${actor.role}::text]) and e.content ->> 'sql' = p.sql
          and (p.is_as_saved or f.started_by = ${actor.label}))`

/** @throws report.unknown, report.not_yours */
export const requireReadable = async (db: ControlDb, actor: Actor, run: number): Promise<void> => {
  const { rows } = await sql<{ readable: boolean }>`select ${isReadable(actor)} as readable from report_run p where p.run_id = ${run}`.execute(db)
  if (!rows[0]) throw new TenancyError('report.unknown', { run })
  if (!rows[0].readable)
    throw new TenancyError('report.not_yours', {
      what: `The result of report ${run}`,
      role: actor.role,
      remedy: 'Ask an admin to save the report and let your role run it.',
    })
}

/** Whether it may be asked again is asked as when it was started; a run that is no report is nobody's here. @throws report.not_yours */
export const requireAskable = async (db: ControlDb, actor: Actor, run: number): Promise<void> => {
  if (may(actor.role, 'reports.run')) return
  const { rows } = await sql<{ runnableBy: readonly string[] | null }>`
    select v.runnable_by as "runnableBy" from report_run p left join saved_report v on v.id = p.report_id where p.run_id = ${run}`.execute(db)
  const [report] = rows
  if (!report || report.runnableBy?.includes(actor.role) === true) return
  throw new TenancyError('report.not_yours', { what: `Asking tenants of report ${run} again`, role: actor.role, remedy: 'Ask an admin.' })
}
