/** Figures of saved reports: what they are, what the last runs came to, and since when they are beyond their line. */
import { sql, type RawBuilder } from 'kysely'
import { seesAllReports, type Actor } from '../../contract/permissions.ts'
import type { FigureValue, PinnedFigure, ReportFigure, ReportFiguresInput } from '../../contract/saved-reports.ts'
import type { Library } from '../../context.ts'
import { appendAudit } from '../../control/audit.ts'
import type { ControlDb } from '../../control/db.ts'
import { TenancyError } from '../../errors.ts'
import { isReadable } from '../access.ts'
import { findStored, holdReport, type Stored } from './stored.ts'

/** Values of each that are shown. */
const trendLength = 60

/** Of a value `w` of figure `f`; without a line none is. */
const isBeyond = sql`coalesce(case f.line when 'above' then w.value > f.line_value when 'below' then w.value < f.line_value end, false)`

/** From what is kept: since the first value beyond the line behind the newest one that ends an alert. One that is not of all tenants ends none: those that are lacking may be what is too much. */
export const restateAlerts = async (trx: ControlDb, report: number): Promise<void> => {
  await sql`
    update report_figure f set alerting_since = (
      select min(w.at) from report_figure_value w where w.figure_id = f.id and ${isBeyond} and w.at > coalesce((
        select max(w.at) from report_figure_value w where w.figure_id = f.id and w.value is not null and w.answered >= w.tenants and not ${isBeyond}), '-infinity'))
    where f.report_id = ${report}`.execute(trx)
}

type Row = Omit<PinnedFigure, 'alertingSince' | 'trend'> & { readonly alertingSince: Date | null; readonly trend: readonly FigureValue[] | null }

/** To whoever may not read all runs an alert began with the first of those that they may read. */
const alertingSince = (actor: Actor): RawBuilder<unknown> =>
  seesAllReports(actor.role)
    ? sql`f.alerting_since`
    : sql`(
        select w.at from report_figure_value w join report_run p on p.run_id = w.run_id
        where w.figure_id = f.id and w.at >= f.alerting_since and ${isBeyond} and ${isReadable(actor)} order by w.at limit 1)`

/** With the values of such runs alone as the actor may read. @param condition on a figure `f`, since when it is `alerting.since`, and its report `b` */
const figuresWhere = async (db: ControlDb, actor: Actor, condition: RawBuilder<unknown>): Promise<readonly PinnedFigure[]> => {
  const { rows } = await sql<Row>`
    select f.id, f.name, f.source, f.aggregate, f.column_name as "column", f.is_pinned as "isPinned", alerting.since as "alertingSince",
      case when f.line is not null then jsonb_build_object('kind', f.line, 'value', f.line_value::text) end as line, jsonb_build_object('id', b.id, 'name', b.name) as report, (
        select jsonb_agg(jsonb_build_object('run', w.run_id, 'at', to_char(w.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'value', w.value::text, 'isBeyond', ${isBeyond},
          'problem', w.problem, 'answered', w.answered, 'tenants', w.tenants) order by w.at, w.run_id)
        from (select * from report_figure_value where figure_id = f.id order by at desc, run_id desc limit ${trendLength}) w
          join report_run p on p.run_id = w.run_id where ${isReadable(actor)}) as trend
    from report_figure f join saved_report b on b.id = f.report_id cross join lateral (select ${alertingSince(actor)} as since) alerting
    where ${condition} order by lower(b.name), f.position`.execute(db)
  return rows.map(({ alertingSince: since, trend, ...row }) => ({ ...row, alertingSince: since?.toISOString() ?? null, trend: trend ?? [] }))
}

export const figuresOf = (db: ControlDb, actor: Actor, report: number): Promise<readonly ReportFigure[]> =>
  figuresWhere(db, actor, sql`f.report_id = ${report}`)

export const pinnedFigures = ({ control: { db } }: Pick<Library, 'control'>, actor: Actor): Promise<readonly PinnedFigure[]> =>
  figuresWhere(
    db,
    actor,
    sql`(f.is_pinned or alerting.since is not null) and ${seesAllReports(actor.role) ? sql`true` : sql`${actor.role} = any(b.runnable_by)`}`,
  )

type Kept = { readonly id: number; readonly name: string; readonly source: string; readonly column: string | null }

/** Of a text that has not run in its set yet the columns are known to nobody. */
const knownColumns = async (db: ControlDb, { id, sql: text, set }: Stored): Promise<readonly string[] | null> => {
  const { rows } = await sql<{ columns: ReadonlyArray<{ readonly name: string }> }>`
    select p.columns from report_run p join run r on r.id = p.run_id join migration_set s on s.id = r.set_id
    where p.report_id = ${id} and p.sql = ${text} and s.name = ${set} order by p.run_id desc limit 1`.execute(db)
  const [row] = rows
  return row ? ['tenant', ...row.columns.map(({ name }) => name)] : null
}

/** What stands as it stood may have lost its column since, and keeps nobody from changing the others. */
const isAsBefore = (figure: ReportFiguresInput['figures'][number], before: readonly Kept[]): boolean =>
  before.some(({ name, source, column }) => name === figure.name && source === figure.source && column === figure.column)

/** @throws report.figure */
const requirePossible = async (trx: ControlDb, stored: Stored, figures: ReportFiguresInput['figures'], before: readonly Kept[]): Promise<void> => {
  const uncombined = stored.combine === null ? figures.find(({ source }) => source === 'combined') : undefined
  if (uncombined)
    throw new TenancyError('report.figure', {
      name: uncombined.name,
      problem: 'is of the combined rows, and the report combines none.',
      remedy: 'Give the report a second SELECT first, or take an aggregate of its rows.',
    })
  const columns = await knownColumns(trx, stored)
  const homeless = figures.find(
    (figure) => figure.source === 'rows' && figure.column !== null && columns?.includes(figure.column) === false && !isAsBefore(figure, before),
  )
  if (homeless)
    throw new TenancyError('report.figure', {
      name: homeless.name,
      problem: `is of the column “${homeless.column}”, which the rows of the report’s last run do not have.`,
      remedy: `They have: ${columns?.join(', ')}. If there is one by now, run the report first.`,
    })
}

/** @throws report.saved_unknown, report.not_yours, report.figures_changed, report.figure */
export const setFigures = async (
  { control: { db } }: Library,
  actor: Actor,
  { report, known, figures }: ReportFiguresInput,
): Promise<readonly ReportFigure[]> =>
  db.transaction().execute(async (trx) => {
    const stored = await findStored(trx, actor, report, 'change', holdReport)
    const { rows: there } = await sql<Kept>`select id, name, source, column_name as column from report_figure where report_id = ${report}`.execute(trx)
    if (new Set([...known, ...there.map(({ id }) => id)]).size !== known.length || known.length !== there.length)
      throw new TenancyError('report.figures_changed', { name: stored.name })
    await requirePossible(trx, stored, figures, there)
    const items = figures.map(({ column, isPinned, line, ...figure }, index) => ({
      ...figure,
      position: index + 1,
      column_name: column,
      is_pinned: isPinned,
      line: line?.kind ?? null,
      line_value: line?.value ?? null,
    }))
    // What is worked out otherwise than before begins anew: values of two measures are no trend.
    await sql`
      delete from report_figure f where f.report_id = ${report} and not exists (
        select from jsonb_to_recordset(${JSON.stringify(items)}::jsonb) as x(name text, source text, aggregate text, column_name text)
        where x.name = f.name and x.source = f.source and x.aggregate is not distinct from f.aggregate and x.column_name is not distinct from f.column_name)`.execute(
      trx,
    )
    await sql`
      insert into report_figure (report_id, position, name, source, aggregate, column_name, is_pinned, line, line_value)
      select ${report}::bigint, x.position, x.name, x.source, x.aggregate, x.column_name, x.is_pinned, x.line, x.line_value
      from jsonb_to_recordset(${JSON.stringify(items)}::jsonb)
        as x(position integer, name text, source text, aggregate text, column_name text, is_pinned boolean, line text, line_value numeric)
      on conflict (report_id, name) do update set position = excluded.position, is_pinned = excluded.is_pinned, line = excluded.line, line_value = excluded.line_value`.execute(
      trx,
    )
    await restateAlerts(trx, report)
    await appendAudit(trx, { actor, action: 'reports.figures', subjectKind: 'report', subject: stored.name, details: { id: report, figures } })
    return figuresOf(trx, actor, report)
  })
