/** A combining SELECT in its cage: in the control database, as a role that sees one report's rows and nothing else of it, read chunk by chunk. */
import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import type postgres from 'postgres'
import type { ReportColumn, ReportRow } from '../contract/reports.ts'
import type { Control, ControlDb } from '../control/db.ts'
import { readInstallation } from '../control/installation.ts'
import { TenancyError } from '../errors.ts'
import { quoteIdent } from '../sql/ident.ts'
import { codeOf, sqlstate } from '../sql/sqlstate.ts'
import { declareCursor, fetchRows, leave, openCage, settleSession } from './cage.ts'
import { collectedColumn } from './column-types.ts'
import { IdleReader } from './idle-reader.ts'
import { reportSchema } from './place.ts'

/** What a combining SELECT may name. */
export const combinedTables: ReadonlySet<string> = new Set(['results', 'tenants'])

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

/** Rows are told by the names of their columns, in JSON and by whoever reads them. @throws report.combine_columns */
const requireNames = (columns: ReadonlyArray<{ readonly name: string }>): void => {
  for (const [index, { name }] of columns.entries()) {
    const before = columns.findIndex((column) => column.name === name)
    if (before < index) throw new TenancyError('report.combine_columns', { position: index + 1, column: name, before: before + 1 })
  }
}

/** Who reads nothing for `idleMs` is gone. */
export type Combining = { readonly run: number; readonly select: string; readonly idleMs: number }

/**
 * The role is let into views of its own, made in the very transaction that is rolled back at its end: outside of it the role may read no report at all, and nobody
 * waits for anybody, as those would who were given rights on the same tables at once.
 */
const open = async (connection: postgres.Sql, role: string, { run, select, idleMs }: Combining): Promise<void> => {
  const schema = `tenantry_combine_${randomUUID()}`
  const [own, taker, kept] = [schema, role, reportSchema(run)].map(quoteIdent)
  const views = [...combinedTables].map((name) => `CREATE VIEW ${own}.${name} AS TABLE ${kept}.${name}; GRANT SELECT ON ${own}.${name} TO ${taker}`)
  await connection.unsafe(settleSession).simple()
  await connection
    .unsafe(
      `BEGIN; SET LOCAL idle_in_transaction_session_timeout = ${idleMs}; CREATE SCHEMA ${own}; GRANT USAGE ON SCHEMA ${own} TO ${taker}; ${views.join('; ')}`,
    )
    .simple()
  // Its BEGIN finds a transaction, and makes it READ ONLY from here on.
  await connection.unsafe(openCage({ schema, role, extensionSchemas: [], applicationName: 'tenantry report' })).simple()
  // Else the driver would take the protocol in which several statements are one.
  const extended: object = { simple: false }
  await connection.unsafe(declareCursor(select).text, [], extended)
}

const firstFetched = 20
const mostFetched = 2_000
const fetchedBytes = 4 * 1024 * 1024
/** What the server may work on one answer; whoever takes long to read it is not held against it. */
const combineMs = 60_000

/** As many rows at once as are likely to fit. */
const countAfter = (count: number, { bytes, rows }: Pick<CombinedChunk, 'bytes' | 'rows'>): number =>
  Math.max(1, Math.min(mostFetched, count * 4 + firstFetched, Math.floor((fetchedBytes * rows.length) / Math.max(1, bytes))))

export type CombinedChunk = { readonly columns: readonly ReportColumn[]; readonly rows: readonly ReportRow[]; readonly bytes: number; readonly isLast: boolean }

const fetchChunk = async (connection: postgres.Sql, count: number): Promise<CombinedChunk> => {
  const fetched = await connection.unsafe(fetchRows(count).text).simple().raw()
  requireNames(fetched.statement.columns)
  const columns = fetched.statement.columns.map((column) => collectedColumn({ name: column.name, type: column.type }))
  let bytes = 0
  const rows = fetched.map((row: ReadonlyArray<Buffer | null>) =>
    row.map((value) => {
      bytes += value?.length ?? 0
      return value?.toString('utf8') ?? null
    }),
  )
  return { columns: columns.map(({ name, type }) => ({ name, type })), rows, bytes, isLast: fetched.length < count }
}

const refusalOf = (error: unknown, run: number): unknown => {
  const code = codeOf(error)
  if (!/^[0-9A-Z]{5}$/.test(code) || code.startsWith('08')) return error
  return new TenancyError('report.combine', { run, code, problem: error instanceof Error ? error.message : String(error) }, error)
}

/** The answer of a SELECT that was checked; a chunk at least, for its columns. @throws report.combine, report.combine_columns, report.combine_role, report.slow */
export async function* combinedChunks(control: Control, combining: Combining): AsyncGenerator<CombinedChunk> {
  const role = await roleFor(control.db)
  const connection = control.connect()
  const reader = new IdleReader(combining.run, combining.idleMs)
  try {
    await open(connection, role, combining)
    for (let [left, count] = [combineMs, firstFetched]; ;) {
      if (left <= 0) throw Object.assign(new Error(`it had not ended within ${combineMs / 1_000} seconds`), { code: sqlstate.queryCanceled })
      const begun = Date.now()
      await connection.unsafe(leave(left)).simple()
      const chunk = await fetchChunk(connection, count)
      left -= Date.now() - begun
      reader.handed()
      yield chunk
      reader.back()
      if (chunk.isLast) return
      count = countAfter(count, chunk)
    }
  } catch (error) {
    throw refusalOf(reader.reasonOf(error), combining.run)
  } finally {
    await connection.end({ timeout: 1 })
  }
}
