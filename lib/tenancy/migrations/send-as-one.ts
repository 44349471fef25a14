/** A transaction as one message: the server answers once, and what it answers says what became of all of it. */
import type { FleetConnection } from '../session/fleet-connection.ts'
import type { Statement } from '../sql/statements.ts'
import { classify, codeOf } from '../sql/sqlstate.ts'
import { maySet } from './statement-kinds.ts'

type Failure = Error & { code?: string }

/** `undone`: nothing of it has happened, and the connection is at rest. `unknown`: it may have committed. */
export type Ended = { readonly kind: 'committed' } | { readonly kind: 'undone' | 'unknown'; readonly error: Failure }

/** The server itself said that it did not do it, and is still there. Whatever else went wrong, the transaction may have committed. */
export const isRefusal = (error: unknown): boolean =>
  error instanceof Error && Reflect.get(error, 'severity') === 'ERROR' && classify(codeOf(error)) !== 'connection'

const restMs = 15_000

/** On lines of their own: a statement may end in a comment. */
const joined = (statements: readonly string[]): string => statements.join('\n;\n')

/**
 * @param texts from BEGIN to what comes before COMMIT; each is whole, so that none can run on into the next
 */
export const sendAsOne = async (connection: FleetConnection, texts: readonly string[], timeoutMs: number): Promise<Ended> => {
  const [outcome] = await connection.flight([joined([...texts, 'COMMIT'])], timeoutMs)
  if (outcome?.ok && outcome.command === 'COMMIT') return { kind: 'committed' }
  const error: Failure = outcome && !outcome.ok ? outcome.error : new Error(`COMMIT was answered with ${outcome?.command ?? 'nothing'}`)
  const isUndone = outcome?.ok ? outcome.command === 'ROLLBACK' : isRefusal(error)
  if (!isUndone) return { kind: 'unknown', error }
  // The block that the error has ended is still open.
  const [ended] = await connection.flight(['ROLLBACK'], restMs)
  if (!ended?.ok) await connection.close()
  return { kind: 'undone', error }
}

/** `sent`: the server has been told to end it. `missed`: nothing was ended, for it was over, or could not be. `unanswered`: it may be ended yet, or what comes next. */
export type Cancelled = 'sent' | 'missed' | 'unanswered'

/** Ends what the backend is doing, over another connection that is there already. Never rejects. */
export type Quick = { readonly cancel: () => Promise<Cancelled> }

/** Of what usually takes a fraction of it: beyond, it goes statement by statement, with all of its time. */
const quickMs = 2_000

/**
 * With a bound on the whole of it: that of the server is one on each of its statements.
 * @returns how its bound ended it; null: it was over before
 */
export const sendWithin = async (
  connection: FleetConnection,
  texts: readonly string[],
  timeoutMs: number,
  { cancel }: Quick,
): Promise<{ readonly ended: Ended; readonly cancelled: Cancelled | null }> => {
  let cancelling: Promise<Cancelled | null> = Promise.resolve(null)
  const timer = setTimeout(() => {
    cancelling = cancel()
  }, quickMs)
  try {
    const ended = await sendAsOne(connection, texts, timeoutMs)
    clearTimeout(timer)
    // It must not meet what comes next.
    return { ended, cancelled: await cancelling }
  } finally {
    clearTimeout(timer)
  }
}

/** What a backslash means, and which characters bytes stand for, settings say. */
const isReadBySettings = ({ text }: Statement): boolean => /[^\0-\x5b\x5d-\x7f]/.test(text)

/** A message is read whole before any of it is carried out: a setting would come too late for what stands behind it. */
export const mayGoAsOne = (statements: readonly Statement[]): boolean => !statements.some(maySet) || !statements.some(isReadBySettings)
