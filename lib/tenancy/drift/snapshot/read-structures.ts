/** Full snapshots of some schemas, a few in each short transaction. */
import { loadModule } from 'libpg-query'
import type { Structure } from '../../contract/structure.ts'
import type { FleetConnection, FlightOutcome } from '../../session/fleet-connection.ts'
import { readPlaces, structuresQuestions, type Place } from './questions.ts'

const timeoutMs = 60_000
/** Bound on what waits in memory to be read, and on how long a transaction lasts. */
const atOnce = 20

const rowsOf = (outcome: FlightOutcome): readonly object[] => {
  if (!outcome.ok) throw outcome.error
  return outcome.rows
}

/**
 * Reads catalogs only, and opens no table of a tenant.
 * @param serverVersion server_version_num
 * @returns by schema; null where there is none
 * @throws the connection's and PostgreSQL's errors
 */
export const readStructures = async (connection: FleetConnection, places: readonly Place[], serverVersion: number): Promise<Map<string, Structure | null>> => {
  // Bodies of functions are read with it.
  await loadModule()
  const found = new Map<string, Structure | null>()
  for (let start = 0; start < places.length; start += atOnce) {
    const some = places.slice(start, start + atOnce)
    const outcomes = await connection.flight(['BEGIN READ ONLY', ...structuresQuestions(some, serverVersion), 'COMMIT'], timeoutMs)
    for (const [schema, structure] of readPlaces(some, outcomes.map(rowsOf))) found.set(schema, structure)
  }
  return found
}
