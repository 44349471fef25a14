import { Kysely, PostgresDialect, type PostgresPool } from 'kysely'
import { Pool, TypeOverrides, type PoolClient } from 'pg'
import postgres from 'postgres'
import type { PoolUse } from '../contract/on-call.ts'
import { driverOptions, pgOptions } from '../sql/database-url.ts'
import { codeOf, classify } from '../sql/sqlstate.ts'
import { answerBounds, connectTimeoutMs, ControlClient, ownSettings, withCode } from './client.ts'
import { openWriter, type Writer } from './writer.ts'
import type { ControlTables } from './schema.ts'
import { Sockets } from './sockets.ts'

/** The schema of the control database that holds the console's own tables. */
export const controlSchema = 'tenantry'

export type ControlDb = Kysely<ControlTables>
export type Control = {
  readonly db: ControlDb
  /** For LISTEN alone: its connection is renewed by the driver. */
  readonly sql: postgres.Sql
  /** For what may take seconds and is asked by many at once, as pages of large results are: a few connections beside the pool, so that nothing short waits for it. */
  readonly slow: postgres.Sql
  /** One more connection, for whoever keeps one busy; the caller ends it. */
  readonly connect: () => postgres.Sql
  /** One for whoever writes many rows at once; the caller ends it. @throws the server's or the driver's error, with a code */
  readonly connectWriter: () => Promise<Writer>
  pool(): PoolUse
  close(): Promise<void>
}

type ControlOptions = {
  readonly max?: number
  readonly applicationName?: string
  /** Bound on a statement, for whoever cannot wait as long as usual. */
  readonly answerMs?: number
}

const applicationName = 'tenantry'
const usualMost = 8
const mostSlow = 3
const slowIdleSeconds = 20
/** A process that stops has ten seconds for everything. */
const closeTimeoutMs = 1_500

const int8 = 20
const int8s = 1016

/** int8 as number: ids and bytes stay below 2^53. */
const types = new TypeOverrides()
const parseArray = types.getTypeParser(int8s)
types.setTypeParser(int8, Number)
types.setTypeParser(int8s, 'text', (text: string) => {
  // Declared to take a number, which it does not.
  const values: unknown = Reflect.apply(parseArray, undefined, [text])
  return Array.isArray(values) ? values.map((value) => (value === null ? null : Number(value))) : values
})

const openPool = (url: string, options: ControlOptions, sockets: Sockets): Pool => {
  const pool = new Pool({
    ...sockets.keep(pgOptions(url)),
    Client: ControlClient,
    max: options.max ?? usualMost,
    idleTimeoutMillis: 30_000,
    keepAlive: answerBounds.keepAlive,
    application_name: options.applicationName ?? applicationName,
    statement_timeout: options.answerMs ?? 30_000,
    lock_timeout: answerBounds.lock_timeout,
    idle_in_transaction_session_timeout: answerBounds.idle_in_transaction_session_timeout,
    // A server that is gone without a word ends nothing by itself; one that is there has ended the statement before.
    query_timeout: options.answerMs ?? answerBounds.query_timeout,
    // Queries over thousands of tenants look expensive to the planner; compiling them takes longer than running them.
    options: `${ownSettings} -c search_path=${controlSchema} -c jit=off`,
    types,
  })
  // A connection may go while it lies idle or is held between two statements; whoever uses it next is told, and the pool opens another one.
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  return pool
}

/** A client whose lost connection has a code, and never comes back to the pool. */
const guarded = (client: PoolClient): PoolClient => {
  let isLost = false
  const query = async (text: string, parameters: readonly unknown[]) => {
    try {
      return await client.query(text, [...parameters])
    } catch (error) {
      const coded = withCode(error, 'CONNECTION_CLOSED')
      isLost ||= classify(codeOf(coded)) === 'connection'
      throw coded
    }
  }
  const own: Readonly<Record<PropertyKey, unknown>> = { query, release: () => client.release(isLost) }
  return new Proxy(client, { get: (target, property) => own[property] ?? Reflect.get(target, property) })
}

const guardedPool = (pool: Pool): PostgresPool => ({
  connect: async () => {
    try {
      return guarded(await pool.connect())
    } catch (error) {
      throw withCode(error, 'CONNECT_TIMEOUT')
    }
  },
  end: () => pool.end(),
})

/**
 * Opens the control database's pool. Lazy: connects at the first query.
 * @param url connection string of the control database (direct, not through a transaction pooler: LISTEN needs a session)
 */
export const openControl = (url: string, options: ControlOptions = {}): Control => {
  const sockets = new Sockets()
  const pool = openPool(url, options, sockets)
  const db = new Kysely<ControlTables>({ dialect: new PostgresDialect({ pool: guardedPool(pool) }) })
  const open = (more: { readonly max: number; readonly idle_timeout?: number }): postgres.Sql =>
    postgres({
      ...driverOptions(url),
      ...more,
      connect_timeout: connectTimeoutMs / 1000,
      onnotice: () => {},
      connection: { application_name: options.applicationName ?? applicationName, statement_timeout: answerBounds.statement_timeout, options: ownSettings },
    })
  const connect = (): postgres.Sql => open({ max: 1 })
  const sql = connect()
  const slow = open({ max: mostSlow, idle_timeout: slowIdleSeconds })
  let closing: Promise<void> | null = null
  const close = async (): Promise<void> => {
    const timeout = closeTimeoutMs / 1000
    await Promise.all([sockets.end(closeTimeoutMs, pool.end()), sql.end({ timeout }), slow.end({ timeout })])
  }
  const use = (): PoolUse => ({
    busy: pool.totalCount - pool.idleCount,
    idle: pool.idleCount,
    waiting: pool.waitingCount,
    most: options.max ?? usualMost,
  })
  const connectWriter = (): Promise<Writer> => openWriter(url, options.applicationName ?? applicationName)
  return { db, sql, slow, connect, connectWriter, pool: use, close: () => (closing ??= close()) }
}
