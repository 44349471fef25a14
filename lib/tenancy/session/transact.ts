import { codeOf, sqlstate } from '../sql/sqlstate.ts'
import type { FleetConnection } from './fleet-connection.ts'

/**
 * All of it or nothing.
 * @throws the error of the statement that failed, or that of COMMIT
 */
export const transact = async (
  connection: FleetConnection,
  texts: readonly string[],
  bounds: { readonly lockTimeoutMs: number; readonly timeoutMs: number },
): Promise<void> => {
  for (const outcome of await connection.flight([`BEGIN READ WRITE; SET LOCAL lock_timeout = ${bounds.lockTimeoutMs}`, ...texts, 'COMMIT'], bounds.timeoutMs))
    if (!outcome.ok && codeOf(outcome.error) !== sqlstate.transactionAborted) throw outcome.error
}
