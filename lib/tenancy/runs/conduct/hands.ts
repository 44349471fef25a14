import type { FleetConnection } from '../../session/fleet-connection.ts'

const cutMs = 1_000

/** The items that a conductor has in hand: they can be counted, and ended when there is no time left for them. */
export class Hands {
  readonly #busy = new Set<FleetConnection>()
  #fence: FleetConnection | null = null

  get size(): number {
    return this.#busy.size
  }

  /** @param fence stands beside the connections of the items on their server */
  onCut(fence: FleetConnection): void {
    this.#fence = fence
  }

  async hold<T>(connection: FleetConnection, work: Promise<T>): Promise<T> {
    this.#busy.add(connection)
    try {
      return await work
    } finally {
      this.#busy.delete(connection)
    }
  }

  /** Ends what is in hand on the server, which rolls it back: closing the connections alone would let it go on there, and commit. */
  async cut(): Promise<void> {
    const connections = [...this.#busy]
    if (connections.length === 0) return
    const pids = connections.map(({ pid }) => `pg_terminate_backend(${pid})`)
    await this.#fence?.query(`SELECT ${pids.join(', ')}`, cutMs).catch(() => {})
    await Promise.all(connections.map((connection) => connection.close()))
  }
}
