/** A database of one's own for each test file: cloned in milliseconds, dropped afterwards, and the file fails if it left connections open. */
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import postgres from 'postgres'
import { afterAll, inject } from 'vitest'

export const templateDatabase = 'tenantry_template'
export const testSecret = 'a secret for tests, which is long enough'

export type Databases = {
  /** Connection string of a new control database, migrated. */
  control(): Promise<string>
  /** Connection string of a new, empty database; for tenants. */
  empty(): Promise<string>
}

/** A session on the server under test, beside all databases of the file. */
export const withServer = async <T>(work: (sql: postgres.Sql) => Promise<T>): Promise<T> => {
  const sql = postgres(inject('serverUrl'), { max: 1, onnotice: () => undefined })
  try {
    return await work(sql)
  } finally {
    await sql.end()
  }
}

const urlOf = (database: string): string => {
  const url = new URL(inject('serverUrl'))
  url.pathname = `/${database}`
  return url.href
}

const leakLimitMs = 20_000

/** Who is still connected to the databases once they had time to go. */
const findLeaks = async (sql: postgres.Sql, databases: readonly string[]): Promise<readonly string[]> => {
  for (const end = Date.now() + leakLimitMs; ; await sleep(50)) {
    const open = await sql<Array<{ who: string }>>`
      select format('%s on %s: %s', application_name, datname, left(query, 80)) as who
      from pg_stat_activity where datname = any(${[...databases]}) and backend_type = 'client backend'`
    if (open.length === 0 || Date.now() >= end) return open.map((row) => row.who)
  }
}

/** Databases for the test file that calls this, at its top. */
export const useDatabases = (): Databases => {
  const made: string[] = []
  const make = (template: string | null): Promise<string> =>
    withServer(async (sql) => {
      const name = `test_${randomBytes(6).toString('hex')}`
      await (template === null ? sql`create database ${sql(name)}` : sql`create database ${sql(name)} template ${sql(template)}`)
      made.push(name)
      return urlOf(name)
    })
  afterAll(async () => {
    if (made.length === 0) return
    await withServer(async (sql) => {
      const leaks = await findLeaks(sql, made)
      for (const name of made) await sql`drop database if exists ${sql(name)} with (force)`
      if (leaks.length > 0) throw new Error(`This file left ${leaks.length} connections open:\n${leaks.join('\n')}`)
    })
  })
  return { control: () => make(templateDatabase), empty: () => make(null) }
}
