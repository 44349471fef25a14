import { isSettledItem, type ItemState, type RunState } from '../contract/states.ts'
import { itemLetters, type ItemCounts } from '../contract/views.ts'
import { countsFrom } from '../runs/summaries.ts'

export type SeenItem = { readonly position: number; readonly state: ItemState; readonly revision: number; readonly finishedAt: Date | null }
export type SeenRun = {
  readonly revision: number
  readonly state: RunState
  readonly stopReason: string | null
  readonly startedAt: Date | null
  /** The control database's clock. */
  readonly now: Date
}

const rateWindowMs = 10_000

/** Also resumed, and not yet taken up again. */
const standsStill = ({ state, startedAt }: SeenRun): boolean => state === 'pausing' || state === 'paused' || (state === 'queued' && startedAt !== null)

/**
 * A run as far as its readers need it, held in memory while somebody looks: what changed after any revision is answered from here,
 * however many readers there are.
 */
export class RunWindow {
  run: SeenRun
  readonly #items: SeenItem[] = []
  readonly #indexOf = new Map<number, number>()
  /** While it stood still nothing could settle; 0: nobody has seen it stand still. */
  #resumedAt = 0
  #isStill: boolean

  /** @param items in order of position */
  constructor(run: SeenRun, items: readonly SeenItem[]) {
    this.run = run
    this.#isStill = standsStill(run)
    for (const item of items) this.#keep(item)
  }

  #keep(item: SeenItem): void {
    const index = this.#indexOf.get(item.position)
    if (index !== undefined) {
      this.#items[index] = item
      return
    }
    this.#indexOf.set(item.position, this.#items.length)
    this.#items.push(item)
  }

  advance(run: SeenRun, changed: readonly SeenItem[]): void {
    if (this.#isStill && !standsStill(run)) this.#resumedAt = run.now.getTime()
    this.#isStill = standsStill(run)
    this.run = run
    for (const item of changed) this.#keep(item)
  }

  get counts(): ItemCounts {
    return countsFrom(this.#items.map(({ state }) => state))
  }

  get map(): string {
    return this.#items.map(({ state }) => itemLetters[state]).join('')
  }

  /** Null when so much changed that the whole map is shorter, or when the reader is ahead of what is here (another database, say). */
  changesAfter(revision: number): ReadonlyArray<readonly [position: number, letter: string]> | null {
    if (revision > this.run.revision) return null
    const changed = this.#items.filter((item) => item.revision > revision)
    // `[1234,"s"],` against one letter an item.
    if (changed.length * 11 > Math.max(this.#items.length, 1_000)) return null
    return changed.map(({ position, state }) => [position, itemLetters[state]] as const)
  }

  /** Items settled a second over the last ten, or since the start or the resume when that is less; null before anything settled. */
  get rate(): number | null {
    const now = this.run.now.getTime()
    const settled = this.#items.filter(({ state, finishedAt }) => finishedAt !== null && isSettledItem(state))
    if (settled.length === 0) return null
    const since = Math.max(now - rateWindowMs, this.run.startedAt?.getTime() ?? 0, this.#resumedAt)
    const recent = settled.filter(({ finishedAt }) => (finishedAt?.getTime() ?? 0) > since).length
    return Math.round((recent / Math.max((now - since) / 1000, 1)) * 10) / 10
  }
}

/** Time until the open items are settled at this rate; null when none settles or the run stands still. */
export const etaOf = (state: RunState, counts: ItemCounts, rate: number | null): number | null => {
  if (rate === null || rate === 0 || (state !== 'running' && state !== 'queued')) return null
  return Math.round(((counts.pending + counts.running + counts.interrupted) / rate) * 1000)
}
