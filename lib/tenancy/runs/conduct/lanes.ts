import type { Logger } from '../../context.ts'
import { connectFleet, type FleetConnection } from '../../session/fleet-connection.ts'
import { readPlaceFacts } from '../../session/place-facts.ts'
import { codeOf, sqlstate } from '../../sql/sqlstate.ts'
import { backoffMs, type ConductLimits } from './limits.ts'
import { conductorName, endOlderBackends, LeaseLost, type Lease } from './lease.ts'

/** One database of the server, as the conductor sees it. */
type Place = {
  url: string
  readonly name: string
  extensionSchemas: readonly string[] | null
  serverVersion: number
  cleared: boolean
  downSince: number | null
  retryAt: number
  failures: number
  lastError: string | null
  /** While it is down one slot asks for all. */
  probing: boolean
}

export type LaneFailure = {
  readonly error: unknown
  /** The database refused for good, or has been out of reach for longer than a run waits. */
  readonly givenUp: boolean
  /** When to ask again. */
  readonly waitMs: number
}

/** Waiting mends none of these: sign-in refused, no such database, no right to connect. */
const finalRefusals: ReadonlySet<string> = new Set([
  sqlstate.invalidPassword,
  sqlstate.invalidAuthorization,
  sqlstate.undefinedDatabase,
  sqlstate.insufficientPrivilege,
])

const controlWaitMs = 1_000

/**
 * The connections of a conductor: each slot owns at most one, so items never hold more than the budget leaves them. Connecting waits between tries, and a database that stays
 * out of reach delays no other one.
 */
export class Lanes {
  readonly #places = new Map<number, Place>()
  readonly #lease: Lease
  readonly #limits: ConductLimits
  readonly #logger: Logger
  readonly #verify: () => Promise<void>
  #verifying: Promise<void> | null = null
  #nextVerify: Promise<void> | null = null

  /** @param verify throws LeaseLost when the lease is another's: asked after each connect */
  constructor(lease: Lease, limits: ConductLimits, logger: Logger, verify: () => Promise<void>) {
    this.#lease = lease
    this.#limits = limits
    this.#logger = logger
    this.#verify = verify
  }

  /** A corrected address counts from the next connection on. */
  setPlace(databaseId: number, name: string, url: string): void {
    const known = this.#places.get(databaseId)
    if (known) {
      if (known.url !== url) Object.assign(known, { url, retryAt: 0, downSince: null })
      return
    }
    this.#places.set(databaseId, {
      url,
      name,
      extensionSchemas: null,
      serverVersion: 0,
      cleared: false,
      downSince: null,
      retryAt: 0,
      failures: 0,
      lastError: null,
      probing: false,
    })
  }

  /** Whether a slot without a connection there may ask for one now. */
  mayConnect(databaseId: number): boolean {
    const place = this.#places.get(databaseId)
    return place !== undefined && place.retryAt <= Date.now() && !(place.downSince !== null && place.probing)
  }

  /** An item was carried there: whatever cannot be had besides, the database is not out of reach. */
  alive(databaseId: number): void {
    const place = this.#places.get(databaseId)
    if (place) Object.assign(place, { downSince: null, lastError: null })
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

  /** server_version_num. */
  serverVersionOf(databaseId: number): number {
    return this.#place(databaseId).serverVersion
  }

  #place(databaseId: number): Place {
    const place = this.#places.get(databaseId)
    if (!place) throw new Error(`database ${databaseId} is not of this server`)
    return place
  }

  async open(databaseId: number): Promise<FleetConnection | LaneFailure> {
    const place = this.#place(databaseId)
    place.probing = true
    try {
      const connection = await this.#connect(place)
      return 'givenUp' in connection ? connection : await this.#admit(connection)
    } finally {
      place.probing = false
    }
  }

  async #connect(place: Place): Promise<FleetConnection | LaneFailure> {
    let connection: FleetConnection | null = null
    try {
      connection = await connectFleet(place.url, { applicationName: conductorName(this.#lease) })
      await this.#prepare(connection, place)
      Object.assign(place, { downSince: null, failures: 0, lastError: null, retryAt: 0 })
      return connection
    } catch (error) {
      await connection?.close()
      return this.#failed(place, error)
    }
  }

  /** A conductor that slept may wake up here, with a fresh connection and an old lease. That the control plane is away is no fault of the database. */
  async #admit(connection: FleetConnection): Promise<FleetConnection | LaneFailure> {
    try {
      await this.#verifyOnce()
      return connection
    } catch (error) {
      await connection.close()
      if (error instanceof LeaseLost) throw error
      this.#logger.warn({ code: codeOf(error) }, 'conductor.control_away')
      return { error, givenUp: false, waitMs: controlWaitMs }
    }
  }

  /** One question for all who come while another is asked; never an answer that was asked for before the caller had its connection. */
  #verifyOnce(): Promise<void> {
    if (this.#nextVerify) return this.#nextVerify
    const ask = (): Promise<void> => {
      this.#nextVerify = null
      this.#verifying = this.#verify().finally(() => {
        this.#verifying = null
      })
      return this.#verifying
    }
    if (!this.#verifying) return ask()
    this.#nextVerify = this.#verifying.then(ask, ask)
    return this.#nextVerify
  }

  async #prepare(connection: FleetConnection, place: Place): Promise<void> {
    if (!place.cleared) {
      const ended = await endOlderBackends(connection, this.#lease)
      if (ended > 0) this.#logger.warn({ database: place.name, ended }, 'conductor.older_backends_ended')
      place.cleared = true
    }
    if (place.extensionSchemas === null) {
      const { serverVersion, extensionSchemas } = await readPlaceFacts(connection)
      Object.assign(place, { serverVersion, extensionSchemas })
    }
  }

  #failed(place: Place, error: unknown): LaneFailure {
    const now = Date.now()
    place.downSince ??= now
    place.failures += 1
    place.lastError = codeOf(error)
    place.retryAt = now + Math.min(5_000, backoffMs(place.failures, this.#limits))
    this.#logger.warn({ database: place.name, code: codeOf(error), failures: place.failures }, 'conductor.connect_failed')
    return { error, givenUp: finalRefusals.has(codeOf(error)) || now - place.downSince > this.#limits.unreachableMs, waitMs: place.retryAt - now }
  }
}

export const isLaneFailure = (value: FleetConnection | LaneFailure): value is LaneFailure => 'givenUp' in value
