/** A long report, as they happen: it reads one tenant's invoices in an open transaction, so that a migration of that table has to wait. */
import { setTimeout as sleep } from 'node:timers/promises'
import postgres from 'postgres'
import type { Sql } from 'postgres'

const lookMs = 250
const goOnMs = 3_000

const isMigrated = async (sql: Sql, schema: string, version: string): Promise<boolean> => {
  const rows = await sql`select 1 from ${sql(schema)}.tenantry_history where version = ${version}`
  return rows.length > 0
}

/** Asked beside the transaction, which has no snapshot between its queries: concurrent index builds of other tenants wait for those that have. */
const hasWaiter = async (sql: Sql, schema: string): Promise<boolean> => {
  const rows = await sql`
    select 1 from pg_locks where not granted and locktype = 'relation' and database = (select oid from pg_database where datname = current_database())
      and relation = ${`${schema}.invoices`}::regclass`
  return rows.length > 0
}

/** Reads until somebody has waited, then for three seconds more. */
const readLong = (sql: Sql, schema: string, stop: AbortSignal): Promise<void> =>
  sql.begin(async (tx) => {
    await tx`lock table ${tx(schema)}.invoices in access share mode`
    while (!(await hasWaiter(sql, schema))) await sleep(lookMs, undefined, { signal: stop })
    await sleep(goOnMs, undefined, { signal: stop })
  })

export type LockHolder = {
  /** Settles once the table is free: somebody waited, the tenant had the version already, or the connection was lost. */
  readonly done: Promise<void>
  /** Lets go at once. */
  release(): Promise<void>
}

/**
 * Holds the tenant's `invoices` (ACCESS SHARE: reading and writing go on, altering waits) from now until a waiter was seen and three seconds passed.
 * Does nothing when the tenant has `version` already. Never throws: a demo that cannot hold a lock is still a demo.
 */
export const holdLock = (url: string, schema: string, version: string): LockHolder => {
  const sql = postgres(url, {
    max: 2,
    prepare: false,
    connect_timeout: 10,
    onnotice: () => undefined,
    connection: { application_name: 'monthly-report', idle_in_transaction_session_timeout: 0 },
  })
  const stop = new AbortController()
  const hold = async (): Promise<void> => {
    try {
      if (!(await isMigrated(sql, schema, version))) await readLong(sql, schema, stop.signal)
    } catch {
      // Released, or the server is gone: the table is free either way.
    } finally {
      await sql.end({ timeout: 1 })
    }
  }
  const done = hold()
  return {
    done,
    release: async () => {
      stop.abort()
      await done
    },
  }
}
