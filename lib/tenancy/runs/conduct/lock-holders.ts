import { isLockCode, type BlockingSession, type LockHolder } from '../../contract/blockers.ts'
import { budgetPrefix } from '../../control/installation.ts'
import type { FleetConnection } from '../../session/fleet-connection.ts'
import { blockersQuery } from '../blockers/chain-sql.ts'
import type { ItemOutcome } from './execute.ts'

const holdersKept = 5
/** The item is settled whatever comes of it, and its slot waits for this. */
const askMs = 5_000

/** What they run or ran is left out: it may hold a tenant's values, and this is kept. */
const holderOf = ({ pid, backendStart, application, user, client, backend, state, transactionMs, holds, isOurs }: BlockingSession): LockHolder => ({
  pid,
  backendStart,
  application,
  user,
  client,
  backend,
  state,
  transactionMs,
  holds,
  isOurs,
})

const holdersNow = async (connection: FleetConnection, schema: string, installation: string): Promise<readonly LockHolder[]> => {
  const aim = { schema, names: null, isAside: true, only: null, ours: budgetPrefix(installation) }
  const [row] = await connection.query<{ seen: string }>(blockersQuery(aim), askMs)
  const { sessions }: { readonly sessions: readonly BlockingSession[] } = JSON.parse(row?.seen ?? '{"sessions":[]}')
  return sessions.filter(({ depth }) => depth === 0).map(holderOf)
}

/**
 * An attempt that gave a lock up for good, with who holds locks in its schema the moment after: whoever reads it later finds nobody there any more. Where that cannot be
 * seen it stays as it is.
 */
export const withLockHolders = async (connection: FleetConnection, schema: string, installation: string, outcome: ItemOutcome): Promise<ItemOutcome> => {
  if (outcome.kind !== 'failed' || !isLockCode(outcome.error.code) || connection.dead) return outcome
  const heldBy = await holdersNow(connection, schema, installation).catch(() => [])
  return heldBy.length === 0 ? outcome : { ...outcome, error: { ...outcome.error, heldBy: heldBy.slice(0, holdersKept) } }
}
