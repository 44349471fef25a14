/** A second SELECT, over what the tenants have answered: in the control database, as a role that sees nothing else of it. */
import { sql } from 'kysely'
import type postgres from 'postgres'
import type { Actor } from '../contract/permissions.ts'
import type { CombinedRows, CombineReportInput, ReportRow } from '../contract/reports.ts'
import { appendAudit } from '../control/audit.ts'
import { readInstallation } from '../control/installation.ts'
import type { Library } from '../context.ts'
import type { Control, ControlDb } from '../control/db.ts'
import { TenancyError } from '../errors.ts'
import { quoteIdent } from '../sql/ident.ts'
import { codeOf, sqlstate } from '../sql/sqlstate.ts'
import { placeOf } from '../sql/statements.ts'
import { closeCage, declareCursor, fetchRows, leave, openCage, reportBounds, settleSession } from './cage.ts'
import { checkReport, requireGood } from './check/check-report.ts'
import { collectedColumn } from './column-types.ts'
import { reportSchema } from './place.ts'
import { requireReadable } from './access.ts'
import { requireRows } from './head.ts'
import { Turns } from './turns.ts'

const mostRows = 10_000
const mostBytes = 32 * 1024 * 1024
/** What a combining SELECT may name. */
const tables: ReadonlySet<string> = new Set(['results', 'tenants'])

/** @throws report.refused */
export const requireCombining = async (text: string): Promise<string> => {
  const { problems, params, called, source, select } = await checkReport(text, tables)
  const foreign = called.map(({ name, offset }) => ({
    code: 'function',
    ...placeOf(source, offset),
    message: `${name}() is none of the functions that a report may call.`,
  }))
  const declared = params.map(() => ({ code: 'parameter', line: 1, column: 1, message: 'A combining SELECT takes no parameters: what it reads is there.' }))
  requireGood({ problems: [...problems, ...foreign, ...declared.slice(0, 1)] })
  return select
}

/** Roles belong to the server: one for each control plane there. */
const makeRole = async (trx: ControlDb, role: string): Promise<void> => {
  const { rows } = await sql<{ exists: boolean; version: number }>`
    select exists (select from pg_roles where rolname = ${role}), current_setting('server_version_num')::integer as version`.execute(trx)
  const [found] = rows
  if (found?.exists === true) return
  const options = (found?.version ?? 0) >= 160_000 ? ' with inherit false, set true' : ''
  await sql.raw(`create role ${quoteIdent(role)} nologin`).execute(trx)
  await sql.raw(`grant ${quoteIdent(role)} to current_user${options}`).execute(trx)
}

/** One at a time: of two that make the same role at once the server lets one fail. */
const ensureRole = async (db: ControlDb, role: string): Promise<void> =>
  db.transaction().execute(async (trx) => {
    await sql`select pg_advisory_xact_lock(hashtextextended(${role}, 0))`.execute(trx)
    await makeRole(trx, role)
  })

/** @throws report.combine_role */
const roleFor = async (db: ControlDb): Promise<string> => {
  const role = `tenantry_report_${await readInstallation(db)}`
  try {
    await ensureRole(db, role)
    return role
  } catch (error) {
    if (codeOf(error) !== sqlstate.insufficientPrivilege && codeOf(error) !== sqlstate.undefinedObject) throw error
    throw new TenancyError('report.combine_role', { role, problem: error instanceof Error ? error.message : String(error) }, error)
  }
}

const firstFetched = 20
const grantMs = 30_000

/** As many rows at once as are likely to fit into what is left. */
const nextCount = (rows: number, bytes: number): number => {
  const room = rows === 0 ? firstFetched : Math.floor((mostBytes - bytes) / Math.max(1, bytes / rows))
  return Math.max(1, Math.min(room, rows * 4 + firstFetched, mostRows + 1 - rows))
}

/** Rows are told by the names of their columns, in JSON and by whoever reads them. @throws report.combine_columns */
const requireNames = (columns: ReadonlyArray<{ readonly name: string }>): void => {
  for (const [index, { name }] of columns.entries()) {
    const before = columns.findIndex((column) => column.name === name)
    if (before < index) throw new TenancyError('report.combine_columns', { position: index + 1, column: name, before: before + 1 })
  }
}

const ask = async (connection: postgres.Sql, schema: string, role: string, select: string): Promise<CombinedRows> => {
  await connection.unsafe(settleSession).simple()
  // Given in the very transaction that is rolled back at its end: outside of it the role may read no report at all. Whoever combines the same one waits meanwhile.
  await connection
    .unsafe(
      `BEGIN; SET LOCAL lock_timeout = ${grantMs}; GRANT USAGE ON SCHEMA ${quoteIdent(schema)} TO ${quoteIdent(role)};
       GRANT SELECT ON ${quoteIdent(schema)}.results, ${quoteIdent(schema)}.tenants TO ${quoteIdent(role)}; SET LOCAL lock_timeout = ${reportBounds.lockMs}`,
    )
    .simple()
  // Its BEGIN finds a transaction, and makes it READ ONLY from here on.
  await connection.unsafe(openCage({ schema, role, extensionSchemas: [], applicationName: 'tenantry report' })).simple()
  // Else the driver would take the protocol in which several statements are one.
  const extended: object = { simple: false }
  await connection.unsafe(declareCursor(select).text, [], extended)
  const rows: ReportRow[] = []
  let bytes = 0
  for (const until = Date.now() + combineMs; ;) {
    const left = until - Date.now()
    if (left <= 0) throw Object.assign(new Error(`it had not ended within ${combineMs / 1_000} seconds`), { code: sqlstate.queryCanceled })
    await connection.unsafe(leave(left)).simple()
    const count = nextCount(rows.length, bytes)
    const fetched = await connection.unsafe(fetchRows(count).text).simple().raw()
    for (const row of fetched) {
      bytes += row.reduce((sum: number, value: Buffer | null) => sum + (value?.length ?? 0), 0)
      rows.push(row.map((value: Buffer | null) => value?.toString('utf8') ?? null))
    }
    const isWhole = fetched.length < count
    if (!isWhole && rows.length <= mostRows && bytes < mostBytes) continue
    await connection.unsafe(closeCage).simple()
    requireNames(fetched.statement.columns)
    const columns = fetched.statement.columns.map((column) => collectedColumn({ name: column.name, type: column.type }))
    return { columns: columns.map(({ name, type }) => ({ name, type })), rows: rows.slice(0, mostRows), isCut: !isWhole }
  }
}

/** Each has a connection to the control database, and a core of its server, for as long as it may take. */
const turns = new Turns(4, 20_000)
/** What runs come to is worked out beside what people ask, and not behind it. */
export const figureTurns = new Turns(1, 90_000)
const combineMs = 60_000

const askAlone = async (control: Control, run: number, role: string, select: string): Promise<CombinedRows> => {
  const connection = control.connect()
  try {
    return await ask(connection, reportSchema(run), role, select)
  } catch (error) {
    if (!/^[0-9A-Z]{5}$/.test(codeOf(error)) || codeOf(error).startsWith('08')) throw error
    throw new TenancyError('report.combine', { run, code: codeOf(error), problem: error instanceof Error ? error.message : String(error) }, error)
  } finally {
    await connection.end({ timeout: 1 })
  }
}

/** A SELECT that was checked, in its cage. @throws report.combine, report.combine_role, report.busy */
export const combineSelect = async ({ control }: Pick<Library, 'control'>, run: number, select: string, inTurn: Turns = turns): Promise<CombinedRows> => {
  const role = await roleFor(control.db)
  return inTurn.run(() => askAlone(control, run, role, select))
}

/** @throws report.unknown, report.not_yours, report.expired, report.lost, report.refused, report.combine, report.combine_role, report.busy */
export const combineReport = async (library: Library, actor: Actor, { run, sql: text }: CombineReportInput): Promise<CombinedRows> => {
  const { db } = library.control
  const select = await requireCombining(text)
  await requireReadable(db, actor, run)
  const { set, rows } = await requireRows(db, run)
  await appendAudit(db, { actor, action: 'reports.export', subjectKind: 'run', subject: String(run), details: { set, rows, combine: text } })
  return combineSelect(library, run, select)
}
