/** The table `tenantry_history` inside each target's own schema: the truth about what was applied there. */
import { chunks } from '../session/chunks.ts'
import type { FleetConnection } from '../session/fleet-connection.ts'
import { quoteLiteral, quoteQualified } from '../sql/ident.ts'
import { classify, codeOf, sqlstate } from '../sql/sqlstate.ts'
import { emptyDigest } from './digest.ts'

export const historyTable = 'tenantry_history'

/** The same throughout one statement, whatever order it is evaluated in: nothing has ended before it began. */
const moment = 'statement_timestamp()'

export const createHistory = (schema: string): string =>
  `CREATE TABLE ${quoteQualified(schema, historyTable)} (
  version text COLLATE "C" PRIMARY KEY,
  name text NOT NULL,
  checksum text NOT NULL,
  run bigint,
  baseline boolean NOT NULL DEFAULT false,
  applied_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  finished_at timestamptz,
  statements_done integer NOT NULL DEFAULT 0
)`

export type HistoryRow = {
  readonly version: string
  readonly name: string
  readonly checksum: string
  readonly run: number | null
  readonly baseline?: boolean
  /** false: a transaction=off migration that starts now. */
  readonly finished: boolean
}

/** Fails with a unique violation when the version is recorded already: the guard of at most once. */
export const insertHistory = (schema: string, rows: readonly HistoryRow[]): string => {
  const values = rows.map(
    ({ version, name, checksum, run, baseline, finished }) =>
      `(${[quoteLiteral(version), quoteLiteral(name), quoteLiteral(checksum), run ?? 'NULL', baseline === true, moment, finished ? moment : 'NULL'].join(', ')})`,
  )
  return `INSERT INTO ${quoteQualified(schema, historyTable)} (version, name, checksum, run, baseline, applied_at, finished_at) VALUES ${values.join(', ')}`
}

/**
 * Adds a finished row where the finished rows before have this digest; else the row has no version, which is refused as a NULL in `version`. Fails with a unique
 * violation when the version is there already: the guard of at most once.
 */
export const insertAfter = (schema: string, before: string, { version, name, checksum, run }: HistoryRow): string => {
  const table = quoteQualified(schema, historyTable)
  return (
    `INSERT INTO ${table} (version, name, checksum, run, applied_at, finished_at) SELECT CASE WHEN ${digestExpression} = ${quoteLiteral(before)} THEN ${quoteLiteral(version)} END, ` +
    `${quoteLiteral(name)}, ${quoteLiteral(checksum)}, ${run ?? 'NULL'}, ${moment}, ${moment} FROM ${table}`
  )
}

export const markStatement = (schema: string, version: string, done: number): string =>
  `UPDATE ${quoteQualified(schema, historyTable)} SET statements_done = ${done} WHERE version = ${quoteLiteral(version)}`

export const markFinished = (schema: string, version: string): string =>
  `UPDATE ${quoteQualified(schema, historyTable)} SET finished_at = clock_timestamp() WHERE version = ${quoteLiteral(version)}`

/** What a history says, in one row. The digest is that of `migrations/digest.ts`. */
export type HistorySummary = {
  readonly applied: number
  readonly version: string | null
  readonly digest: string
  /** The run that applied the newest version; null when it was none of Tenantry's. */
  readonly lastRun: number | null
  /** A transaction=off migration that has started and not finished. */
  readonly unfinished: { readonly version: string; readonly checksum: string; readonly statementsDone: number } | null
}
/** null: there is no such schema. `history: null`: the schema holds no history table. */
export type TargetSummary = { readonly history: HistorySummary | null } | null

type SummaryRow = {
  applied: string
  /** `version run` of the newest version; the run is empty when it was none of Tenantry's. */
  newest: string | null
  digest: string
  /** `version statements checksum` of what has started and not finished. */
  unfinished: string | null
}

const finished = 'FILTER (WHERE finished_at IS NOT NULL)'
/** A table that somebody else made may sort its versions otherwise; `byVersion` and the digest do not. */
const collated = 'COLLATE "C"'
export const digestExpression = `encode(sha256(convert_to(coalesce(string_agg(version || ':' || checksum, ',' ORDER BY version ${collated}) ${finished}, ''), 'UTF8')), 'hex')`

/** As few aggregates as can say it. A blank sorts below whatever goes on a version, so the greatest text is the newest version's. */
const summaryColumns =
  `count(finished_at) AS applied, max((version || ' ' || coalesce(run::text, '')) ${collated}) ${finished} AS newest, ${digestExpression} AS digest, ` +
  `max((version || ' ' || statements_done || ' ' || checksum) ${collated}) FILTER (WHERE finished_at IS NULL) AS unfinished`

/** One row: the summary of one schema's history. */
export const selectSummary = (schema: string): string => `SELECT ${summaryColumns} FROM ${quoteQualified(schema, historyTable)}`

/**
 * A row for each history that has any, marked with its place among the schemas. Each history is planned anew, and planning is most of what it costs: so the aggregates
 * stand once, over all rows of the batch, which takes a fifth less than a summary a schema.
 */
const selectSummaries = (schemas: readonly string[]): string => {
  const rows = schemas.map(
    (schema, place) => `SELECT ${place} AS i, version, checksum, run, finished_at, statements_done FROM ${quoteQualified(schema, historyTable)}`,
  )
  return `SELECT i, ${summaryColumns} FROM (${rows.join(' UNION ALL ')}) AS histories GROUP BY i`
}

const readUnfinished = (text: string): HistorySummary['unfinished'] => {
  const [, version = text, done = '0', checksum = ''] = /^(.*) (\d+) (.*)$/s.exec(text) ?? []
  return { version, checksum, statementsDone: Number(done) }
}

export const readSummary = (row: object): HistorySummary => {
  const { applied, newest, digest, unfinished } = row as SummaryRow
  const blank = newest?.lastIndexOf(' ') ?? -1
  const run = newest?.slice(blank + 1) ?? ''
  return {
    applied: Number(applied),
    version: newest?.slice(0, blank) ?? null,
    digest,
    lastRun: run === '' ? null : Number(run),
    unfinished: unfinished === null || unfinished === undefined ? null : readUnfinished(unfinished),
  }
}

/** Each batch is its own transaction, so that locks stay bounded whatever the size of the fleet; a longer UNION costs more to plan for each of its parts. */
const batchSize = 50
const catalogBatch = 1000

type CatalogRow = { nspname: string; has_history: boolean | string }

/** Schemas that there are, and whether they hold a history: a table, and nothing that would run something when it is read. */
export type HistoryCatalog = ReadonlyMap<string, boolean>

const usualTimeoutMs = 30_000

export const readCatalog = async (connection: FleetConnection, schemas: readonly string[], timeoutMs: number = usualTimeoutMs): Promise<HistoryCatalog> => {
  const found = new Map<string, boolean>()
  for (const chunk of chunks(schemas, catalogBatch)) {
    const rows = await connection.query<CatalogRow>(
      `SELECT n.nspname, c.oid IS NOT NULL AS has_history FROM pg_namespace n ` +
        `LEFT JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = ${quoteLiteral(historyTable)} AND c.relkind IN ('r', 'p') ` +
        `WHERE n.nspname = ANY (ARRAY[${chunk.map(quoteLiteral).join(', ')}]::name[])`,
      timeoutMs,
    )
    for (const row of rows) found.set(row.nspname, row.has_history === true || row.has_history === 't')
  }
  return found
}

const emptyHistory: HistorySummary = { applied: 0, version: null, digest: emptyDigest, lastRun: null, unfinished: null }

type Unread = (schema: string, error: unknown) => void

const readOne = async (connection: FleetConnection, schema: string, timeoutMs: number): Promise<TargetSummary> => {
  try {
    const [row] = await connection.query(selectSummary(schema), timeoutMs)
    return { history: row ? readSummary(row) : null }
  } catch (error) {
    const code = codeOf(error)
    if (code === sqlstate.undefinedTable || code === sqlstate.undefinedSchema) return { history: null }
    throw error
  }
}

/** What keeps one history from being read (a lock, a right, a schema that goes meanwhile) must not hide the others of its batch. */
const readBatch = async (connection: FleetConnection, schemas: readonly string[], timeoutMs: number, unread: Unread): Promise<Map<string, TargetSummary>> => {
  const found = new Map<string, TargetSummary>()
  try {
    const rows = await connection.query<SummaryRow & { i: string | number }>(selectSummaries(schemas), timeoutMs)
    const summaries = new Map(rows.map((row) => [Number(row.i), readSummary(row)]))
    for (const [place, schema] of schemas.entries()) found.set(schema, { history: summaries.get(place) ?? emptyHistory })
    return found
  } catch (error) {
    if (classify(codeOf(error)) === 'connection') throw error
  }
  for (const schema of schemas) {
    try {
      found.set(schema, await readOne(connection, schema, timeoutMs))
    } catch (error) {
      if (classify(codeOf(error)) === 'connection') throw error
      unread(schema, error)
    }
  }
  return found
}

/**
 * Reads the histories of many schemas of one database, set-based and in bounded batches.
 * @param unread called for each history that could not be read, which is then missing from the answer
 * @param known what `readCatalog` has just said of them, where that was asked for more of them at once
 * @throws the connection's error when it breaks
 */
export const readSummaries = async (
  connection: FleetConnection,
  schemas: readonly string[],
  unread: Unread,
  known?: HistoryCatalog,
): Promise<Map<string, TargetSummary>> => {
  const timeoutMs = usualTimeoutMs
  const catalog = known ?? (await readCatalog(connection, schemas))
  const result = new Map<string, TargetSummary>()
  for (const schema of schemas) if (catalog.get(schema) !== true) result.set(schema, catalog.has(schema) ? { history: null } : null)
  const readable = schemas.filter((schema) => catalog.get(schema) === true)
  for (const chunk of chunks(readable, batchSize))
    for (const [schema, summary] of await readBatch(connection, chunk, timeoutMs, unread)) result.set(schema, summary)
  return result
}

/**
 * One target's history; null when there is no such schema.
 * @throws what kept it from being read
 */
export const readTarget = async (connection: FleetConnection, schema: string): Promise<TargetSummary> => {
  const found = await readSummaries(connection, [schema], (_, error) => {
    throw error
  })
  return found.get(schema) ?? null
}

export type FullHistoryRow = {
  readonly version: string
  readonly name: string
  readonly checksum: string
  readonly run: number | null
  readonly baseline: boolean
  readonly appliedAt: string
  readonly finishedAt: string | null
  readonly statementsDone: number
}

/** All rows of one history, in order of version. */
export const readHistory = async (connection: FleetConnection, schema: string): Promise<FullHistoryRow[]> => {
  type Row = {
    version: string
    name: string
    checksum: string
    run: string | null
    baseline: string
    applied_at: string
    finished_at: string | null
    done: string
  }
  const iso = (column: string) => `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`
  const rows = await connection.query<Row>(
    `SELECT version, name, checksum, run::text AS run, baseline::text AS baseline, ${iso('applied_at')} AS applied_at, ${iso('finished_at')} AS finished_at, ` +
      `statements_done::text AS done FROM ${quoteQualified(schema, historyTable)} ORDER BY version`,
  )
  return rows.map((row) => ({
    version: row.version,
    name: row.name,
    checksum: row.checksum,
    run: row.run === null ? null : Number(row.run),
    baseline: row.baseline === 'true',
    appliedAt: row.applied_at,
    finishedAt: row.finished_at,
    statementsDone: Number(row.done),
  }))
}
