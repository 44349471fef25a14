import type { FleetConnection } from '../../session/fleet-connection.ts'
import type { ConductLimits } from './limits.ts'

/** Targets before the first question, and at least so many between two. */
const askEvery = 20
/** At most so many: the next ones may be far larger than those before. */
const askAtLatest = 50

type Asked = { readonly run: number; readonly touched: number; readonly bytes: number; readonly next: number }

/**
 * When a backend is to be replaced: its caches grow with every relation that it opens and are never given back. By its size where the server knows it (PostgreSQL 14)
 * and tells it (`pg_read_all_stats`), else by the targets that it touched: a history read weighs a tenth of a migration.
 */
export class BackendWeight {
  readonly #limits: ConductLimits
  readonly #asked = new WeakMap<FleetConnection, Asked>()
  #isTold = true

  constructor(limits: ConductLimits) {
    this.#limits = limits
  }

  /**
   * @param connection is asked itself, between two targets
   * @param run whose item it would carry next
   */
  async isTooHeavy(connection: FleetConnection, run: number): Promise<boolean> {
    const { touched } = connection
    if (!this.#isTold) return touched >= this.#limits.recycleAfter
    if (touched < this.#dueAt(connection, run)) return false
    const [outcome] = await connection.flight(['SELECT sum(total_bytes)::text AS bytes FROM pg_catalog.pg_backend_memory_contexts'], 10_000)
    const bytes = outcome?.ok ? Number.parseInt(String(Reflect.get(outcome.rows[0] ?? {}, 'bytes')), 10) : Number.NaN
    if (Number.isFinite(bytes)) return this.#isOver(connection, run, bytes)
    // One that died of it is none to go on with.
    if (connection.dead) return true
    this.#isTold = false
    return touched >= this.#limits.recycleAfter
  }

  /** What another run does to a backend does not follow from what the one before did. */
  #dueAt(connection: FleetConnection, run: number): number {
    const last = this.#asked.get(connection)
    if (last === undefined) return askEvery
    return last.run === run ? last.next : Math.min(last.next, last.touched + askEvery)
  }

  /** Asked again half-way to where it will be too heavy if it goes on growing as it did last: the question costs as much as reading several histories. */
  #isOver(connection: FleetConnection, run: number, bytes: number): boolean {
    const { touched } = connection
    const before = this.#asked.get(connection) ?? { touched: 0, bytes: 0 }
    const growth = Math.max(1, (bytes - before.bytes) / (touched - before.touched))
    const half = Math.floor((this.#limits.backendBytes - bytes) / growth / 2)
    this.#asked.set(connection, { run, touched, bytes, next: touched + Math.min(askAtLatest, Math.max(askEvery, half)) })
    return bytes > this.#limits.backendBytes
  }
}
