import type { Library } from '../context.ts'
import { budgetPrefix, readInstallation } from '../control/installation.ts'
import { openUrl } from '../registry/databases.ts'
import { atServer } from '../registry/server-gate.ts'
import { connectFleet, type FleetConnection } from '../session/fleet-connection.ts'
import { quoteIdent } from '../sql/ident.ts'
import { codeOf, sqlstate } from '../sql/sqlstate.ts'
import { poolLock } from './names.ts'

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

/** The connection of a turn. To ask for it again between two pieces of work lets those go first who cannot wait; it may be another one then. */
export type Connect = () => Promise<FleetConnection>

/**
 * One piece of work in its turn at the server, on a connection of its own.
 * @throws ServerBusy, and what keeps the server from being reached
 */
export const inTurn = <T>(library: Library, place: PoolPlace, work: (connect: Connect) => Promise<T>): Promise<T> =>
  atServer(
    library,
    place.serverId,
    async (turn) => {
      let connection: FleetConnection | null = null
      const leave = async (): Promise<void> => {
        await connection?.close()
        connection = null
      }
      try {
        return await work(async () => {
          await turn.makeWay(leave)
          connection ??= await connectFleet(place.url, { applicationName: `${budgetPrefix(place.installation)}pool` })
          return connection
        })
      } finally {
        await leave()
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

/**
 * Rights that somebody gave its role elsewhere keep the role, and not the schema. What is being claimed is waited for, and stays.
 * @returns whether the role is gone as well
 * @throws what passes, after which both are tried again
 */
export const dropReady = async (connection: FleetConnection, schema: string): Promise<boolean> => {
  await transact(connection, [`SELECT ${poolLock(schema)}`, `DROP SCHEMA IF EXISTS ${quoteIdent(schema)} CASCADE`])
  try {
    await transact(connection, [`DROP ROLE IF EXISTS ${quoteIdent(schema)}`])
    return true
  } catch (error) {
    if (codeOf(error) !== sqlstate.dependentObjects) throw error
    return false
  }
}
