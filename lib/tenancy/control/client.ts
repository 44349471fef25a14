/** How the control database is connected to: what is bounded, what is set, and errors that have a code. */
import { Client, type ClientConfig } from 'pg'
import { codeOf } from '../sql/sqlstate.ts'

export const connectTimeoutMs = 10_000
const answerTimeoutMs = 45_000
const lockTimeoutMs = 10_000
/**
 * A process that stalls in the middle of a transaction holds its rows, and with them the takeover of its work: its server gives up before anybody takes it for
 * dead. Nobody leaves a transaction to itself for nearly as long.
 */
const idleTransactionMs = 8_000

/** The driver's own errors carry no code where a connection was lost or could not be had. */
export const withCode = (error: unknown, code: string): unknown => {
  if (!(error instanceof Error) || codeOf(error) !== 'unknown' || error.message.startsWith('SASL')) return error
  return Object.assign(error, { code })
}

/** The bound is on connecting alone: the pool's own would also end the wait for a free connection. */
export class ControlClient extends Client {
  constructor(config?: ClientConfig) {
    // The pool hides the password from those who list its settings, and a copy is a list.
    super({ ...config, password: config?.password, connectionTimeoutMillis: connectTimeoutMs })
  }
}

/** What is set for the role or the database is set for others: timeouts that no statement survives, sessions that may only read. */
export const ownSettings = '-c default_transaction_read_only=off -c default_transaction_isolation=read\\ committed'

/** For whoever opens a pool of its own on the control database: no answer that never comes is waited for. */
export const answerBounds = {
  query_timeout: answerTimeoutMs,
  connectionTimeoutMillis: connectTimeoutMs,
  statement_timeout: answerTimeoutMs,
  lock_timeout: lockTimeoutMs,
  idle_in_transaction_session_timeout: idleTransactionMs,
  options: ownSettings,
  keepAlive: true,
} as const
