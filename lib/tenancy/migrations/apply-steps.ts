/**
 * Applies a `transaction=off` migration: its statements commit one by one, so each leaves a mark of its own in the history. What can run in a
 * transaction commits together with its mark; CREATE INDEX CONCURRENTLY and its like are marked afterwards and looked at before a second try.
 */
import { connectFleet, type FleetConnection } from '../session/fleet-connection.ts'
import { quoteLiteral, quoteQualified } from '../sql/ident.ts'
import { classify, codeOf, sqlstate } from '../sql/sqlstate.ts'
import type { Statement } from '../sql/statements.ts'
import { attemptError, ownError, type ErrorPlace } from './attempt-error.ts'
import { beginMessage, historyRowOf, searchPathOf, type ApplyOutcome, type Scene } from './apply.ts'
import { insertHistory, markFinished, markStatement, readSummary, selectSummary, type HistorySummary } from './history.ts'
import { isConcurrent, indexOf } from './statement-kinds.ts'
import type { ExecutableMigration } from './types.ts'

/** Waiting for other tenants' snapshots is normal for a concurrent build, so it may wait far longer than a transactional step. */
const concurrentLockTimeoutMs = 10 * 60_000

type Steps = { readonly migration: ExecutableMigration; readonly scene: Scene; readonly connection: FleetConnection; readonly resumedAt: number | null }

class StepError extends Error {
  readonly place: ErrorPlace
  constructor(cause: unknown, place: ErrorPlace) {
    super(cause instanceof Error ? cause.message : String(cause), { cause })
    this.place = place
  }
}

const run = async (connection: FleetConnection, scene: Scene, text: string): Promise<void> => {
  await connection.query(text, scene.limits.statementTimeoutMs + concurrentLockTimeoutMs)
}

/** One message a statement, so that PostgreSQL's error position counts inside the statement. */
const runInTransaction = async (connection: FleetConnection, scene: Scene, texts: readonly string[]): Promise<void> => {
  const outcomes = await connection.flight([beginMessage(scene), ...texts, 'COMMIT'], scene.limits.statementTimeoutMs + 30_000)
  const failed = outcomes.find((outcome) => !outcome.ok && codeOf(outcome.error) !== sqlstate.transactionAborted)
  if (failed && !failed.ok) throw failed.error
  const commit = outcomes.at(-1)
  if (!commit?.ok || commit.command !== 'COMMIT') throw new Error('COMMIT was answered with ROLLBACK')
}

/** Only while a statement that cannot run in a transaction needs it: see connectFleet. */
const writable = async (connection: FleetConnection, scene: Scene, text: string): Promise<void> => {
  await run(connection, scene, 'SET default_transaction_read_only = off')
  await run(connection, scene, text)
  await run(connection, scene, 'SET default_transaction_read_only = on')
}

type IndexState = { readonly valid: boolean } | null

const readIndex = async (connection: FleetConnection, schema: string, name: string, table: string): Promise<IndexState> => {
  const rows = await connection.query<{ valid: boolean | string }>(
    `SELECT i.indisvalid AND i.indisready AS valid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid ` +
      `JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = ${quoteLiteral(schema)} AND c.relname = ${quoteLiteral(name)} AND t.relname = ${quoteLiteral(table)}`,
  )
  const [row] = rows
  return row ? { valid: row.valid === true || row.valid === 't' } : null
}

/** An invalid index of the statement's own name is what an earlier try left; IF NOT EXISTS would accept it silently. */
const runConcurrent = async ({ connection, scene, resumedAt }: Steps, statement: Statement, position: number, place: ErrorPlace): Promise<void> => {
  const index = indexOf(statement)
  if (index) {
    const existing = await readIndex(connection, scene.schema, index.name, index.table)
    if (existing && !existing.valid) await writable(connection, scene, `DROP INDEX CONCURRENTLY ${quoteQualified(scene.schema, index.name)}`)
    // Built by a try that died before it could write its mark.
    if (existing?.valid && resumedAt === position) return
  }
  await writable(connection, scene, statement.text)
  if (!index) return
  const built = await readIndex(connection, scene.schema, index.name, index.table)
  if (!built?.valid)
    throw new StepError(
      Object.assign(new Error(`Index “${index.name}” is ${built ? 'invalid' : 'not there'} after CREATE INDEX CONCURRENTLY.`), { code: 'invalid_index' }),
      place,
    )
}

const runStatements = async (steps: Steps): Promise<void> => {
  const { migration, scene, connection } = steps
  for (const [position, statement] of migration.statements.entries()) {
    if (position < (steps.resumedAt ?? 0)) continue
    const place: ErrorPlace = { version: migration.version, file: migration.file, statement }
    const mark = markStatement(scene.schema, migration.version, position + 1)
    try {
      if (isConcurrent(statement)) {
        await runConcurrent(steps, statement, position, place)
        await runInTransaction(connection, scene, [mark])
      } else await runInTransaction(connection, scene, [statement.text, mark])
    } catch (error) {
      throw error instanceof StepError ? error : new StepError(error, place)
    }
  }
  await runInTransaction(connection, scene, [markFinished(scene.schema, migration.version)])
}

/**
 * @param url of the target's database: the steps need a session of their own, which is closed afterwards
 * @param before the history as read; its unfinished row, if it is this migration's, says where to go on
 */
export const applySteps = async (
  url: string,
  migration: ExecutableMigration,
  expected: string,
  scene: Scene,
  before: HistorySummary,
  prepare: readonly string[] = [],
): Promise<ApplyOutcome> => {
  const place: ErrorPlace = { version: migration.version, file: migration.file, statement: null }
  const half = before.unfinished?.version === migration.version ? before.unfinished : null
  if (half && half.checksum !== migration.checksum)
    return { kind: 'failed', error: ownError('half_done_edited', `${migration.version} is half done with another content than the set’s.`, place, 'Finish or undo it by hand in the tenant’s schema.') }
  let connection: FleetConnection
  try {
    connection = await connectFleet(url, { applicationName: scene.applicationName, statementTimeoutMs: scene.limits.statementTimeoutMs })
  } catch (error) {
    return { kind: 'failed', error: attemptError(error, place, scene.schema) }
  }
  try {
    await run(connection, scene, [`SET search_path = ${searchPathOf(scene)}`, `SET lock_timeout = ${concurrentLockTimeoutMs}`].join('; '))
    if (!half) await runInTransaction(connection, scene, [...prepare, insertHistory(scene.schema, [historyRowOf(migration, scene.run, false)])])
    await runStatements({ migration, scene, connection, resumedAt: half ? half.statementsDone : null })
    const [row] = await connection.query(selectSummary(scene.schema))
    const summary = readSummary(row ?? {})
    if (summary.digest !== expected)
      return { kind: 'failed', error: ownError('history_mismatch', `The history of “${scene.schema}” is not the one expected after ${migration.version}.`, place) }
    return { kind: 'applied', summary }
  } catch (error) {
    return outcomeOf(error, place, scene)
  } finally {
    await connection.close()
  }
}

const outcomeOf = (error: unknown, place: ErrorPlace, scene: Scene): ApplyOutcome => {
  const cause = error instanceof StepError ? error.cause : error
  const code = codeOf(cause)
  const described = attemptError(cause, error instanceof StepError ? error.place : place, scene.schema)
  if (classify(code) === 'connection') return { kind: 'unknown', error: described }
  if (code === sqlstate.uniqueViolation && described.table === 'tenantry_history') return { kind: 'recorded_before' }
  return { kind: 'failed', error: described }
}

