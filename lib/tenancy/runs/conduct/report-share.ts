/** What reports get of a server while something waits there that writes: nobody's rollout is held up by those who only look, and they are not held up for good. */
import type { Work } from './work.ts'

/** One slot in so many, and where what writes is quick, one item in so many; and so much of the time in which they are taken up. */
export const share = 8
/** Where what writes takes longer, the slot of the reports is theirs alone: given back for one item, it would be gone for long. */
const slowMs = 100
/** Of what the last items that write took, in the mean that is kept. */
const newest = 0.2

const isReport = ({ run }: Work): boolean => run.kind === 'report'

export class ReportShare {
  /** When each item was handed out that writes and is in hand. */
  readonly #writers = new Map<Work, number>()
  #reports = 0
  #usualMs = 0
  /** Items that write, since the last one of a report. */
  #since = share

  handed(work: Work, now: number): void {
    if (isReport(work)) {
      this.#reports += 1
      this.#since = 0
      return
    }
    this.#writers.set(work, now)
    this.#since += 1
  }

  released(work: Work, now: number): void {
    if (isReport(work)) this.#reports -= 1
    const began = this.#writers.get(work)
    if (began === undefined) return
    this.#writers.delete(work)
    this.#usualMs += (now - began - this.#usualMs) * newest
  }

  #isSlow(now: number): boolean {
    const [oldest = now] = this.#writers.values()
    return Math.max(this.#usualMs, now - oldest) > slowMs
  }

  /**
   * Whether an item of a report goes first.
   * @param pace items at once on this server
   */
  isDue(pace: number, now: number): boolean {
    if (this.#reports >= Math.max(1, Math.floor(pace / share))) return false
    // Where nothing that writes is in hand beside it, they go in turn.
    return this.#since >= share - 1 || (this.#isSlow(now) && (this.#writers.size > 0 || this.#since > 0))
  }
}
