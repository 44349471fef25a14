import { setTimeout as sleep } from 'node:timers/promises'
import postgres from 'postgres'
import { driverOptions } from '../sql/database-url.ts'
import { quoteLiteral } from '../sql/ident.ts'
import { classify, codeOf } from '../sql/sqlstate.ts'

/** One connection to a fleet database that is never silently replaced by another one. */
export type FleetConnection = {
  /** Backend's process id. */
  readonly pid: number
  readonly dead: boolean
  /** Targets that this backend has touched: its caches grow with them and are never given back. */
  touched: number
  /**
   * Sends all messages at once without waiting, by the simple protocol, and answers with one outcome a message.
   * @param timeoutMs bound on the whole flight; past it the connection is destroyed and every open message fails with FLIGHT_TIMEOUT
   * @param onAnswer hears each answer as it comes, in order
   */
  flight(messages: readonly (string | FlightMessage)[], timeoutMs: number, onAnswer?: (index: number, outcome: FlightOutcome) => void): Promise<FlightOutcome[]>
  /** One message; throws its error. */
  query<Row extends object>(text: string, timeoutMs?: number): Promise<Row[]>
  /**
   * Ends the backend on its server, by another connection of the same user, and waits until it is gone as far as there is time.
   * @returns whether the server took it
   */
  terminate(timeoutMs: number): Promise<boolean>
  close(): Promise<void>
}

/**
 * `single`: by the extended protocol, in which the server itself refuses more than one statement. `raw`: its rows are the server's own text, read by nobody; past
 * `mostBytes` of them the connection is destroyed and the message fails with FLIGHT_TOO_LARGE.
 */
export type FlightMessage = { readonly text: string; readonly how: 'single' } | { readonly text: string; readonly how: 'raw'; readonly mostBytes: number }

export type RawColumn = { readonly name: string; /** Of its type; a domain's is that of its base. */ readonly type: number }
export type RawAnswer = { readonly columns: readonly RawColumn[]; readonly rows: ReadonlyArray<ReadonlyArray<Buffer | null>> }

export type FlightOutcome =
  | {
      readonly ok: true
      readonly rows: readonly object[]
      readonly command: string
      readonly count: number | null
      /** Of a message that was sent `raw`. */
      readonly raw?: RawAnswer
    }
  | { readonly ok: false; readonly error: Error & { code?: string } }

export type ConnectOptions = {
  readonly applicationName: string
  readonly connectTimeoutMs?: number
  readonly statementTimeoutMs?: number
  readonly lockTimeoutMs?: number
  readonly onNotice?: (notice: { code?: string; message?: string }) => void
}

const asError = (error: unknown): Error & { code?: string } => (error instanceof Error ? error : new Error(String(error)))

const flightTimeout = (timeoutMs: number): Error & { code: string } => Object.assign(new Error(`no answer within ${timeoutMs} ms`), { code: 'FLIGHT_TIMEOUT' })

const tooLarge = (mostBytes: number): Error & { code: string } => Object.assign(new Error(`more than ${mostBytes} bytes came`), { code: 'FLIGHT_TOO_LARGE' })

/** Ends the connection; what is open on it fails with the error. */
type GiveUp = (error: Error & { code: string }) => void

/** A flight is sent whole; the driver's default would hold it back after a hundred messages. Its types do not list the option. */
const pipelining: object = { max_pipeline: 100_000 }

const connectionClosed = (): Error & { code: string } => Object.assign(new Error('the connection is closed'), { code: 'CONNECTION_CLOSED' })

const defaultQueryTimeoutMs = 60_000
const goneMs = 10

type Pool = ReturnType<typeof openPool>
type Reserved = Awaited<ReturnType<Pool['reserve']>>

const openPool = (url: string, options: ConnectOptions, onclose: () => void) =>
  postgres({
    ...driverOptions(url),
    ...pipelining,
    max: 1,
    idle_timeout: undefined,
    max_lifetime: null,
    connect_timeout: (options.connectTimeoutMs ?? 10_000) / 1000,
    // A new connection is connectFleet's business, one at a time.
    backoff: false,
    fetch_types: false,
    prepare: false,
    onnotice: options.onNotice ?? (() => {}),
    onclose,
    connection: {
      application_name: options.applicationName.slice(0, 63),
      search_path: 'pg_catalog',
      default_transaction_read_only: true,
      statement_timeout: options.statementTimeoutMs ?? 60_000,
      lock_timeout: options.lockTimeoutMs ?? 5_000,
      idle_in_transaction_session_timeout: 60_000,
      client_min_messages: 'warning',
      // As files are read: else a backslash could end a string where they saw none ending.
      standard_conforming_strings: 'on',
    },
  })

/** Without parameters the driver would take the simple protocol. Its types do not list the option. */
const extended: object = { simple: false }

/** Of a message of several statements that return rows the driver makes a list, which its types do not tell. */
const lastOf = <Result extends object>(result: Result): Result => {
  const last: unknown = 'statement' in result ? result : Array.isArray(result) ? result.at(-1) : undefined
  return last === undefined ? result : (last as Result)
}

/** Counted as they come: the driver holds whatever the server sends. */
const askRaw = async (sql: Reserved, text: string, mostBytes: number, giveUp: GiveUp): Promise<FlightOutcome> => {
  const rows: Array<ReadonlyArray<Buffer | null>> = []
  let bytes = 0
  const result = await sql
    .unsafe<Array<Array<Buffer | null>>>(text)
    .simple()
    .raw()
    .forEach((row) => {
      if (bytes > mostBytes) return
      for (const value of row) bytes += value?.length ?? 0
      rows.push(row)
      if (bytes <= mostBytes) return
      rows.length = 0
      giveUp(tooLarge(mostBytes))
    })
  const last = lastOf(result)
  const columns = last.statement.columns.map(({ name, type }) => ({ name, type }))
  return { ok: true, rows: [], command: last.command, count: last.count, raw: { columns, rows } }
}

const ask = (sql: Reserved, message: string | FlightMessage, giveUp: GiveUp): Promise<FlightOutcome> => {
  if (typeof message !== 'string' && message.how === 'raw') return askRaw(sql, message.text, message.mostBytes, giveUp)
  const query = typeof message === 'string' ? sql.unsafe(message).simple() : sql.unsafe(message.text, [], extended)
  return query.then((result) => {
    const last = lastOf(result)
    return { ok: true, rows: last, command: last.command, count: last.count }
  })
}

/** Whether the connection still stands, and the messages that wait for an answer on it: each gets one. */
class Line {
  dead = false
  readonly #unanswered = new Set<(outcome: FlightOutcome) => void>()

  lose(error: Error & { code?: string }): void {
    for (const answer of this.#unanswered) answer({ ok: false, error })
    this.#unanswered.clear()
  }

  broke(): void {
    this.dead = true
    // The driver answers what it sent, and forgets what it held back.
    setImmediate(() => this.lose(connectionClosed()))
  }

  send(sql: Reserved, message: string | FlightMessage, giveUp: GiveUp): Promise<FlightOutcome> {
    return new Promise((resolve) => {
      // Writing to a reserved connection whose socket is gone would throw outside of any promise.
      if (this.dead) return resolve({ ok: false, error: connectionClosed() })
      this.#unanswered.add(resolve)
      const answer = (outcome: FlightOutcome): void => {
        this.#unanswered.delete(resolve)
        resolve(outcome)
      }
      ask(sql, message, giveUp).then(answer, (error: unknown) => {
        // A query sent between a socket's error and its end would never be answered.
        if (classify(codeOf(error)) === 'connection') this.dead = true
        answer({ ok: false, error: asError(error) })
      })
    })
  }
}

/**
 * Only what goes on under that name: the number may be another's by now. Not where it has committed and waits for a standby: that is not undone any more, and to
 * break off the wait would tell a commit that a failover forgets. Whoever is not shown what it waits for cancels nothing.
 * @returns a row with `sent`: true, false, `committed` or `hidden`; none where nothing of that name goes on
 */
export const cancelFlight = (pid: number, applicationName: string): string => {
  // Servers spell other letters each in its own way.
  const [name] = /^[\x20-\x7e]*/.exec(applicationName) ?? ['']
  return `SELECT CASE WHEN state IS NULL THEN 'hidden' WHEN wait_event = 'SyncRep' THEN 'committed' ELSE pg_catalog.pg_cancel_backend(pid)::text END AS sent
    FROM pg_catalog.pg_stat_activity WHERE pid = ${pid} AND pg_catalog.left(application_name, ${name.length}) = ${quoteLiteral(name)}`
}

/** Only a session of ours: the number may be another's by now. */
export const endBackend = (pid: number): string =>
  `SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity WHERE pid = ${pid} AND application_name LIKE 'tenantry:%'`

/** Never rejects: a connection that has been ended asks no more. */
const untilGone = async (sql: Pool, pid: number): Promise<void> => {
  const look = `SELECT FROM pg_catalog.pg_stat_activity WHERE pid = ${pid} AND application_name LIKE 'tenantry:%'`
  try {
    while ((await sql.unsafe(look).simple()).length > 0) await sleep(goneMs)
  } catch {
    // It may be gone all the same.
  }
}

/** Of the same installation as what it ends, and no conductor's: a later epoch ends those. */
const endingName = (applicationName: string): string => `${/^tenantry:[^:]+:/.exec(applicationName)?.[0] ?? 'tenantry:'}end`

type Ending = { readonly url: string; readonly pid: number; readonly applicationName: string }

const terminateBackend = async ({ url, pid, applicationName }: Ending, timeoutMs: number): Promise<boolean> => {
  const sql = postgres({
    ...driverOptions(url),
    max: 1,
    connect_timeout: timeoutMs / 1000,
    fetch_types: false,
    onnotice: () => {},
    connection: { application_name: endingName(applicationName) },
  })
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), timeoutMs)
  })
  const asked = sql
    .unsafe(endBackend(pid))
    .simple()
    .then(
      () => true,
      () => false,
    )
  const isTaken = await Promise.race([asked, late])
  // A backend that was told to end takes its moment for it.
  if (isTaken) await Promise.race([untilGone(sql, pid), late])
  clearTimeout(timer)
  await sql.end({ timeout: 0 }).catch(() => {})
  return isTaken
}

/**
 * Opens a connection whose session can do nothing by accident: outside of an explicit `BEGIN READ WRITE` everything is read-only, and no
 * unqualified name resolves. A message that arrives after its BEGIN was cancelled or lost therefore fails instead of running alone.
 * @throws the driver's or the server's error with its code
 */
export const connectFleet = async (url: string, options: ConnectOptions): Promise<FleetConnection> => {
  const line = new Line()
  const pool = openPool(url, options, () => line.broke())
  const end = async (): Promise<void> => {
    line.dead = true
    await pool.end({ timeout: 0 }).catch(() => {})
  }
  let sql: Reserved
  let pid: number
  try {
    // Asked before reserving: without array types to fetch, the driver never answers a reservation that has to connect first.
    const [row] = await pool.unsafe<{ pid: string }[]>('select pg_catalog.pg_backend_pid()::text as pid').simple()
    pid = Number(row?.pid)
    if (line.dead) throw connectionClosed()
    sql = await pool.reserve()
  } catch (error) {
    await end()
    throw error
  }

  const flight: FleetConnection['flight'] = async (messages, timeoutMs, onAnswer) => {
    let timedOut = false
    const giveUp: GiveUp = (error) => {
      void end()
      line.lose(error)
    }
    const timer = setTimeout(() => {
      timedOut = true
      giveUp(flightTimeout(timeoutMs))
    }, timeoutMs)
    try {
      const answers = messages.map((text) => line.send(sql, text, giveUp))
      if (onAnswer) for (const [index, answer] of answers.entries()) void answer.then((outcome) => onAnswer(index, outcome))
      const outcomes = await Promise.all(answers)
      if (!timedOut) return outcomes
      return outcomes.map((outcome) => (outcome.ok ? outcome : { ok: false, error: flightTimeout(timeoutMs) }))
    } finally {
      clearTimeout(timer)
    }
  }

  return {
    pid,
    get dead() {
      return line.dead
    },
    touched: 0,
    flight,
    async query<Row extends object>(text: string, timeoutMs: number = defaultQueryTimeoutMs): Promise<Row[]> {
      const [outcome] = await flight([text], timeoutMs)
      if (!outcome?.ok) throw outcome?.error ?? new Error('no outcome')
      return outcome.rows as Row[]
    },
    terminate: (timeoutMs) => terminateBackend({ url, pid, applicationName: options.applicationName }, timeoutMs),
    close: end,
  }
}
