/** A transaction as one message: the server answers once, and what it answers says what became of all of it. */
import type { FleetConnection } from '../session/fleet-connection.ts'
import { classify, codeOf } from '../sql/sqlstate.ts'

type Failure = Error & { code?: string }

/** `undone`: nothing of it has happened, and the connection is at rest. `unknown`: it may have committed. */
type Ended = { readonly kind: 'committed' } | { readonly kind: 'undone' | 'unknown'; readonly error: Failure }

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
