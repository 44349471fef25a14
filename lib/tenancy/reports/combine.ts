/** A second SELECT, over what the tenants have answered: in the control database, as a role that sees nothing else of it. */
import { sql } from 'kysely'
import type postgres from 'postgres'
import type { CombinedRows, CombineReportInput } from '../contract/reports.ts'
import { readInstallation } from '../control/installation.ts'
import type { Library } from '../context.ts'
import type { ControlDb } from '../control/db.ts'
import { TenancyError } from '../errors.ts'
import { quoteIdent } from '../sql/ident.ts'
import { codeOf, sqlstate } from '../sql/sqlstate.ts'
import { placeOf } from '../sql/statements.ts'
import { closeCage, declareCursor, fetchRows, openCage, settleSession } from './cage.ts'
import { checkReport, requireGood } from './check/check-report.ts'
import { collectedColumn } from './column-types.ts'
import { reportSchema } from './place.ts'
import { requireRows } from './read.ts'

const mostRows = 10_000
/** What a combining SELECT may name. */
const tables: ReadonlySet<string> = new Set(['results', 'tenants'])

/** @throws report.refused */
const requireCombining = async (text: string): Promise<string> => {
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

/** Roles belong to the server: one for each control plane there. Another process may make it at the same instant. */
const makeRole = async (db: ControlDb, role: string): Promise<void> => {
  const { rows } = await sql<{ exists: boolean; version: number }>`
    select exists (select from pg_roles where rolname = ${role}), current_setting('server_version_num')::integer as version`.execute(db)
  const [found] = rows
  if (found?.exists === true) return
  const options = (found?.version ?? 0) >= 160_000 ? ' with inherit false, set true' : ''
  try {
    await db.transaction().execute(async (trx) => {
      await sql.raw(`create role ${quoteIdent(role)} nologin`).execute(trx)
      await sql.raw(`grant ${quoteIdent(role)} to current_user${options}`).execute(trx)
    })
  } catch (error) {
    if (codeOf(error) === sqlstate.duplicateObject || codeOf(error) === sqlstate.uniqueViolation) return
    throw error
  }
}

/** @throws report.combine_role */
const roleFor = async (db: ControlDb, run: number): Promise<string> => {
  const role = `tenantry_report_${await readInstallation(db)}`
  const schema = quoteIdent(reportSchema(run))
  try {
    await makeRole(db, role)
    await sql.raw(`grant usage on schema ${schema} to ${quoteIdent(role)}`).execute(db)
    await sql.raw(`grant select on ${schema}.results, ${schema}.tenants to ${quoteIdent(role)}`).execute(db)
    return role
  } catch (error) {
    if (codeOf(error) !== sqlstate.insufficientPrivilege && codeOf(error) !== sqlstate.undefinedObject) throw error
    throw new TenancyError('report.combine_role', { role, problem: error instanceof Error ? error.message : String(error) }, error)
  }
}

const ask = async (connection: postgres.Sql, schema: string, role: string, select: string): Promise<CombinedRows> => {
  await connection.unsafe(settleSession).simple()
  await connection.unsafe(openCage({ schema, role, extensionSchemas: [], applicationName: 'tenantry report' })).simple()
  // Else the driver would take the protocol in which several statements are one.
  const extended: object = { simple: false }
  await connection.unsafe(declareCursor(select).text, [], extended)
  const rows = await connection
    .unsafe(fetchRows(mostRows + 1).text)
    .simple()
    .raw()
  const columns = rows.statement.columns.map((column) => collectedColumn({ name: column.name, type: column.type }))
  await connection.unsafe(closeCage).simple()
  return {
    columns: columns.map(({ name, type }) => ({ name, type })),
    rows: rows.slice(0, mostRows).map((row) => row.map((value: Buffer | null) => value?.toString('utf8') ?? null)),
    isCut: rows.length > mostRows,
  }
}

/** @throws report.unknown, report.expired, report.lost, report.refused, report.combine, report.combine_role */
export const combineReport = async ({ control }: Library, { run, sql: text }: CombineReportInput): Promise<CombinedRows> => {
  const select = await requireCombining(text)
  await requireRows(control.db, run)
  const role = await roleFor(control.db, run)
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
