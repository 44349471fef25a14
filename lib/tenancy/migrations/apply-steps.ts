/**
 * Applies a `transaction=off` migration: its statements commit one by one, so each leaves a mark of its own in the history. What can run in a
 * transaction commits together with its mark; CREATE INDEX CONCURRENTLY and its like are marked afterwards and looked at before a second try.
 */
import type { FleetConnection } from '../session/fleet-connection.ts'
import { quoteLiteral, quoteQualified } from '../sql/ident.ts'
import { codeOf, sqlstate } from '../sql/sqlstate.ts'
import type { Statement } from '../sql/statements.ts'
import { attemptError, ownError, type ErrorPlace } from './attempt-error.ts'
import { beginMessage, historyRowOf, resetSession, searchPathOf, type ApplyOutcome, type Scene } from './apply.ts'
import { isRefusal } from './send-as-one.ts'
import { insertHistory, markFinished, markStatement, readSummary, selectSummary } from './history.ts'
import { droppedIndexes, indexOf, isConcurrent, type IndexName } from './statement-kinds.ts'
import { inStatementSpan } from './statement-spans.ts'
import type { Step } from './track.ts'
import type { ExecutableMigration } from './types.ts'

/** Waiting for other tenants' snapshots is normal for a concurrent build, so it may wait far longer than a transactional step. */
const concurrentLockTimeoutMs = 10 * 60_000

type Steps = { readonly migration: ExecutableMigration; readonly scene: Scene; readonly connection: FleetConnection; readonly resumedAt: number | null }

/** Found by looking at what the server answered. */
class StepProblem extends Error {
  readonly code: string
  constructor(message: string, code: string) {
    super(message)
    this.code = code
  }
}

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
  if (!commit?.ok || commit.command !== 'COMMIT') throw new StepProblem('COMMIT was answered with ROLLBACK', 'unknown')
}

/** Only while a statement that cannot run in a transaction needs it: see connectFleet. */
const writable = async (connection: FleetConnection, scene: Scene, text: string): Promise<void> => {
  await run(connection, scene, 'SET default_transaction_read_only = off')
  await run(connection, scene, text)
  await run(connection, scene, 'SET default_transaction_read_only = on')
}

/** `isLater`: it came after the last mark in the history, and with that after whatever kept the statement from running before. */
type IndexState = { readonly valid: boolean; readonly isLater: boolean } | null

const isTrue = (value: boolean | string | undefined): boolean => value === true || value === 't'

const readIndex = async (connection: FleetConnection, schema: string, version: string, { name, table }: IndexName): Promise<IndexState> => {
  const marked = `SELECT age(h.xmin) FROM ${quoteQualified(schema, 'tenantry_history')} h WHERE h.version = ${quoteLiteral(version)}`
  const rows = await connection.query<{ valid: boolean | string; later: boolean | string }>(
    `SELECT i.indisvalid AND i.indisready AS valid, age(c.xmin) < (${marked}) AS later FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid ` +
      `JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = ${quoteLiteral(schema)} AND c.relname = ${quoteLiteral(name)} AND t.relname = ${quoteLiteral(table)}`,
  )
  const [row] = rows
  return row ? { valid: isTrue(row.valid), isLater: isTrue(row.later) } : null
}

const areGone = async (connection: FleetConnection, schema: string, names: readonly string[]): Promise<boolean> => {
  const rows = await connection.query(
    `SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = ${quoteLiteral(schema)} AND c.relname = ANY (ARRAY[${names.map(quoteLiteral).join(', ')}]::name[])`,
  )
  return rows.length === 0
}

const dropInvalid = (connection: FleetConnection, scene: Scene, name: string): Promise<void> =>
  writable(connection, scene, `DROP INDEX CONCURRENTLY ${quoteQualified(scene.schema, name)}`)

/** What REINDEX CONCURRENTLY leaves behind where it ends early, by the names that the server gives it. */
const dropHalfReindexed = async (connection: FleetConnection, scene: Scene): Promise<void> => {
  const rows = await connection.query<{ name: string }>(
    `SELECT c.relname AS name FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace ` +
      `WHERE n.nspname = ${quoteLiteral(scene.schema)} AND NOT i.indisvalid AND c.relname ~ '_cc(new|old)[0-9]*$' ORDER BY 1`,
  )
  for (const { name } of rows) await dropInvalid(connection, scene, name)
}

/** An invalid index of the statement's own name is what an earlier try left; IF NOT EXISTS would accept it silently. */
const runConcurrent = async ({ connection, scene, migration, resumedAt }: Steps, statement: Statement, position: number, place: ErrorPlace): Promise<void> => {
  const isTriedAgain = resumedAt === position
  const dropped = droppedIndexes(statement)
  // Dropped by a try that died before it could write its mark.
  if (dropped.length > 0 && isTriedAgain && (await areGone(connection, scene.schema, dropped))) return
  if (statement.kind === 'ReindexStmt' && isTriedAgain) await dropHalfReindexed(connection, scene)
  const index = indexOf(statement)
  if (index) {
    const existing = await readIndex(connection, scene.schema, migration.version, index)
    if (existing && !existing.valid) await dropInvalid(connection, scene, index.name)
    // Built by a try that died before it could write its mark; one that was in the way of that try is older.
    if (existing?.valid && existing.isLater && isTriedAgain) return
  }
  await writable(connection, scene, statement.text)
  if (!index) return
  const built = await readIndex(connection, scene.schema, migration.version, index)
  if (!built?.valid)
    throw new StepError(new StepProblem(`Index “${index.name}” is ${built ? 'invalid' : 'not there'} after CREATE INDEX CONCURRENTLY.`, 'invalid_index'), place)
}

const runStatements = async (steps: Steps): Promise<void> => {
  const { migration, scene, connection } = steps
  for (const [position, statement] of migration.statements.entries()) {
    if (position < (steps.resumedAt ?? 0)) continue
    const place: ErrorPlace = { version: migration.version, file: migration.file, statement }
    const mark = markStatement(scene.schema, migration.version, position + 1)
    try {
      await inStatementSpan(scene.span, place, async () => {
        if (isConcurrent(statement)) {
          await runConcurrent(steps, statement, position, place)
          await runInTransaction(connection, scene, [mark])
        } else await runInTransaction(connection, scene, [statement.text, mark])
      })
    } catch (error) {
      throw error instanceof StepError ? error : new StepError(error, place)
    }
  }
  await runInTransaction(connection, scene, [markFinished(scene.schema, migration.version)])
}

/** Settings of the whole session, which `putBack` takes away again: each step is a transaction of its own, or none. */
const setUp = (scene: Scene): string =>
  [
    `SET application_name = ${quoteLiteral(scene.applicationName.slice(0, 63))}`,
    `SET search_path = ${searchPathOf(scene)}`,
    `SET lock_timeout = ${concurrentLockTimeoutMs}`,
    `SET statement_timeout = ${scene.limits.statementTimeoutMs}`,
  ].join('; ')

/** The session becomes what it was when it was opened; one that cannot is closed. */
const putBack = async (connection: FleetConnection): Promise<void> => {
  if (connection.dead) return
  await connection.query(resetSession).catch(() => connection.close())
}

/** Held by the session: a conductor that slept may wake up in the middle of the steps that another one goes on with. Never waited for, since a waiting query would hold up CONCURRENTLY. */
const tryLock = async (connection: FleetConnection, schema: string): Promise<boolean> => {
  const [row] = await connection.query<{ locked: boolean | string }>(
    `SELECT pg_try_advisory_lock(hashtext('tenantry:steps'), hashtext(${quoteLiteral(schema)})) AS locked`,
  )
  return row?.locked === true || row?.locked === 't'
}

/**
 * @param step what the history must hold before, else the answer is `recorded_before`, and afterwards
 */
export const applySteps = async (connection: FleetConnection, migration: ExecutableMigration, step: Step, scene: Scene): Promise<ApplyOutcome> => {
  const place: ErrorPlace = { version: migration.version, file: migration.file, statement: null }
  try {
    await run(connection, scene, setUp(scene))
    if (!(await tryLock(connection, scene.schema)))
      return { kind: 'failed', error: ownError(sqlstate.lockNotAvailable, `Another session is running the steps of a migration in “${scene.schema}”.`, place) }
    const [now] = await connection.query(selectSummary(scene.schema))
    const { digest, unfinished } = readSummary(now ?? {})
    if (digest !== step.before) return { kind: 'recorded_before' }
    const half = unfinished?.version === migration.version ? unfinished : null
    if (half && half.checksum !== migration.checksum)
      return {
        kind: 'failed',
        error: ownError(
          'half_done_edited',
          `${migration.version} is half done with another content than the set’s.`,
          place,
          'Finish or undo it by hand in the tenant’s schema.',
        ),
      }
    if (!half) await runInTransaction(connection, scene, [insertHistory(scene.schema, [historyRowOf(migration, scene.run, false)])])
    await runStatements({ migration, scene, connection, resumedAt: half ? half.statementsDone : null })
    const [row] = await connection.query(selectSummary(scene.schema))
    const summary = readSummary(row ?? {})
    if (summary.digest !== step.after)
      return {
        kind: 'failed',
        error: ownError('history_mismatch', `The history of “${scene.schema}” is not the one expected after ${migration.version}.`, place),
      }
    return { kind: 'applied', summary }
  } catch (error) {
    return outcomeOf(error, place, scene)
  } finally {
    await putBack(connection)
  }
}

const outcomeOf = (error: unknown, place: ErrorPlace, scene: Scene): ApplyOutcome => {
  const cause = error instanceof StepError ? error.cause : error
  const code = codeOf(cause)
  const described = attemptError(cause, error instanceof StepError ? error.place : place, scene.schema)
  // What the driver or the socket says is no answer of the server's.
  if (!isRefusal(cause) && !(cause instanceof StepProblem)) return { kind: 'unknown', error: described }
  if (code === sqlstate.uniqueViolation && described.table === 'tenantry_history') return { kind: 'recorded_before' }
  return { kind: 'failed', error: described }
}
