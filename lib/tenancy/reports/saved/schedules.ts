/** When saved reports run by themselves. */
import { Cron } from 'croner'
import { sql } from 'kysely'
import type { Actor } from '../../contract/permissions.ts'
import type { ReportSchedule, ReportScheduleInput } from '../../contract/saved-reports.ts'
import type { Library } from '../../context.ts'
import { appendAudit } from '../../control/audit.ts'
import type { ControlDb } from '../../control/db.ts'
import { TenancyError } from '../../errors.ts'
import { findStored, holdReport } from './stored.ts'

type Pattern = { readonly cron: string; readonly timezone: string }

/** Each run leaves a row for each tenant, for good. */
const leastMinutes = 5
/** Of a pattern so many times are looked at for how far apart they are: more than any hour has. */
const looked = 64

const timesOf = ({ cron, timezone }: Pattern, after: Date, count: number): readonly Date[] => {
  const refused = (problem: string, cause?: unknown) => new TenancyError('report.cron', { cron, timezone, problem }, cause)
  try {
    // Names a zone that is none before the pattern is blamed for it.
    Intl.DateTimeFormat('en', { timeZone: timezone })
  } catch (error) {
    throw refused('names no time zone.', error)
  }
  try {
    return new Cron(cron, { timezone, mode: '5-part', paused: true }).nextRuns(count, after)
  } catch (error) {
    throw refused(`cannot be read: ${error instanceof Error ? error.message.replace(/^CronPattern: /, '') : String(error)}`, error)
  }
}

/** Where no clock is put forward or back: two hours that fall together once a year are not too often. */
const isTooOften = ({ cron }: Pattern, after: Date): boolean =>
  timesOf({ cron, timezone: 'UTC' }, after, looked).some((time, index, all) => time.getTime() - (all[index - 1]?.getTime() ?? 0) < leastMinutes * 60_000)

/** @throws report.cron */
export const nextTimes = (pattern: Pattern, after: Date, count: number): readonly Date[] => {
  const parts = pattern.cron.trim().split(/\s+/).length
  // A nickname, such as @daily, stands for five.
  if (parts !== 5 && !pattern.cron.trim().startsWith('@'))
    throw new TenancyError('report.cron', { ...pattern, problem: `has ${parts} ${parts === 1 ? 'part' : 'parts'} instead of five.` })
  const times = timesOf(pattern, after, count)
  if (times.length === 0) throw new TenancyError('report.cron', { ...pattern, problem: 'never comes.' })
  if (isTooOften(pattern, after)) throw new TenancyError('report.cron', { ...pattern, problem: `comes more often than every ${leastMinutes} minutes.` })
  return times
}

/** Of a schedule that was taken once; null: never again. */
export const nextTime = (pattern: Pattern, after: Date): Date | null => timesOf(pattern, after, 1)[0] ?? null

type Row = Omit<ReportSchedule, 'nextAt' | 'lastAt'> & { readonly report: number; readonly nextAt: Date | null; readonly lastAt: Date | null }

export const schedulesOf = async (db: ControlDb, reports: readonly number[]): Promise<ReadonlyMap<number, ReportSchedule>> => {
  const { rows } = await sql<Row>`
    select report_id as report, cron, timezone, enabled, case when enabled then next_at end as "nextAt", set_by as "setBy", last_at as "lastAt", last_run_id as "lastRun",
      last_problem as "lastProblem"
    from report_schedule where report_id = any(${[...reports]}::bigint[])`.execute(db)
  return new Map(
    rows.map(({ report, nextAt, lastAt, ...row }) => [report, { ...row, nextAt: nextAt?.toISOString() ?? null, lastAt: lastAt?.toISOString() ?? null }]),
  )
}

/** @throws report.saved_unknown, report.not_yours, report.cron */
export const setSchedule = async ({ control: { db } }: Library, actor: Actor, { report, schedule }: ReportScheduleInput): Promise<ReportSchedule | null> =>
  db.transaction().execute(async (trx) => {
    const stored = await findStored(trx, actor, report, 'share', holdReport)
    if (schedule === null) await sql`delete from report_schedule where report_id = ${report}`.execute(trx)
    else {
      const { cron, timezone, enabled } = schedule
      const { rows } = await sql<{ now: Date }>`select now() as now`.execute(trx)
      const [next] = nextTimes(schedule, rows[0]?.now ?? new Date(), 1)
      await sql`
        insert into report_schedule (report_id, cron, timezone, enabled, next_at, set_by) values (${report}, ${cron}, ${timezone}, ${enabled}, ${next}, ${actor.label})
        on conflict (report_id) do update set cron = excluded.cron, timezone = excluded.timezone, enabled = excluded.enabled, next_at = excluded.next_at,
          set_by = excluded.set_by, set_at = now()`.execute(trx)
    }
    await appendAudit(trx, { actor, action: 'reports.schedule', subjectKind: 'report', subject: stored.name, details: { id: report, schedule } })
    return (await schedulesOf(trx, [report])).get(report) ?? null
  })
