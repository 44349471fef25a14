/** What a run of a saved report comes to, worked out by PostgreSQL once it has ended, and kept when its rows are dropped. */
import { sql } from 'kysely'
import { systemActor } from '../../contract/permissions.ts'
import type { ReportFigureInput } from '../../contract/saved-reports.ts'
import type { Library } from '../../context.ts'
import type { ControlDb } from '../../control/db.ts'
import { notify } from '../../control/notify.ts'
import { isTenancyError, type TenancyError } from '../../errors.ts'
import { quoteIdent } from '../../sql/ident.ts'
import { classify, codeOf, sqlstateClass } from '../../sql/sqlstate.ts'
import { combineSelect, figureTurns, requireCombining } from '../combine.ts'
import { requireRows, type Head } from '../head.ts'
import { figuresOf, restateAlerts } from './figures.ts'

/** Runs that have ended, and whose figures were not looked at. */
export const figuresDue = async (db: ControlDb): Promise<readonly number[]> => {
  const { rows } = await sql<{ run: number }>`
    select p.run_id as run from report_run p join run r on r.id = p.run_id
    where p.is_as_saved and p.figures_at is null and r.state in ('succeeded', 'failed', 'cancelled') order by p.run_id limit 100`.execute(db)
  return rows.map(({ run }) => run)
}

type Computed = { readonly value: string | null; readonly problem: string | null }

/** @throws report.refused when the report's second SELECT is none any more */
const statementOf = async ({ source, aggregate, column }: ReportFigureInput, combine: string | null): Promise<string> => {
  const named = column === null ? '*' : quoteIdent(column)
  if (source === 'rows') return `SELECT ${aggregate}(${named})::pg_catalog.numeric AS value FROM results`
  // A comment may be its last line.
  return `SELECT (first.${named})::pg_catalog.numeric AS value FROM (${await requireCombining(combine ?? '')}\n) first LIMIT 1`
}

/** What a loaded server says may be otherwise in a minute. */
const passing: ReadonlySet<string> = new Set(['40', '53', '55', '57', '58'])
const mayPass = (error: TenancyError): boolean =>
  error.code === 'report.busy' || (error.code === 'report.combine' && passing.has(sqlstateClass(String(error.details.code))))

/** @param isLast what passes is not waited for any more. @throws what may pass */
const compute = async (library: Library, run: number, figure: ReportFigureInput, combine: string | null, isLast: boolean): Promise<Computed> => {
  try {
    const { rows } = await combineSelect(library, run, await statementOf(figure, combine), figureTurns)
    return rows[0] ? { value: rows[0][0] ?? null, problem: null } : { value: null, problem: 'There was no row.' }
  } catch (error) {
    if (!isTenancyError(error) || (!isLast && mayPass(error))) throw error
    const problem = typeof error.details.problem === 'string' ? error.details.problem : error.message
    // The name that the combined row has here is nobody's.
    return { value: null, problem: problem.replace('column first.', 'column ') }
  }
}

/** A run that was called off, or that nobody has answered, comes to nothing. */
const hasFigures = ({ state, answered }: Pick<Head, 'state' | 'answered'>): boolean => state !== 'cancelled' && answered > 0

type Found = { readonly report: number; readonly combine: string | null; readonly head: Head }

/** Combined as it was said when the first run of the result was started: the report may say something else by now. @returns null when there is nothing to work out: the report or the rows are gone */
const find = async (db: ControlDb, run: number): Promise<Found | null> => {
  const { rows } = await sql<{ report: number; combine: string | null }>`
    select v.id as report, (
      select e.content ->> 'combine' from saved_report_edit e where e.report_id = v.id and e.at <= f.created_at and e.content ->> 'sql' = p.sql order by e.revision desc limit 1) as combine
    from report_run p join saved_report v on v.id = p.report_id join run f on f.id = p.chain[1] where p.run_id = ${run}`.execute(db)
  const [found] = rows
  if (!found) return null
  try {
    const head = await requireRows(db, run)
    return hasFigures(head) ? { ...found, head } : null
  } catch (error) {
    if (isTenancyError(error)) return null
    throw error
  }
}

type Kept = { readonly figure: number } & Computed

/** Of all runs that began with the same one the value of the most tenants stands, and where the first one stood: most of its rows are as old as that. */
const keep = async (trx: ControlDb, run: number, { report, head }: Found, values: readonly Kept[]): Promise<void> => {
  const first = head.chain[0] ?? run
  const family = sql`(select q.run_id from report_run q where q.chain @> array[${first}::bigint] and q.chain[1] = ${first})`
  await sql`delete from report_figure_value where run_id in ${family} and answered <= ${head.answered}`.execute(trx)
  await sql`
    insert into report_figure_value (figure_id, run_id, at, value, problem, answered, tenants)
    select f.id, ${run}::bigint, coalesce(r.finished_at, now()), x.value, x.problem, ${head.answered}, ${head.tenants}
    from jsonb_to_recordset(${JSON.stringify(values)}::jsonb) as x(figure bigint, value numeric, problem text) join report_figure f on f.id = x.figure, run r
    where r.id = ${first} and not exists (select from report_figure_value v where v.figure_id = f.id and v.run_id in ${family})`.execute(trx)
  await restateAlerts(trx, report)
}

/** Once a run; whoever comes second finds it done. */
const computeFigures = async (library: Library, run: number, isLast: boolean): Promise<void> => {
  const { db } = library.control
  const found = await find(db, run)
  const values: Kept[] = []
  for (const { id, ...figure } of found ? await figuresOf(db, systemActor, found.report) : [])
    values.push({ figure: id, ...(await compute(library, run, figure, found?.combine ?? null, isLast)) })
  await db.transaction().execute(async (trx) => {
    const { rows } = await sql`update report_run set figures_at = now() where run_id = ${run} and figures_at is null returning 1`.execute(trx)
    if (rows.length === 0 || !found || values.length === 0) return
    await sql`select from saved_report where id = ${found.report} for update`.execute(trx)
    await keep(trx, run, found, values)
    await notify(trx, { topic: 'runs' })
  })
}

const againMs = 60_000
/** When those whose figures could not be worked out for now are tried again. */
const againAt = new WeakMap<Library, Map<number, number>>()

const endedLongAgo = async (db: ControlDb, run: number): Promise<boolean> => {
  const { rows } = await sql`select from run where id = ${run} and finished_at < now() - interval '30 minutes'`.execute(db)
  return rows.length > 0
}

/** For whoever has the work to do: what passes is tried again for half an hour, and what cannot be worked out is not tried for ever. */
export const settleFigures = async (library: Library, run: number): Promise<void> => {
  const waiting = againAt.get(library) ?? new Map<number, number>()
  againAt.set(library, waiting)
  if ((waiting.get(run) ?? 0) > Date.now()) return
  waiting.delete(run)
  try {
    await computeFigures(library, run, await endedLongAgo(library.control.db, run))
  } catch (error) {
    if (classify(codeOf(error)) === 'connection') throw error
    if (isTenancyError(error)) return void waiting.set(run, Date.now() + againMs)
    library.logger.error({ run, code: codeOf(error), err: error }, 'report.no_figures')
    await sql`update report_run set figures_at = now() where run_id = ${run} and figures_at is null`.execute(library.control.db)
  }
}
