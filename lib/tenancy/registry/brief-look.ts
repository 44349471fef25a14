/** A short look at one database that a command or a page waits for: in its turn at the server, and bounded in each of its waits. */
import type { Library } from '../context.ts'
import { budgetPrefix, readInstallation } from '../control/installation.ts'
import { TenancyError } from '../errors.ts'
import { connectFleet, type FleetConnection } from '../session/fleet-connection.ts'
import { codeOf } from '../sql/sqlstate.ts'
import { connectionProblemAt } from './connection-problem.ts'
import { openUrl } from './databases.ts'
import { atServer, firstAtServer, ServerBusy } from './server-gate.ts'

export type LookBounds = {
  readonly turnMs: number
  readonly connectMs: number
  readonly statementMs: number
  /** Longer looks make way for it. */
  readonly isFirst?: boolean
}
export const briefly: LookBounds = { turnMs: 10_000, connectMs: 5_000, statementMs: 10_000 }

export type KnownDatabase = { readonly name: string; readonly server_id: number; readonly url_sealed: Buffer }

/** @throws database.busy, database.unreachable and whatever else is in the way of an answer; secret.wrong */
export const lookBriefly = async <Seen>(
  library: Library,
  database: KnownDatabase,
  read: (connection: FleetConnection) => Promise<Seen>,
  bounds: LookBounds = briefly,
): Promise<Seen> => {
  const at = openUrl(library.secret, database.url_sealed)
  const applicationName = `${budgetPrefix(await readInstallation(library.control.db))}inspect`
  const look = async (): Promise<Seen> => {
    let connection: FleetConnection | null = null
    try {
      connection = await connectFleet(at.url, { applicationName, connectTimeoutMs: bounds.connectMs, statementTimeoutMs: bounds.statementMs })
      return await read(connection)
    } catch (error) {
      throw codeOf(error) === 'unknown' ? error : await connectionProblemAt(error, at)
    } finally {
      await connection?.close()
    }
  }
  try {
    return await (bounds.isFirst ? firstAtServer : atServer)(library, database.server_id, look, bounds.turnMs)
  } catch (error) {
    if (error instanceof ServerBusy) throw new TenancyError('database.busy', { database: database.name, seconds: bounds.turnMs / 1000 }, error)
    throw error
  }
}
