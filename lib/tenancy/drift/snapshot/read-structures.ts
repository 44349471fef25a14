/** Full snapshots of some schemas, each in a transaction of its own. */
import type { Structure } from '../../contract/structure.ts'
import type { FleetConnection, FlightOutcome } from '../../session/fleet-connection.ts'
import { readStructure, structureQuestions, type Place } from './questions.ts'

const timeoutMs = 60_000
/** Bound on what waits in memory to be read. */
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
  const found = new Map<string, Structure | null>()
  for (let start = 0; start < places.length; start += atOnce) {
    const some = places.slice(start, start + atOnce)
    const flights = some.map((place) => ['BEGIN READ ONLY', ...structureQuestions(place, serverVersion), 'COMMIT'])
    const outcomes = await connection.flight(flights.flat(), timeoutMs)
    let at = 0
    for (const [index, place] of some.entries()) {
      const answers = outcomes.slice(at, at + (flights[index]?.length ?? 0))
      at += answers.length
      found.set(place.schema, readStructure(answers.map(rowsOf)))
    }
  }
  return found
}
