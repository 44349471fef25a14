/** One tenant's answer: the SELECT inside its cage, as rows of text. Outcomes are data; only lost connections are thrown. */
import type { CollectedColumn } from '../control/report-tables.ts'
import type { FleetConnection, FlightMessage, FlightOutcome, RawAnswer } from '../session/fleet-connection.ts'
import { quoteIdent, quoteLiteral } from '../sql/ident.ts'
import { codeOf, sqlstate } from '../sql/sqlstate.ts'
import { closeCage, declareCursor, fetchRows, leave, letBecome, openCage, reportBounds, type Cage } from './cage.ts'
import { disagreement } from './column-types.ts'

export type Rows = RawAnswer['rows']

/** Where the rows go. Resolves when there is room for more. */
export type Sink = (rows: Rows) => Promise<void>

export type TenantAnswer =
  | { readonly kind: 'answered'; readonly rows: number }
  | { readonly kind: 'too_many' }
  | { readonly kind: 'too_large' }
  | { readonly kind: 'too_slow' }
  /** Nobody waits for it any more. */
  | { readonly kind: 'called_off' }
  | { readonly kind: 'other_columns'; readonly difference: string }
  | { readonly kind: 'no_role'; readonly error: unknown }
  | { readonly kind: 'refused'; readonly error: unknown }

/** Rows that are held at once. */
export const chunkRows = 1_000
/** Of wide ones fewer are, once it is known how wide they are. */
const chunkBytes = 2 * 2 ** 20

const bytesOf = (rows: Rows): number => rows.reduce((sum, row) => sum + row.reduce((width, value) => width + (value?.length ?? 0), 0), 0)
/** The statement's own bound, the waits before it, and the way. */
const flightMs = reportBounds.statementMs + reportBounds.lockMs + 15_000

export const firstError = (outcomes: readonly FlightOutcome[]): unknown => {
  for (const outcome of outcomes) if (!outcome.ok && codeOf(outcome.error) !== sqlstate.transactionAborted) return outcome.error
  return null
}

/** That the console may become the tenant's role is made so where it is not yet. */
export const becomeRole = async (connection: FleetConnection, cage: Pick<Cage, 'role'>, serverVersion: number): Promise<unknown> =>
  firstError(await connection.flight(letBecome(cage.role, serverVersion), 15_000))

/** Rows that came to more than may be held have ended the connection. */
const refused = (error: unknown, { at }: Pick<Until, 'at'>): TenantAnswer => {
  if (codeOf(error) === 'FLIGHT_TOO_LARGE') return { kind: 'too_large' }
  return codeOf(error) === sqlstate.queryCanceled && Date.now() >= at ? { kind: 'too_slow' } : { kind: 'refused', error }
}

export type Question = {
  readonly statement: string
  readonly columns: readonly CollectedColumn[]
  readonly rowCap: number
  /** Text may stand for the values of a type that is none of PostgreSQL's own. */
  readonly asKept?: boolean
  /** Tables that must not be there: something else stands under their names. */
  readonly absent?: readonly string[]
}

export const isRoleRefused = (opened: FlightOutcome | undefined): boolean => opened?.ok === false && codeOf(opened.error) === sqlstate.insufficientPrivilege

/** How long it may take, and who calls it off before. */
type Until = { readonly at: number; readonly calledOff: AbortSignal | undefined }

/** What is left of its time bounds each statement, where that is less than a statement has anyway. */
const openUntil = (cage: Cage, { at }: Until): string => {
  const left = at - Date.now()
  return left < reportBounds.statementMs ? `${openCage(cage)}; ${leave(left)}` : openCage(cage)
}

/** Behind the cursor, whose snapshot is taken by then: what is not there now was not there for it. */
const declare = ({ statement, absent = [] }: Question): readonly FlightMessage[] => {
  const found = absent.map((name) => `pg_catalog.to_regclass(${quoteLiteral(quoteIdent(name))})::pg_catalog.text`)
  const look = { text: `SELECT pg_catalog.concat_ws(', ', ${found.join(', ')})`, how: 'raw', mostBytes: reportBounds.chunkBytes } as const
  return [declareCursor(statement), ...(absent.length === 0 ? [] : [look])]
}

/** @param outcomes of opening the cage, and of what declares the question */
const refusalOf = (outcomes: readonly FlightOutcome[], { absent = [] }: Question): unknown => {
  const error = firstError(outcomes)
  const look = outcomes[2]
  if (error !== null || absent.length === 0 || !look?.ok) return error
  const names = String(look.raw?.rows[0]?.[0] ?? '')
  return names === '' ? null : Object.assign(new Error(`table ${names} has come while it was asked`), { code: sqlstate.duplicateTable })
}

/** All of it in one flight, each message with an answer of its own. */
const askOnce = async (connection: FleetConnection, cage: Cage, question: Question, until: Until): Promise<readonly FlightOutcome[]> =>
  connection.flight([openUntil(cage, until), ...declare(question), fetchRows(chunkRows), closeCage], flightMs)

/** @returns null when there was room for them in time */
const handOn = async (chunk: Rows, sink: Sink, { at, calledOff }: Until): Promise<'too_slow' | 'called_off' | null> => {
  const { promise, resolve } = Promise.withResolvers<'too_slow' | 'called_off'>()
  const timer = setTimeout(() => resolve('too_slow'), Math.max(0, at - Date.now()))
  const callOff = (): void => resolve('called_off')
  calledOff?.addEventListener('abort', callOff)
  try {
    return await Promise.race([sink(chunk).then(() => null), promise])
  } finally {
    clearTimeout(timer)
    calledOff?.removeEventListener('abort', callOff)
  }
}

/**
 * Its locks and its snapshot are held all the while, so that it has a time of its own.
 * @returns how it ended; the transaction is left open
 */
const fetchAll = async (connection: FleetConnection, { rowCap }: Question, sink: Sink, until: Until): Promise<TenantAnswer> => {
  for (let [rows, wanted] = [0, chunkRows]; ;) {
    // A backend that is between two statements is not reached by a cancel.
    if (until.calledOff?.aborted) return { kind: 'called_off' }
    const left = until.at - Date.now()
    if (left <= 0) return { kind: 'too_slow' }
    const outcomes = await connection.flight([leave(left), fetchRows(wanted)], flightMs)
    const fetched = outcomes[1]
    if (!fetched?.ok) {
      return refused(firstError(outcomes) ?? fetched?.error, until)
    }
    const chunk = fetched.raw?.rows ?? []
    rows += chunk.length
    if (rows > rowCap) return { kind: 'too_many' }
    const stopped = chunk.length > 0 ? await handOn(chunk, sink, until) : null
    if (stopped !== null) return { kind: stopped }
    if (chunk.length < wanted) return { kind: 'answered', rows }
    wanted = Math.min(chunkRows, Math.max(1, Math.floor((chunk.length * chunkBytes) / Math.max(1, bytesOf(chunk)))))
  }
}

/** As many chunks as there are, one in memory at a time. */
const askOn = async (connection: FleetConnection, cage: Cage, question: Question, sink: Sink, until: Until): Promise<TenantAnswer> => {
  try {
    const error = refusalOf(await connection.flight([openUntil(cage, until), ...declare(question)], flightMs), question)
    return error === null ? await fetchAll(connection, question, sink, until) : refused(error, until)
  } finally {
    // Whatever was thrown: the next item of this connection must not be inside of it.
    if (!connection.dead) await connection.flight([closeCage], flightMs)
  }
}

/** What each backend has taken as one statement, by the protocol in which the server itself refuses a second one. */
const takenAsOne = new WeakMap<FleetConnection, Set<string>>()
const mostRemembered = 50

const remember = (connection: FleetConnection, statement: string): void => {
  const taken = takenAsOne.get(connection) ?? new Set()
  if (taken.size >= mostRemembered) taken.clear()
  takenAsOne.set(connection, taken.add(statement))
}

/**
 * All of it in one message, which costs a third less. The same text ends where it ended before, by the same server's reading: no other statement can be hidden in it.
 * @returns null where it is to be asked message by message
 */
const askQuickly = async (connection: FleetConnection, cage: Cage, { statement, absent = [] }: Question, until: Until): Promise<FlightOutcome | null> => {
  if (absent.length > 0 || takenAsOne.get(connection)?.has(statement) !== true) return null
  const fetch = fetchRows(chunkRows)
  const text = [openUntil(cage, until), declareCursor(statement).text, fetch.text, closeCage].join('\n;\n')
  const [outcome] = await connection.flight([{ ...fetch, text }], flightMs)
  if (!outcome || outcome.ok) return outcome ?? null
  if (!connection.dead) await connection.flight([closeCage], flightMs)
  // It may be the role that was refused.
  return codeOf(outcome.error) === sqlstate.insufficientPrivilege ? null : outcome
}

type First = { readonly fetched: FlightOutcome } | { readonly silent: TenantAnswer }

const askSlowly = async (connection: FleetConnection, cage: Cage, serverVersion: number, question: Question, until: Until): Promise<First> => {
  let outcomes = await askOnce(connection, cage, question, until)
  if (isRoleRefused(outcomes[0])) {
    const error = await becomeRole(connection, cage, serverVersion)
    if (error !== null) return { silent: { kind: 'no_role', error } }
    outcomes = await askOnce(connection, cage, question, until)
    if (isRoleRefused(outcomes[0])) return { silent: { kind: 'no_role', error: firstError(outcomes) } }
  }
  if (outcomes[0]?.ok && outcomes[1]?.ok) remember(connection, question.statement)
  const error = refusalOf(outcomes, question)
  if (error !== null) return { silent: refused(error, until) }
  const fetched = outcomes.at(-2)
  return fetched ? { fetched } : { silent: { kind: 'refused', error: new Error('the rows came without an answer') } }
}

export const readTenant = async (
  connection: FleetConnection,
  cage: Cage,
  serverVersion: number,
  question: Question,
  sink: Sink,
  { tenantMs = reportBounds.tenantMs, calledOff }: { readonly tenantMs?: number; readonly calledOff?: AbortSignal } = {},
): Promise<TenantAnswer> => {
  const until: Until = { at: Date.now() + tenantMs, calledOff }
  const quick = await askQuickly(connection, cage, question, until)
  const first: First = quick === null ? await askSlowly(connection, cage, serverVersion, question, until) : { fetched: quick }
  if ('silent' in first) return first.silent
  const { fetched } = first
  if (!fetched.ok) return refused(fetched.error, until)
  const answer = fetched.raw
  if (!answer) return { kind: 'refused', error: new Error('the rows came without a description') }
  const difference = disagreement(question.columns, answer.columns, question.asKept)
  if (difference !== null) return { kind: 'other_columns', difference }
  if (answer.rows.length > question.rowCap) return { kind: 'too_many' }
  if (answer.rows.length === chunkRows) return askOn(connection, cage, question, sink, until)
  await sink(answer.rows)
  return { kind: 'answered', rows: answer.rows.length }
}
