/** Ends what takes too long on another connection of the conductor, by its fence, so that it takes no connection more. */
import { setTimeout as sleep } from 'node:timers/promises'
import { isRefusal, type Cancelled, type Quick } from '../../migrations/send-as-one.ts'
import { cancelFlight, type FleetConnection } from '../../session/fleet-connection.ts'
import type { FenceLink } from './fence.ts'

/** Longer than the server lets it run: the bound of a flight destroys the connection, and this one is the conductor's fence. */
const answerMs = 300_000
/** What the fence was asked before may keep it for longer. */
const waitMs = 2_000

export class FlightCanceller {
  readonly #fence: FenceLink
  #isRefused = false

  constructor(fence: FenceLink) {
    this.#fence = fence
  }

  /** Undefined where the fence's user may cancel nothing of the item's. @param applicationName of the flight */
  quickFor({ pid }: FleetConnection, applicationName: string): Quick | undefined {
    return this.#isRefused ? undefined : { cancel: () => this.#cancel(pid, applicationName) }
  }

  async #cancel(pid: number, applicationName: string): Promise<Cancelled> {
    const timer = new AbortController()
    const late = sleep<Cancelled>(waitMs, 'unanswered', { signal: timer.signal }).catch((): Cancelled => 'unanswered')
    const cancelled = await Promise.race([this.#ask(pid, applicationName), late])
    timer.abort()
    return cancelled
  }

  async #ask(pid: number, applicationName: string): Promise<Cancelled> {
    try {
      const [row] = await this.#fence.query<{ sent: string }>(cancelFlight(pid, applicationName), answerMs)
      if (row?.sent === 'hidden') this.#isRefused = true
      return row?.sent === 'true' ? 'sent' : 'missed'
    } catch (error) {
      // Sent by a connection that is gone, it may have arrived.
      if (!isRefusal(error)) return 'unanswered'
      this.#isRefused = true
      return 'missed'
    }
  }
}
