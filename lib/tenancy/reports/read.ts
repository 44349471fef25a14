/** What a report has found: how it stands, a page of its rows, all of them. */
import { sql } from 'kysely'
import type postgres from 'postgres'
import type { Actor } from '../contract/permissions.ts'
import { openItemStates } from '../contract/states.ts'
import type { ReportColumn, ReportRow, ReportRows, ReportRowsInput, ReportRun, SilentTenants } from '../contract/reports.ts'
import type { Library } from '../context.ts'
import { appendAudit } from '../control/audit.ts'
import type { ControlDb } from '../control/db.ts'
import { TenancyError } from '../errors.ts'
import { listFailures } from '../runs/failures.ts'
import { quoteIdent } from '../sql/ident.ts'
import { spellingStatement } from './cage.ts'
import { isUnordered } from './column-types.ts'
import { mostRowsOfAll } from './collector.ts'
import { dropUnanswered, reportSchema, tooManyRows } from './place.ts'

type Head = Omit<ReportRun, 'silent' | 'createdAt' | 'finishedAt' | 'expiresAt' | 'isExpired'> & {
  readonly createdAt: Date
  readonly finishedAt: Date | null
  readonly expiresAt: Date
  readonly droppedAt: Date | null
}

/** @throws report.unknown */
const headOf = async (db: ControlDb, run: number): Promise<Head> => {
  await dropUnanswered(db, run)
  const { rows } = await sql<Head>`
    select r.id as run, s.name as set, r.state, p.sql, p.params, p.columns, p.row_count as rows, i.tenants, i.answered, r.started_by as "startedBy", r.created_at as "createdAt",
      r.finished_at as "finishedAt", p.expires_at as "expiresAt", p.dropped_at as "droppedAt"
    from report_run p join run r on r.id = p.run_id join migration_set s on s.id = r.set_id cross join lateral (
      select count(*) as tenants, count(*) filter (where state = 'succeeded') as answered from run_item where run_id = r.id) i
    where p.run_id = ${run}`.execute(db)
  const [head] = rows
  if (!head) throw new TenancyError('report.unknown', { run })
  const own: ReportColumn = { name: 'tenant', type: 'text' }
  return { ...head, columns: [own, ...head.columns.map(({ name, type }) => ({ name, type }))] }
}

/** Those that were never asked: the report ended before. */
const unasked = async (db: ControlDb, run: number): Promise<readonly SilentTenants[]> => {
  const { rows } = await sql<{ slugs: string[]; reason: string | null }>`
    select array_agg(coalesce(t.slug, i.tenant_slug) order by 1) as slugs, min(r.stop_reason) as reason
    from run_item i join run r on r.id = i.run_id left join tenant t on t.id = i.tenant_id
    where i.run_id = ${run} and i.state not in ('succeeded', 'failed', ${sql.join(openItemStates)}) having count(*) > 0`.execute(db)
  return rows.map(({ slugs, reason }) => ({
    code: reason === tooManyRows ? 'report_too_many_rows' : 'cancelled',
    message:
      reason === tooManyRows
        ? `The report was ended before they had answered: its rows had come to more than ${mostRowsOfAll}. Ask for less, or fewer tenants at a time.`
        : 'The report was cancelled before they had answered.',
    example: null,
    slugs: slugs.toSorted(),
  }))
}

/** @throws report.unknown */
export const getReport = async ({ control }: Library, run: number): Promise<ReportRun> => {
  const { createdAt, finishedAt, expiresAt, droppedAt, ...head } = await headOf(control.db, run)
  const failures = await listFailures({ control }, run)
  const silent = failures.map(({ example, message, tenants }) => ({
    code: example.code,
    message: tenants.length === 1 ? example.message : message,
    example,
    slugs: tenants,
  }))
  return {
    ...head,
    silent: [...silent, ...(await unasked(control.db, run))].toSorted((one, other) => other.slugs.length - one.slugs.length),
    createdAt: createdAt.toISOString(),
    finishedAt: finishedAt?.toISOString() ?? null,
    expiresAt: expiresAt.toISOString(),
    isExpired: droppedAt !== null,
  }
}

/** @throws report.unknown, report.expired, report.lost */
export const requireRows = async (db: ControlDb, run: number): Promise<Head> => {
  const head = await headOf(db, run)
  if (head.droppedAt !== null) throw new TenancyError('report.expired', { run, droppedAt: head.droppedAt.toISOString().slice(0, 10) })
  const { rows } = await sql<{ kept: boolean }>`select exists (select from ${sql.raw(`${quoteIdent(reportSchema(run))}.tenants`)}) as kept`.execute(db)
  if (rows[0]?.kept !== true) throw new TenancyError('report.lost', { run })
  return head
}

const collectedOf = ({ run, columns }: Head): string =>
  `SELECT ${columns.map(({ name }) => quoteIdent(name)).join(', ')} FROM ${quoteIdent(reportSchema(run))}.collected`

const rowsOf = async (connection: postgres.Sql | postgres.ReservedSql | postgres.TransactionSql, text: string): Promise<readonly ReportRow[]> => {
  const rows = await connection.unsafe(text).simple().raw()
  return rows.map((row) => row.map((value: Buffer | null) => (value === null ? null : value.toString('utf8'))))
}

/** @throws report.unknown, report.expired, report.lost, report.sort */
export const reportRows = async ({ control }: Library, { run, sort, descending, offset, limit }: ReportRowsInput): Promise<ReportRows> => {
  const head = await requireRows(control.db, run)
  const sorted = head.columns.find(({ name }) => name === sort)
  if (sort !== undefined && !sorted) throw new TenancyError('report.sort', { run, column: sort, columns: head.columns.map(({ name }) => name).join(', ') })
  const way = descending ? 'DESC' : 'ASC'
  const order =
    !sorted || sorted.name === 'tenant'
      ? `tenant ${way}`
      : `collected.${quoteIdent(sorted.name)}${isUnordered(sorted) ? '::pg_catalog.text' : ''} ${way} NULLS LAST, tenant`
  const rows = await control.sql.begin('read only', async (connection) => {
    await connection.unsafe(spellingStatement).simple()
    return rowsOf(connection, `${collectedOf(head)} ORDER BY ${order}, ctid LIMIT ${limit} OFFSET ${offset}`)
  })
  return { columns: head.columns, rows, total: head.rows }
}

const streamedAtOnce = 2_000

/** Tenant by tenant over the index: to sort all of a large report would take longer than anybody waits for its first row. */
export const streamStatement = ({ run, columns }: { readonly run: number; readonly columns: ReadonlyArray<Pick<ReportColumn, 'name'>> }): string => {
  const collected = `${quoteIdent(reportSchema(run))}.collected`
  return `WITH RECURSIVE one AS (
      (SELECT tenantry_target, tenant FROM ${collected} ORDER BY tenantry_target LIMIT 1)
      UNION ALL
      SELECT next.* FROM one CROSS JOIN LATERAL (
        SELECT c.tenantry_target, c.tenant FROM ${collected} c WHERE c.tenantry_target > one.tenantry_target ORDER BY c.tenantry_target LIMIT 1) next)
    SELECT ${columns.map(({ name }) => `found.${quoteIdent(name)}`).join(', ')} FROM (SELECT * FROM one ORDER BY tenant) each
    CROSS JOIN LATERAL (SELECT * FROM ${collected} c WHERE c.tenantry_target = each.tenantry_target ORDER BY c.ctid) found`
}

/** @throws report.unknown, report.expired, report.lost */
export async function* streamReport({ control }: Library, actor: Actor, run: number): AsyncGenerator<readonly ReportRow[]> {
  const head = await requireRows(control.db, run)
  await appendAudit(control.db, { actor, action: 'reports.export', subjectKind: 'run', subject: String(run), details: { set: head.set, rows: head.rows } })
  const connection = control.connect()
  try {
    await connection.unsafe(`BEGIN READ ONLY; ${spellingStatement}; SET LOCAL statement_timeout = 0`).simple()
    await connection.unsafe(`DECLARE tenantry_export NO SCROLL CURSOR FOR ${streamStatement(head)}`).simple()
    for (;;) {
      const rows = await rowsOf(connection, `FETCH ${streamedAtOnce} FROM tenantry_export`)
      if (rows.length > 0) yield rows
      if (rows.length < streamedAtOnce) return
    }
  } finally {
    await connection.end({ timeout: 1 })
  }
}
