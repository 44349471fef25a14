/**
 * A first pass over a whole fleet: one digest a schema, made by the server. Schemas with the same one on servers of the same major version have the same structure.
 * Different ones may have the same structure nevertheless, if they came to it by different ways.
 */
import type { FleetConnection } from '../../session/fleet-connection.ts'
import { quoteLiteral } from '../../sql/ident.ts'
import { codeOf, sqlstate } from '../../sql/sqlstate.ts'
import { planSettings } from './catalog.ts'
import type { Place } from './questions.ts'
import { databaseSql, traceLines, tracePrelude } from './trace-lines.ts'

const batchSize = 500
const timeoutMs = 60_000

/** What is printed may have to wait for whoever changes a table just now, and with it all others of its batch. */
const waitMs = 200

const valuesOf = (places: readonly Place[]): string =>
  places.map(({ schema, role }) => `(${quoteLiteral(schema)}::name, ${role === null ? 'NULL' : quoteLiteral(role)}::text)`).join(', ')

/** One schema after the other, each under its own path: the query within is run anew for each, by a plan that is made once. */
const traceSql = (places: readonly Place[], version: number): string => `
SELECT p.schema, (WITH ${tracePrelude}
    SELECT encode(sha256(convert_to(string_agg(x.line, E'\\n' ORDER BY x.line COLLATE "C"), getdatabaseencoding())), 'hex') FROM (${traceLines(version)}) x) AS trace
FROM (SELECT v.schema, v.role, once.* FROM (VALUES ${valuesOf(places)}) AS v(schema, role), (${databaseSql}) once) p`

type Row = { readonly schema: string; readonly trace: string | null }

const traceBatch = async (connection: FleetConnection, places: readonly Place[], version: number): Promise<Row[]> => {
  const begin = `BEGIN READ ONLY; SET LOCAL lock_timeout = ${waitMs}; SET LOCAL search_path = pg_catalog; ${planSettings}`
  const [begun, traced, ended] = await connection.flight([begin, traceSql(places, version), 'COMMIT'], timeoutMs)
  for (const outcome of [begun, traced, ended]) if (outcome && !outcome.ok) throw outcome.error
  return traced?.ok ? (traced.rows as Row[]) : []
}

/** A lock, or that something was dropped between being found and being printed: PostgreSQL says so in many ways. */
const passing: ReadonlySet<string> = new Set([
  sqlstate.lockNotAvailable,
  sqlstate.deadlock,
  sqlstate.undefinedTable,
  sqlstate.undefinedSchema,
  '42704',
  '42883',
  'XX000',
])

/** What keeps one schema from being read must not hide the others of its batch. */
const traceEach = async (connection: FleetConnection, places: readonly Place[], version: number): Promise<Row[]> => {
  try {
    return await traceBatch(connection, places, version)
  } catch (error) {
    if (connection.dead || !passing.has(codeOf(error))) throw error
    if (places.length === 1) return []
  }
  const half = Math.ceil(places.length / 2)
  return [...(await traceEach(connection, places.slice(0, half), version)), ...(await traceEach(connection, places.slice(half), version))]
}

/**
 * @param serverVersion server_version_num
 * @returns by schema, in hex; without those that are not there, and those that could not be read because somebody changes them just now
 * @throws the connection's error when it breaks
 */
export const traceSchemas = async (connection: FleetConnection, places: readonly Place[], serverVersion: number): Promise<Map<string, string>> => {
  const found = new Map<string, string>()
  for (let start = 0; start < places.length; start += batchSize)
    for (const { schema, trace } of await traceEach(connection, places.slice(start, start + batchSize), serverVersion))
      if (trace !== null) found.set(schema, trace)
  return found
}
