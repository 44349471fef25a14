/** Starts a saved report whose time has come: once, however often it came while nobody was there. */
import { sql } from 'kysely'
import { systemActor, type Role } from '../../contract/permissions.ts'
import type { Library } from '../../context.ts'
import { appendAudit } from '../../control/audit.ts'
import type { ControlDb } from '../../control/db.ts'
import { isTenancyError } from '../../errors.ts'
import { codeOf } from '../../sql/sqlstate.ts'
import { startReport } from '../start.ts'
import { nextTime } from './schedules.ts'
import { rightsOf, storedWhere, type Stored } from './stored.ts'

export const schedulesDue = async (db: ControlDb): Promise<readonly number[]> => {
  const { rows } = await sql<{ id: number }>`select report_id as id from report_schedule where enabled and next_at <= now() order by next_at`.execute(db)
  return rows.map(({ id }) => id)
}

type Taken = { readonly cron: string; readonly timezone: string; readonly openRun: number | null; readonly now: Date }

/** From here on nobody else starts it for this time, whatever becomes of this process. */
const take = async ({ control: { db } }: Library, report: number): Promise<Taken | null> =>
  db.transaction().execute(async (trx) => {
    const { rows } = await sql<Taken>`
      select h.cron, h.timezone, now() as now, (
        select max(r.id) from report_run p join run r on r.id = p.run_id where p.report_id = h.report_id and p.is_as_saved and r.state not in ('succeeded', 'failed', 'cancelled')) as "openRun"
      from report_schedule h where h.report_id = ${report} and h.enabled and h.next_at <= now() for update of h skip locked`.execute(trx)
    const [taken] = rows
    if (!taken) return null
    // By the clock that says when it is due: by another one it might be due again at once.
    const next = nextTime(taken, taken.now)
    await sql`
      update report_schedule set next_at = ${next}, last_at = now(), last_run_id = null, last_problem = 'It is about to start; if this stays so, the process that was to start it has ended.'
      where report_id = ${report}`.execute(trx)
    return taken
  })

/** Why it is not started on behalf of its owner; null: it is. */
const ownerProblem = async (db: ControlDb, stored: Stored): Promise<string | null> => {
  if (stored.ownerId === null) return null
  const { rows } = await sql<{ role: Role; isDisabled: boolean }>`
    select role, disabled_at is not null as "isDisabled" from person where id = ${stored.ownerId}`.execute(db)
  const [owner] = rows
  if (!owner || owner.isDisabled) return `It was not started: its owner, ${stored.owner}, may not sign in any more.`
  return rightsOf({ role: owner.role, id: stored.ownerId }, stored).mayRun ? null : `It was not started: its owner, ${stored.owner}, may not run it any more.`
}

type Said = { readonly run: number | null; readonly problem: string | null }

const start = async (library: Library, stored: Stored, { cron, timezone, openRun }: Taken): Promise<Said> => {
  if (openRun !== null) return { run: null, problem: `It was skipped: run ${openRun} of it was still going on.` }
  const problem = await ownerProblem(library.control.db, stored)
  if (problem !== null) return { run: null, problem }
  const { id, name, set, sql, rowCap, missing, params, selection, owner } = stored
  try {
    const details = { onBehalfOf: owner, schedule: cron, timezone }
    const { run } = await startReport(
      library,
      systemActor,
      { set, sql, rowCap, missing, params, selection, note: `By its schedule, for ${owner}` },
      { id, name, isAsSaved: true, details },
    )
    return { run, problem: null }
  } catch (error) {
    if (isTenancyError(error)) return { run: null, problem: `It could not be started: ${error.message}` }
    library.logger.error({ report: id, code: codeOf(error), err: error }, 'report.not_started')
    return { run: null, problem: `It could not be started (${codeOf(error)}).` }
  }
}

export const runScheduled = async (library: Library, report: number): Promise<void> => {
  const { db } = library.control
  const taken = await take(library, report)
  const [stored] = taken ? await storedWhere(db, sql`v.id = ${report}`) : []
  if (!taken || !stored) return
  const { run, problem } = await start(library, stored, taken)
  await db.transaction().execute(async (trx) => {
    await sql`update report_schedule set last_run_id = ${run}, last_problem = ${problem} where report_id = ${report}`.execute(trx)
    if (problem !== null)
      await appendAudit(trx, {
        actor: systemActor,
        action: 'reports.skip',
        subjectKind: 'report',
        subject: stored.name,
        details: { id: report, onBehalfOf: stored.owner, schedule: taken.cron, problem },
      })
  })
}
