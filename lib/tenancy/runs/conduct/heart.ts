/** A conductor's heartbeat: by it the control plane knows that the server is driven, and the conductor that it is still the one who drives it. */
import type { Library } from '../../context.ts'
import { codeOf } from '../../sql/sqlstate.ts'
import { beat, LeaseLost, type Heartbeat, type Lease } from './lease.ts'

const heartbeatMs = 2_000
const tickMs = 500
/** Well within the time after which others may take the server for nobody's. */
const stallMs = 5_000

export type HeartOptions = {
  readonly library: Pick<Library, 'control' | 'logger'>
  readonly lease: Lease
  readonly say: () => Heartbeat
  readonly onLost: (error: LeaseLost) => void
}

export class Heart {
  readonly #options: HeartOptions
  readonly #timer: NodeJS.Timeout
  #beganAt = Date.now()
  #awakeAt = Date.now()
  #stalls = 0
  /** Of which a heartbeat that began after them was answered. */
  #overcome = 0

  constructor(options: HeartOptions) {
    this.#options = options
    this.#timer = setInterval(() => this.#look(), tickMs).unref()
  }

  #look(): void {
    const now = Date.now()
    if (now - this.#awakeAt > stallMs) this.#stalls += 1
    this.#awakeAt = now
  }

  /** The process was stopped for a while, and no heartbeat has been answered since: the server may be another's by now, and runs may have ended. Nothing is begun. */
  get isInDoubt(): boolean {
    this.#look()
    return this.#stalls > this.#overcome
  }

  get isDue(): boolean {
    return this.isInDoubt || Date.now() - this.#beganAt > heartbeatMs
  }

  async beat(): Promise<void> {
    const { library, lease, say, onLost } = this.#options
    this.#beganAt = Date.now()
    this.#look()
    const stalls = this.#stalls
    try {
      await beat(library.control.db, lease, say())
      this.#overcome = stalls
    } catch (error) {
      if (error instanceof LeaseLost) onLost(error)
      else library.logger.warn({ code: codeOf(error), server: lease.serverId }, 'conductor.heartbeat_failed')
    }
  }

  close(): void {
    clearInterval(this.#timer)
  }
}
