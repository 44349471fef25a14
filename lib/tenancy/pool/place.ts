import type { Library } from '../context.ts'
import { budgetPrefix, readInstallation } from '../control/installation.ts'
import { openUrl } from '../registry/databases.ts'
import { atServer } from '../registry/server-gate.ts'
import { connectFleet, type FleetConnection } from '../session/fleet-connection.ts'
import { codeOf, sqlstate } from '../sql/sqlstate.ts'

/** A database that has pools, or had some. */
export type PoolPlace = { readonly databaseId: number; readonly name: string; readonly serverId: number; readonly url: string; readonly installation: string }

const turnMs = 60_000

export const readPlace = async ({ control: { db }, secret }: Library, databaseId: number): Promise<PoolPlace | null> => {
  const row = await db.selectFrom('database').select(['name', 'server_id', 'url_sealed']).where('id', '=', databaseId).executeTakeFirst()
  if (!row) return null
  return { databaseId, name: row.name, serverId: row.server_id, url: openUrl(secret, row.url_sealed).url, installation: await readInstallation(db) }
}

/** How the backend is named that works on one schema of a pool: it can be found, and ended, by whoever takes over. */
export const workName = ({ installation }: PoolPlace, schema: string): string => `${budgetPrefix(installation)}pool ${schema}`

/**
 * One piece of work in its turn at the server, on a connection of its own.
 * @throws ServerBusy, and what keeps the server from being reached
 */
export const inTurn = <T>(library: Library, place: PoolPlace, work: (connection: FleetConnection) => Promise<T>): Promise<T> =>
  atServer(
    library,
    place.serverId,
    async () => {
      const connection = await connectFleet(place.url, { applicationName: `${budgetPrefix(place.installation)}pool` })
      try {
        return await work(connection)
      } finally {
        await connection.close()
      }
    },
    turnMs,
  )

const timeoutMs = 90_000

/** @throws the error of the statement that failed, or that of COMMIT */
export const transact = async (connection: FleetConnection, texts: readonly string[]): Promise<void> => {
  const begin = `BEGIN READ WRITE; SET LOCAL lock_timeout = 1000; SET LOCAL statement_timeout = 60000`
  for (const outcome of await connection.flight([begin, ...texts, 'COMMIT'], timeoutMs))
    if (!outcome.ok && codeOf(outcome.error) !== sqlstate.transactionAborted) throw outcome.error
}
