/** Applies one migration to one target: one transaction, one flight, the history row first. */
import type { AttemptError } from '../contract/views.ts'
import type { FleetConnection, FlightOutcome } from '../session/fleet-connection.ts'
import { quoteIdent, quoteLiteral } from '../sql/ident.ts'
import { classify, codeOf, sqlstate } from '../sql/sqlstate.ts'
import type { Statement } from '../sql/statements.ts'
import type { Span } from '../tracing.ts'
import { attemptError, ownError, type ErrorPlace } from './attempt-error.ts'
import { historyTable, insertAfter, readSummary, selectSummary, type HistorySummary } from './history.ts'
import { mayLeaveState } from './statement-kinds.ts'
import { isRefusal, mayGoAsOne, sendWithin, type Ended, type Quick } from './send-as-one.ts'
import { flightSpans } from './statement-spans.ts'
import type { Step } from './track.ts'
import type { ExecutableMigration } from './types.ts'

export type FlightLimits = {
  readonly lockTimeoutMs: number
  readonly statementTimeoutMs: number
  /** Of all messages together; absent: as long as the longest statement may take, and some more. */
  readonly flightTimeoutMs?: number
}

export const defaultLimits: FlightLimits = { lockTimeoutMs: 1_000, statementTimeoutMs: 10 * 60_000 }

export type Scene = {
  readonly schema: string
  /** Schemas of extensions, after the tenant's own in the search_path; never `public`. */
  readonly extensionSchemas: readonly string[]
  readonly run: number | null
  /** Shown in pg_stat_activity while the flight is on. */
  readonly applicationName: string
  readonly limits: FlightLimits
  /** Of the item; its statements get spans below it. */
  readonly span?: Span
  /** The whole transaction may go as one message, which costs the server and the way a third less; what fails so is tried again statement by statement. */
  readonly quick?: Quick
}

export type ApplyOutcome =
  | { readonly kind: 'applied'; readonly summary: HistorySummary }
  /** The history is not the one that the migration follows, or holds it already; what it says must be read before going on. */
  | { readonly kind: 'recorded_before' }
  | { readonly kind: 'failed'; readonly error: AttemptError }
  /** The connection was lost so late that the transaction may have committed: only the history knows. */
  | { readonly kind: 'unknown'; readonly error: AttemptError }

export type Message = { readonly text: string; readonly place: ErrorPlace }

const own: ErrorPlace = { version: null, file: null, statement: null }

/** READ WRITE, because the session itself is read-only: a message without this BEGIN before it fails. */
export const beginMessage = (scene: Scene): string =>
  [
    'BEGIN READ WRITE',
    `SET LOCAL lock_timeout = ${scene.limits.lockTimeoutMs}`,
    `SET LOCAL statement_timeout = ${scene.limits.statementTimeoutMs}`,
    `SET LOCAL application_name = ${quoteLiteral(scene.applicationName.slice(0, 63))}`,
  ].join('; ')

export const searchPathOf = (scene: Scene): string => [scene.schema, ...scene.extensionSchemas.filter((name) => name !== 'public')].map(quoteIdent).join(', ')

export const statementMessages = (migration: ExecutableMigration): Message[] =>
  migration.statements.map((statement) => ({ text: statement.text, place: { version: migration.version, file: migration.file, statement } }))

export const historyRowOf = (migration: ExecutableMigration, run: number | null, finished = true) => ({
  version: migration.version,
  name: migration.name,
  checksum: migration.checksum,
  run,
  finished,
})

const flightTimeout = ({ limits }: Scene): number => limits.flightTimeoutMs ?? limits.statementTimeoutMs + 30_000

type Refused = { readonly kind: 'refused'; readonly error: Error & { code?: string }; readonly place: ErrorPlace }
type Unknown = { readonly kind: 'unknown'; readonly error: Error & { code?: string } }
type FlightResult = { readonly kind: 'committed'; readonly summary: HistorySummary } | Refused | Unknown

/** Nothing more is asked on a connection of which nobody knows where it stands. */
const giveUp = async (connection: FleetConnection, error: Error & { code?: string }): Promise<Unknown> => {
  await connection.close()
  return { kind: 'unknown', error }
}

const firstFailure = (outcomes: readonly FlightOutcome[], messages: readonly Message[]) => {
  for (const [index, outcome] of outcomes.entries()) {
    if (outcome.ok || codeOf(outcome.error) === sqlstate.transactionAborted) continue
    return { error: outcome.error, place: messages[index]?.place ?? own }
  }
  return null
}

/** Back to what it was when it was opened; DISCARD refuses to run where a transaction is still open. */
export const resetSession = 'DISCARD ALL'

type Sent = { readonly kind: 'committed'; readonly answer: FlightOutcome | undefined } | Refused | Unknown

/** What a statement may have left in the session is thrown away: the next flight is another tenant's. */
const mayLeave = (messages: readonly Message[]): boolean => messages.some(({ place: { statement } }) => statement !== null && mayLeaveState(statement))

const behindOf = (question: string | null, resets: boolean): string[] => [...(question === null ? [] : [question]), ...(resets ? [resetSession] : [])]

/**
 * Sends messages, COMMIT and what is asked behind it in one flight, and says what became of the transaction.
 * The tag of COMMIT is looked at: after an error the server answers it with ROLLBACK, not with an error.
 */
const send = async (connection: FleetConnection, messages: readonly Message[], scene: Scene, question: string | null): Promise<Sent> => {
  const resets = mayLeave(messages)
  const texts = [...messages.map(({ text }) => text), 'COMMIT', ...behindOf(question, resets)]
  const spans = flightSpans(
    scene.span,
    messages.map(({ place }) => place),
  )
  const outcomes = await connection.flight(texts, flightTimeout(scene), spans)
  if (resets && !outcomes.at(-1)?.ok) await connection.close()
  const body = outcomes.slice(0, messages.length)
  const commit = outcomes[messages.length]
  const failure = firstFailure(body, messages)
  if (failure) {
    // Lost before COMMIT was answered: the server may have gone on to execute it.
    if (!isRefusal(failure.error)) return giveUp(connection, failure.error)
    return { kind: 'refused', ...failure }
  }
  if (!commit?.ok) {
    const error = commit?.error ?? new Error('no answer to COMMIT')
    return isRefusal(error) ? { kind: 'refused', error, place: own } : giveUp(connection, error)
  }
  if (commit.command !== 'COMMIT') return { kind: 'refused', error: new Error(`COMMIT was answered with ${commit.command}`), place: own }
  return { kind: 'committed', answer: question === null ? undefined : outcomes[messages.length + 1] }
}

/** A cancel is on its way to this backend, and would meet whatever comes next. */
const overtaken = async (connection: FleetConnection, ended: Exclude<Ended, { readonly kind: 'unknown' }>, question: string | null): Promise<Sent> => {
  if (ended.kind === 'committed' && question !== null) return giveUp(connection, new Error('the connection was given up before the history was read back'))
  if (ended.kind === 'undone') return giveUp(connection, ended.error)
  await connection.close()
  return { kind: 'committed', answer: undefined }
}

/** @returns null where it is to go statement by statement, which tells where it fails */
const asOne = async (connection: FleetConnection, messages: readonly Message[], scene: Scene, quick: Quick, question: string | null): Promise<Sent | null> => {
  const resets = mayLeave(messages)
  const began = performance.now()
  const { ended, cancelled } = await sendWithin(
    connection,
    messages.map(({ text }) => text),
    flightTimeout(scene),
    quick,
  )
  if (ended.kind === 'unknown') return giveUp(connection, ended.error)
  if (cancelled === 'unanswered') return overtaken(connection, ended, question)
  if (ended.kind === 'committed') {
    const behind = behindOf(question, resets)
    const outcomes = behind.length === 0 ? [] : await connection.flight(behind, flightTimeout(scene))
    if (resets && !outcomes.at(-1)?.ok) await connection.close()
    return { kind: 'committed', answer: question === null ? undefined : outcomes[0] }
  }
  const code = codeOf(ended.error)
  const isTimedOut = cancelled === 'sent' || performance.now() - began >= scene.limits.statementTimeoutMs
  // Waiting mends it, and the next try tells where; or somebody has put an end to it.
  const isEnded = classify(code) === 'transient' || (code === sqlstate.queryCanceled && !isTimedOut)
  // What a rollback leaves, such as a prepared statement, would be in the way of the next try too.
  const [reset] = resets ? await connection.flight([resetSession], flightTimeout(scene)) : []
  if (reset?.ok === false) return giveUp(connection, ended.error)
  return isEnded ? { kind: 'refused', error: ended.error, place: own } : null
}

const read = (connection: FleetConnection, answer: FlightOutcome | undefined): Promise<Unknown> | { kind: 'committed'; summary: HistorySummary } => {
  const row = answer?.ok ? answer.rows[0] : undefined
  if (!row) return giveUp(connection, answer && !answer.ok ? answer.error : new Error('the history could not be read back'))
  return { kind: 'committed', summary: readSummary(row) }
}

/** A transaction with the history read back in the same flight. */
export const fly = async (connection: FleetConnection, messages: readonly Message[], scene: Scene): Promise<FlightResult> => {
  const sent = await send(connection, messages, scene, selectSummary(scene.schema))
  return sent.kind === 'committed' ? read(connection, sent.answer) : sent
}

/**
 * A transaction that goes as one message where its scene is quick.
 * @param after what the history holds then where that follows from what it held before; null: it is read back
 */
export const flyKnown = async (
  connection: FleetConnection,
  messages: readonly Message[],
  scene: Scene,
  after: HistorySummary | null,
): Promise<FlightResult> => {
  const question = after === null ? selectSummary(scene.schema) : null
  const isWhole = scene.span?.isRecording() !== true && mayGoAsOne(messages.flatMap(({ place }) => place.statement ?? []))
  const quick = isWhole ? scene.quick : undefined
  const sent = (quick ? await asOne(connection, messages, scene, quick, question) : null) ?? (await send(connection, messages, scene, question))
  if (sent.kind !== 'committed') return sent
  return after === null ? read(connection, sent.answer) : { kind: 'committed', summary: after }
}

/** They name the history, or call what may write anywhere: what the history holds afterwards does not follow from what it held before. */
export const mayTouchHistory = (statements: readonly Statement[]): boolean =>
  statements.some((statement) => mayLeaveState(statement) || statement.text.toLowerCase().includes(historyTable))

/** The history held what it had to when the row was added to it, and the transaction committed: nothing of it needs to be read to know it. */
const summaryAfter = ({ after, applied }: Step, { version }: ExecutableMigration, run: number | null): HistorySummary => ({
  applied,
  version,
  digest: after,
  lastRun: run,
  unfinished: null,
})

const guardCodes: readonly string[] = [sqlstate.uniqueViolation, sqlstate.notNullViolation, sqlstate.undefinedTable, sqlstate.undefinedSchema]

/** The row is there already, or the history is another one than it would have followed, or is not there. */
const isGuard = ({ error, place }: Refused): boolean => place.version !== null && place.statement === null && guardCodes.includes(codeOf(error))

/**
 * Applies one transactional migration where the history is the one that it follows.
 * @param step what the history must hold before, in the transaction itself, and afterwards
 */
export const applyMigration = async (connection: FleetConnection, migration: ExecutableMigration, step: Step, scene: Scene): Promise<ApplyOutcome> => {
  const place: ErrorPlace = { version: migration.version, file: migration.file, statement: null }
  const guard = [insertAfter(scene.schema, step.before, historyRowOf(migration, scene.run)), `SET LOCAL search_path = ${searchPathOf(scene)}`]
  const messages = [{ text: [beginMessage(scene), ...guard].join('; '), place }, ...statementMessages(migration)]
  const after = mayTouchHistory(migration.statements) ? null : summaryAfter(step, migration, scene.run)
  const result = await flyKnown(connection, messages, scene, after)
  if (result.kind === 'committed') {
    if (result.summary.digest === step.after) return { kind: 'applied', summary: result.summary }
    return {
      kind: 'failed',
      error: ownError(
        'history_mismatch',
        `The transaction committed, but the history of “${scene.schema}” is not the one expected after ${migration.version}.`,
        place,
        'Observe the tenant and look at its history: something else writes to it.',
      ),
    }
  }
  if (result.kind === 'unknown') return { kind: 'unknown', error: attemptError(result.error, place, scene.schema) }
  if (isGuard(result)) return { kind: 'recorded_before' }
  // COMMIT is nobody's statement, but it is this migration's.
  return { kind: 'failed', error: attemptError(result.error, result.place.version === null ? place : result.place, scene.schema) }
}
