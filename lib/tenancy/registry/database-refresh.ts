import { sql } from 'kysely'
import type { Library } from '../context.ts'
import { readInstallation } from '../control/installation.ts'
import { notify } from '../control/notify.ts'
import { isTenancyError } from '../errors.ts'
import { atServer, ServerBusy } from './server-gate.ts'
import { openUrl } from './databases.ts'
import { probeDatabase, type Probe } from './probe.ts'

type Known = { readonly id: number; readonly server_id: number; readonly name: string; readonly url_sealed: Buffer; readonly reachable: boolean }

/** Looks at this many databases at once; each look is one connection. */
const atOnce = 8

const keepSeen = async ({ control, clock }: Library, database: Known, probe: Probe): Promise<void> => {
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

const refreshOne = async (library: Library, database: Known, turnMs: number): Promise<boolean> => {
  try {
    const at = openUrl(library.secret, database.url_sealed)
    const installation = await readInstallation(library.control.db)
    const probe = await atServer(library, database.server_id, () => probeDatabase(at, { installation }), turnMs)
    await keepSeen(library, database, probe)
    return true
  } catch (error) {
    if (error instanceof ServerBusy) {
      // Nothing is known of it but that somebody else is looking.
      library.logger.warn({ database: database.name }, 'database.busy')
      return database.reachable
    }
    await keepUnseen(library, database, error)
    return false
  }
}

/**
 * Looks again whether the databases answer, and who is connected to them. One that does not answer is an outcome, not an error.
 * @param names which; absent: all
 * @returns the names of those that do not answer
 */
export const refreshDatabases = async (library: Library, names?: readonly string[], turnMs = usualTurnMs): Promise<readonly string[]> => {
  const { db } = library.control
  let query = db.selectFrom('database').select(['id', 'server_id', 'name', 'url_sealed', 'reachable']).orderBy('name')
  if (names) query = query.where('name', '=', sql<string>`any(${[...names]}::text[])`)
  const waiting = await query.execute()
  const unreachable: string[] = []
  let changed = false
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const reachable = await refreshOne(library, next, turnMs)
      if (!reachable) unreachable.push(next.name)
      if (reachable !== next.reachable) changed = true
    }
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, waiting.length) }, work))
  if (changed) await notify(db, { topic: 'databases' })
  return unreachable.toSorted()
}
