/** Looks at an address as one of the connections that its server's budget counts, also while nobody knows yet whose address it is. */
import type { Library } from '../context.ts'
import { readInstallation } from '../control/installation.ts'
import { TenancyError } from '../errors.ts'
import { addressOf, type DatabaseUrl } from '../sql/database-url.ts'
import { probeDatabase, type Probe } from './probe.ts'
import { atServer, ServerBusy } from './server-gate.ts'

const turnMs = 15_000

/** A known address is its server's; another one is by itself until its server has said who it is. */
const turnAt = async ({ control }: Library, at: DatabaseUrl): Promise<number | string> => {
  const known = await control.db.selectFrom('database').select('server_id').where('host', '=', at.host).where('port', '=', at.port).executeTakeFirst()
  return known?.server_id ?? addressOf(at)
}

/**
 * @param serverId whose turn it is, where that is known
 * @throws database.busy when other looks take too long, database.* when it is not fit
 */
export const probeInTurn = async (library: Library, at: DatabaseUrl, serverId?: number): Promise<Probe> => {
  const turn = serverId ?? (await turnAt(library, at))
  const installation = await readInstallation(library.control.db)
  try {
    return await atServer(library, turn, () => probeDatabase(at, { thorough: true, installation }), turnMs)
  } catch (error) {
    if (error instanceof ServerBusy) throw new TenancyError('database.busy', { database: addressOf(at), seconds: turnMs / 1000 }, error)
    throw error
  }
}
