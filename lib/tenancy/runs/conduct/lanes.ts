import type { Logger } from '../../context.ts'
import { connectFleet, type FleetConnection } from '../../session/fleet-connection.ts'
import { codeOf } from '../../sql/sqlstate.ts'
import { backoffMs, type ConductLimits } from './limits.ts'
import { conductorName, endOlderBackends, type Lease } from './lease.ts'

/** One database of the server, as the conductor sees it. */
type Place = {
  readonly url: string
  readonly name: string
  extensionSchemas: readonly string[] | null
  cleared: boolean
  downSince: number | null
  retryAt: number
  failures: number
  lastError: string | null
}

export type LaneFailure = { readonly error: unknown; /** The database has been out of reach for longer than a run waits. */ readonly givenUp: boolean }

const extensionQuery =
  `SELECT DISTINCT n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE n.nspname NOT IN ('pg_catalog', 'public') ORDER BY 1`

/**
 * The connections of a conductor: each slot owns at most one, so the server's budget is kept by construction. Connecting waits between tries, and a database that stays
 * out of reach delays no other one.
 */
export class Lanes {
  readonly #places = new Map<number, Place>()
  readonly #lease: Lease
  readonly #limits: ConductLimits
  readonly #logger: Logger
  readonly #verify: () => Promise<void>

  /** @param verify throws LeaseLost when the lease is another's: asked after each connect, for a conductor that slept may wake up here */
  constructor(lease: Lease, limits: ConductLimits, logger: Logger, verify: () => Promise<void>) {
    this.#lease = lease
    this.#limits = limits
    this.#logger = logger
    this.#verify = verify
  }

  addPlace(databaseId: number, name: string, url: string): void {
    if (this.#places.has(databaseId)) return
    this.#places.set(databaseId, { url, name, extensionSchemas: null, cleared: false, downSince: null, retryAt: 0, failures: 0, lastError: null })
  }

  isUp(databaseId: number): boolean {
    return (this.#places.get(databaseId)?.retryAt ?? 0) <= Date.now()
  }

  nextRetry(): number | null {
    const waits = [...this.#places.values()].flatMap(({ retryAt }) => (retryAt > Date.now() ? [retryAt] : []))
    return waits.length === 0 ? null : Math.min(...waits)
  }

  /** For people: which database is waited for, and why. */
  waitingFor(): string | null {
    const down = [...this.#places.values()].find(({ downSince }) => downSince !== null)
    return down ? `database ${down.name}: ${down.lastError ?? 'no connection'}` : null
  }

  extensionSchemasOf(databaseId: number): readonly string[] {
    return this.#place(databaseId).extensionSchemas ?? []
  }

  #place(databaseId: number): Place {
    const place = this.#places.get(databaseId)
    if (!place) throw new Error(`database ${databaseId} is not of this server`)
    return place
  }

  async open(databaseId: number): Promise<FleetConnection | LaneFailure> {
    const place = this.#place(databaseId)
    try {
      const connection = await connectFleet(place.url, { applicationName: conductorName(this.#lease) })
      try {
        await this.#prepare(connection, place)
      } catch (error) {
        await connection.close()
        throw error
      }
      place.downSince = null
      place.failures = 0
      place.lastError = null
      return connection
    } catch (error) {
      if (error instanceof Error && error.name === 'LeaseLost') throw error
      return this.#failed(place, error)
    }
  }

  async #prepare(connection: FleetConnection, place: Place): Promise<void> {
    if (!place.cleared) {
      const ended = await endOlderBackends(connection, this.#lease)
      if (ended > 0) this.#logger.warn({ database: place.name, ended }, 'conductor.older_backends_ended')
      place.cleared = true
    }
    if (place.extensionSchemas === null) {
      const rows = await connection.query<{ nspname: string }>(extensionQuery)
      place.extensionSchemas = rows.map(({ nspname }) => nspname)
    }
    await this.#verify()
  }

  #failed(place: Place, error: unknown): LaneFailure {
    const now = Date.now()
    place.downSince ??= now
    place.failures += 1
    place.lastError = codeOf(error)
    place.retryAt = now + Math.min(5_000, backoffMs(place.failures, this.#limits))
    this.#logger.warn({ database: place.name, code: codeOf(error), failures: place.failures }, 'conductor.connect_failed')
    return { error, givenUp: now - place.downSince > this.#limits.unreachableMs }
  }
}

export const isLaneFailure = (value: FleetConnection | LaneFailure): value is LaneFailure => 'givenUp' in value
