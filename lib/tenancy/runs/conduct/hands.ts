import { endBackend, type FleetConnection } from '../../session/fleet-connection.ts'
import type { FenceLink } from './fence.ts'

const cutMs = 1_000

/** The items that a conductor has in hand: they can be counted, and ended when there is no time left for them. */
export class Hands {
  readonly #busy = new Set<FleetConnection>()
  #fence: FenceLink | null = null

  get size(): number {
    return this.#busy.size
  }

  /** @param fence stands beside the connections of the items on their server */
  onCut(fence: FenceLink): void {
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

  /**
   * Ends the backend of a connection that was given up without an answer: nobody has told the server, where it would keep its transaction and the locks that the
   * next try needs.
   */
  async endSilent(connection: FleetConnection): Promise<void> {
    await this.#fence?.query(endBackend(connection.pid)).catch(() => {})
  }

  /** One statement each, since one refusal would keep the others alive; by the item's own user where the fence's may not. */
  async #end(connection: FleetConnection): Promise<boolean> {
    const ended = await this.#fence?.query(endBackend(connection.pid), cutMs).then(
      () => true,
      () => false,
    )
    return ended === true || connection.terminate(cutMs)
  }

  /**
   * Ends what is in hand on the server, which rolls a transaction back: closing the connections alone would let it go on there, and commit.
   * @returns how many could not be ended: what they do goes on without us
   */
  async cut(): Promise<number> {
    const connections = [...this.#busy]
    const ended = await Promise.all(connections.map((connection) => this.#end(connection)))
    await Promise.all(connections.map((connection) => connection.close()))
    return ended.filter((isEnded) => !isEnded).length
  }
}
