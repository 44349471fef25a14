/** So many at once, and the others one after the other, in the order in which they came; whoever has waited for too long is refused. */
import { TenancyError } from '../errors.ts'

type Waiting = { readonly begin: () => void }

export class Turns {
  readonly #most: number
  readonly #waitMs: number
  #taken = 0
  #waiting: Waiting[] = []

  constructor(most: number, waitMs: number) {
    this.#most = most
    this.#waitMs = waitMs
  }

  get isIdle(): boolean {
    return this.#taken === 0
  }

  /** @returns the way to give the turn back. @throws report.busy */
  async take(): Promise<() => void> {
    if (this.#taken < this.#most) this.#taken += 1
    else await this.#wait()
    let isGiven = false
    return () => {
      if (isGiven) return
      isGiven = true
      // Handed on, so that nobody comes in between.
      const next = this.#waiting.shift()
      if (next) next.begin()
      else this.#taken -= 1
    }
  }

  #wait(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const timer = setTimeout(() => {
      this.#waiting = this.#waiting.filter((one) => one !== waiting)
      reject(new TenancyError('report.busy', { most: this.#most, seconds: Math.round(this.#waitMs / 1_000) }))
    }, this.#waitMs)
    const waiting: Waiting = {
      begin: () => {
        clearTimeout(timer)
        resolve()
      },
    }
    this.#waiting.push(waiting)
    return promise
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    const giveBack = await this.take()
    try {
      return await work()
    } finally {
      giveBack()
    }
  }
}
