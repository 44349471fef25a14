/** What PostgreSQL itself holds a report to, whatever its text was taken for: reading only, as the tenant's own role, within bounds. */
import { quoteIdent, quoteLiteral } from '../sql/ident.ts'
import type { FlightMessage } from '../session/fleet-connection.ts'

export type Cage = {
  readonly schema: string
  readonly role: string
  /** Behind the tenant's own in the path; never `public`. */
  readonly extensionSchemas: readonly string[]
  readonly applicationName: string
}

export const reportBounds = { statementMs: 30_000, lockMs: 2_000, tempKilobytes: 1_048_576, chunkBytes: 32 * 2 ** 20, tenantMs: 60_000 } as const

/** Values as every server writes them alike. */
const spelling: ReadonlyArray<readonly [string, string]> = [
  ['timezone', 'UTC'],
  ['datestyle', 'ISO, YMD'],
  ['intervalstyle', 'postgres'],
  ['extra_float_digits', '1'],
  ['bytea_output', 'hex'],
  // Else a backslash could end a string where the check saw none ending.
  ['standard_conforming_strings', 'on'],
  ['xmloption', 'content'],
]

/** For a transaction of the control database that reads what was collected. */
export const spellingStatement = spelling.map(([name, value]) => `SET LOCAL ${name} = ${quoteLiteral(value)}`).join('; ')

const bounds: ReadonlyArray<readonly [string, string]> = [
  ['statement_timeout', String(reportBounds.statementMs)],
  ['lock_timeout', String(reportBounds.lockMs)],
  ['work_mem', '16MB'],
  // Else a hash may take a multiple of it.
  ['hash_mem_multiplier', '1'],
  ['max_parallel_workers_per_gather', '0'],
  ['jit', 'off'],
]

const setting = ([name, value]: readonly [string, string]): string => `pg_catalog.set_config('${name}', ${quoteLiteral(value).trim()}, false)`

/** Once a connection, outside of any transaction: what is the same for every tenant. What only a superuser may bound is bounded where the console is one. */
export const settleSession = `SELECT ${[...spelling, ...bounds].map(setting).join(', ')}, CASE WHEN pg_catalog.current_setting('is_superuser') = 'on' THEN ${setting(['temp_file_limit', String(reportBounds.tempKilobytes)])} END`

/** Back to what it was connected with, for whoever has it next. */
export const unsettleSession = 'RESET ALL; SELECT pg_catalog.pg_advisory_unlock_all()'

/** Where names are looked for, for this transaction. */
export const setPath = ({ schema, extensionSchemas }: Pick<Cage, 'schema' | 'extensionSchemas'>): string =>
  `SET LOCAL search_path = ${[schema, ...extensionSchemas.filter((name) => name !== 'public')].map(quoteIdent).join(', ')}`

/** Takes little, for it is sent for each tenant. The snapshot of the cursor is what keeps READ ONLY from being lifted. */
export const openCage = ({ role, applicationName, ...place }: Cage): string =>
  `BEGIN READ ONLY; ${setPath(place)}; SET LOCAL application_name = ${quoteLiteral(applicationName.slice(0, 63))}; SET LOCAL ROLE ${quoteIdent(role)}`

/** The server refuses a second statement in it by itself. */
export const declareCursor = (statement: string): FlightMessage => ({ text: `DECLARE tenantry_report NO SCROLL CURSOR FOR ${statement}`, how: 'single' })

export const fetchRows = (count: number): FlightMessage => ({ text: `FETCH ${count} FROM tenantry_report`, how: 'raw', mostBytes: reportBounds.chunkBytes })

/** What is left of the tenant's time, for the statements that follow. */
export const leave = (ms: number): string => `SET LOCAL statement_timeout = ${Math.max(1, Math.min(reportBounds.statementMs, ms))}`

/** Also takes back what a setting was made to be for the whole session. */
export const closeCage = 'ROLLBACK'

/** Servers since 16 let nobody become a role by having made it. */
export const letBecome = (role: string, serverVersion: number): readonly string[] => [
  `BEGIN READ WRITE; SET LOCAL lock_timeout = ${reportBounds.lockMs}`,
  `GRANT ${quoteIdent(role)} TO CURRENT_USER${serverVersion >= 160_000 ? ' WITH INHERIT FALSE, SET TRUE' : ''}`,
  'COMMIT',
]
