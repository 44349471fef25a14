import { Kysely } from 'kysely'
import { PostgresJSDialect } from 'kysely-postgres-js'
import postgres from 'postgres'
import type { ControlTables } from './schema.ts'

/** The schema of the control database that holds the console's own tables. */
export const controlSchema = 'tenantry'

export type ControlDb = Kysely<ControlTables>
export type Control = {
  readonly db: ControlDb
  readonly sql: ReturnType<typeof connect>
  close(): Promise<void>
}

/** int8 as number: ids and bytes stay below 2^53. */
const bigintAsNumber = { to: 20, from: [20], serialize: (value: number) => String(value), parse: (value: string) => Number(value) }

/** Kysely hands JSON over as text already; postgres.js would encode a string once more. */
const jsonAsText = {
  to: 114,
  from: [114, 3802],
  serialize: (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value)),
  parse: (text: string): unknown => JSON.parse(text),
}

type ControlOptions = { readonly max?: number; readonly applicationName?: string }

const connect = (url: string, options: ControlOptions) =>
  postgres(url, {
    max: options.max ?? 8,
    idle_timeout: 30,
    connect_timeout: 10,
    onnotice: () => {},
    types: { bigint: bigintAsNumber, json: jsonAsText },
    connection: {
      application_name: options.applicationName ?? 'tenantry',
      search_path: controlSchema,
      statement_timeout: 30_000,
      lock_timeout: 10_000,
      // Queries over thousands of tenants look expensive to the planner; compiling them takes longer than running them.
      jit: 'off',
    },
  })

/**
 * Opens the control database's pool. Lazy: connects at the first query.
 * @param url connection string of the control database (direct, not through a transaction pooler: LISTEN needs a session)
 */
export const openControl = (url: string, options: ControlOptions = {}): Control => {
  const sql = connect(url, options)
  const db = new Kysely<ControlTables>({ dialect: new PostgresJSDialect({ postgres: sql }) })
  return { db, sql, close: () => sql.end({ timeout: 5 }) }
}
