/** How long something takes on this machine now, for whoever is to meet it in the middle. */

const remembered = 7

export class UsualTime {
  readonly #last: number[] = []

  /** Of one that nobody disturbed in time. */
  took(ms: number): void {
    this.#last.push(ms)
    if (this.#last.length > remembered) this.#last.shift()
  }

  /** The median of the last few, in milliseconds: one that the machine kept waiting says nothing of the others. */
  get ms(): number {
    return this.#last.toSorted((one, other) => one - other)[Math.floor(this.#last.length / 2)] ?? 0
  }
}
