/**
 * How many items of one server are worked at once: down by steps when the server or its application suffers, up again one by one when it is quiet. Decided once a
 * window, from what settled in it.
 */
import type { PaceReason } from '../../contract/pace.ts'
import { classify, sqlstate } from '../../sql/sqlstate.ts'
import type { ItemOutcome } from './execute.ts'

export const windowMs = 1_000
/** Fewer items than this say nothing. */
const enough = 5
/** A window is slow when its median item took this many times what items took before. */
const slowFactor = 3
/** So many windows in a row: one may be a checkpoint's, or one large tenant's. */
const slowWindows = 2
/** One lock that is held is that tenant's matter; so many at once are the application's. */
const lockShare = 0.2

const rise = 1.25

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

export class Pace {
  #limit: number
  #width: number
  #reason: PaceReason | null = null
  #began: number
  /** Of items that are alike: what one run does for targets at one version. */
  #durations = new Map<string, number[]>()
  #done = 0
  #locks = 0
  #refused = 0
  #isLagging = false
  /** What a median item of a kind took when the server was at ease. */
  readonly #usual = new Map<string, number>()
  readonly #slow = new Map<string, number>()

  /** @param limit never exceeded; a pace begins there, since most servers have been given what they can bear */
  constructor(limit: number, now: number) {
    this.#limit = limit
    this.#width = limit
    this.#began = now
  }

  get width(): number {
    return this.#width
  }

  /** Why it is below its limit; null when it is not. */
  get reason(): PaceReason | null {
    return this.#width < this.#limit ? this.#reason : null
  }

  setLimit(limit: number): void {
    const isFree = this.#width === this.#limit
    this.#limit = limit
    this.#width = isFree ? limit : Math.min(this.#width, limit)
  }

  /**
   * @param like what the item has in common with others, whose durations it is compared with
   */
  settled(like: string, durationMs: number, outcome: ItemOutcome): void {
    if (outcome.kind === 'skipped' || outcome.kind === 'untouched') return
    const code = outcome.kind === 'failed' ? outcome.error.code : null
    if (code === sqlstate.lockNotAvailable) this.#locks += 1
    else if (code === null || classify(code) === 'permanent') {
      this.#done += 1
      // After a takeover they come first and take no time, and would make of all the others a rise.
      if (outcome.kind === 'succeeded' && outcome.resumed) return
      const durations = this.#durations.get(like)
      if (durations) durations.push(durationMs)
      else this.#durations.set(like, [durationMs])
    } else this.refused(code)
  }

  /** A connection could not be had. */
  refused(code: string): void {
    if (code === sqlstate.tooManyConnections) this.#refused += 1
  }

  /** Whether a standby is further behind than it may be. */
  lagging(isLagging: boolean): void {
    this.#isLagging = isLagging
  }

  /** Fewer items than enough are kept for the next window. */
  #isSlow(): boolean {
    let isSlow = false
    for (const [like, durations] of this.#durations) {
      if (durations.length < enough) continue
      this.#durations.delete(like)
      isSlow = this.#weigh(like, median(durations)) || isSlow
    }
    return isSlow
  }

  #weigh(like: string, now: number): boolean {
    const usual = this.#usual.get(like) ?? now
    const slow = now > usual * slowFactor ? (this.#slow.get(like) ?? 0) + 1 : 0
    this.#slow.set(like, slow)
    // Rises in any case, so that a fleet whose later tenants are larger is not held back for good.
    this.#usual.set(like, slow === 0 ? Math.min(now, usual * rise) : usual * rise)
    return slow >= slowWindows
  }

  #pressure(): PaceReason | null {
    const isSlow = this.#isSlow()
    if (this.#refused > 0) return 'connections'
    if (this.#locks >= 2 && this.#locks >= (this.#locks + this.#done) * lockShare) return 'locks'
    if (this.#isLagging) return 'replication'
    return isSlow ? 'latency' : null
  }

  /** To be called often; does something once a window. @returns whether the width has changed */
  tick(now: number): boolean {
    if (now - this.#began < windowMs) return false
    const before = this.#width
    const pressure = this.#pressure()
    if (pressure !== null) {
      this.#reason = pressure
      this.#width = Math.max(1, Math.floor(this.#width * (pressure === 'latency' ? 0.75 : 0.5)))
    } else this.#width = Math.min(this.#limit, this.#width + 1)
    this.#began = now
    this.#done = 0
    this.#locks = 0
    this.#refused = 0
    return this.#width !== before
  }
}
