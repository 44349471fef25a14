import { sql } from 'kysely'
import type { Library } from '../context.ts'
import { readInstallation } from '../control/installation.ts'
import { notify } from '../control/notify.ts'
import { isTenancyError } from '../errors.ts'
import type { DatabaseUrl } from '../sql/database-url.ts'
import { atServer, ServerBusy } from './server-gate.ts'
import { openUrl } from './databases.ts'
import { lookThroughPooler } from './pooled-address.ts'
import { probeDatabase, type Probe } from './probe.ts'

type Known = {
  readonly id: number
  readonly server_id: number
  readonly name: string
  readonly url_sealed: Buffer
  readonly reachable: boolean
  readonly pooler_sealed: Buffer | null
  readonly pooler_problem: string | null
}
type Seen = { readonly reachable: boolean; readonly poolerProblem: string | null }

/** Looks at this many databases at once; each look is one connection. */
const atOnce = 8

const keepSeen = async ({ control, clock }: Library, database: Known, probe: Probe, poolerProblem: string | null): Promise<void> => {
  await control.db
    .updateTable('database')
    .set({
      reachable: true,
      problem: null,
      connections_used: probe.connectionsUsed,
      connections_ours: probe.connectionsOurs,
      connections_at: clock(),
      bytes: probe.bytes,
      checked_at: clock(),
    })
    .where('id', '=', database.id)
    .execute()
  // Another address may have taken its place meanwhile.
  if (database.pooler_sealed)
    await control.db
      .updateTable('database')
      .set({ pooler_problem: poolerProblem })
      .where('id', '=', database.id)
      .where('pooler_sealed', '=', database.pooler_sealed)
      .execute()
  await control.db
    .updateTable('server')
    .set({ version: probe.version, version_num: probe.versionNum, max_connections: probe.maxConnections, reserved_connections: probe.reservedConnections })
    .where('id', '=', database.server_id)
    .execute()
}

const keepUnseen = async ({ control, clock, logger }: Library, database: Known, error: unknown): Promise<void> => {
  if (!isTenancyError(error)) throw error
  logger.warn({ database: database.name, code: error.code }, 'database.unreachable')
  await control.db.updateTable('database').set({ reachable: false, problem: error.message, checked_at: clock() }).where('id', '=', database.id).execute()
}

/** Several databases of a server wait behind each other and behind whoever looks at its targets. */
const usualTurnMs = 120_000

/** What stops applications, who come through the pooler, while the server itself answers. */
const poolerProblemOf = async ({ secret, logger }: Library, { name, pooler_sealed }: Known, at: DatabaseUrl, { place }: Probe): Promise<string | null> => {
  if (pooler_sealed === null) return null
  try {
    await lookThroughPooler(openUrl(secret, pooler_sealed), at, place)
    return null
  } catch (error) {
    if (!isTenancyError(error)) throw error
    logger.warn({ database: name, code: error.code }, 'database.pooler_unfit')
    return error.message
  }
}

const refreshOne = async (library: Library, database: Known, turnMs: number): Promise<Seen> => {
  const before = { reachable: database.reachable, poolerProblem: database.pooler_problem }
  try {
    const at = openUrl(library.secret, database.url_sealed)
    const installation = await readInstallation(library.control.db)
    const probe = await atServer(library, database.server_id, () => probeDatabase(at, { installation }), turnMs)
    const poolerProblem = await poolerProblemOf(library, database, at, probe)
    await keepSeen(library, database, probe, poolerProblem)
    return { reachable: true, poolerProblem }
  } catch (error) {
    if (error instanceof ServerBusy) {
      // Nothing is known of it but that somebody else is looking.
      library.logger.warn({ database: database.name }, 'database.busy')
      return before
    }
    await keepUnseen(library, database, error)
    return { ...before, reachable: false }
  }
}

/**
 * Looks again whether the databases answer, and who is connected to them. One that does not answer is an outcome, not an error.
 * @param names which; absent: all
 * @returns the names of those that do not answer
 */
export const refreshDatabases = async (library: Library, names?: readonly string[], turnMs = usualTurnMs): Promise<readonly string[]> => {
  const { db } = library.control
  let query = db.selectFrom('database').select(['id', 'server_id', 'name', 'url_sealed', 'reachable', 'pooler_sealed', 'pooler_problem']).orderBy('name')
  if (names) query = query.where('name', '=', sql<string>`any(${[...names]}::text[])`)
  const waiting = await query.execute()
  const unreachable: string[] = []
  let changed = false
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const { reachable, poolerProblem } = await refreshOne(library, next, turnMs)
      if (!reachable) unreachable.push(next.name)
      if (reachable !== next.reachable || poolerProblem !== next.pooler_problem) changed = true
    }
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, waiting.length) }, work))
  if (changed) await notify(db, { topic: 'databases' })
  return unreachable.toSorted()
}
