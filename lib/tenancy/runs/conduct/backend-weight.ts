import type { FleetConnection } from '../../session/fleet-connection.ts'
import type { ConductLimits } from './limits.ts'

/** Targets between two questions. */
const askEvery = 20

/**
 * When a backend is to be replaced: its caches grow with every relation that it opens and are never given back. By the targets that it touched; and by its size,
 * where the server knows it (PostgreSQL 14) and tells it (`pg_read_all_stats`).
 */
export class BackendWeight {
  readonly #limits: ConductLimits
  #isTold = true

  constructor(limits: ConductLimits) {
    this.#limits = limits
  }

  /** @param connection is asked itself, between two targets */
  async isTooHeavy(connection: FleetConnection): Promise<boolean> {
    const { touched } = connection
    if (touched >= this.#limits.recycleAfter) return true
    if (!this.#isTold || touched === 0 || touched % askEvery !== 0) return false
    const [outcome] = await connection.flight(['SELECT sum(total_bytes)::text AS bytes FROM pg_catalog.pg_backend_memory_contexts'], 10_000)
    if (outcome?.ok) return Number(Reflect.get(outcome.rows[0] ?? {}, 'bytes')) > this.#limits.backendBytes
    // One that died of it is none to go on with.
    if (connection.dead) return true
    this.#isTold = false
    return false
  }
}
