import { isStoppingRun, type RunState } from '../../contract/states.ts'
import type { WorkList } from './work-list.ts'

const tellAgainMs = 1_000

/** Runs of which nothing is in hand any more, here: their end may be due. */
export class QuietRuns {
  readonly #told = new Map<number, { readonly state: RunState; readonly at: number }>()

  /**
   * @param isReported whether all that settled has been told
   * @returns those to be told now. Another server may keep a run from its end for long: what was told need not be told again at once.
   */
  due(list: WorkList, isReported: boolean): number[] {
    const now = Date.now()
    const due: number[] = []
    for (const { id, state } of list.runs.values()) {
      if (list.busyOf(id) > 0 || (!isStoppingRun(state) && list.openOf(id) > 0)) continue
      const told = this.#told.get(id)
      if (told?.state === state && now - told.at < tellAgainMs && isReported) continue
      this.#told.set(id, { state, at: now })
      due.push(id)
    }
    return due
  }
}
