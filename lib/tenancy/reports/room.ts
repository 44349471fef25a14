/** Room for so many bytes: whoever brings more than there is left waits, the first one first; more than all of it comes alone. */
type Waiting = { readonly key: string; readonly bytes: number; readonly end: (isIn: boolean) => void }

export class Room {
  readonly #most: number
  #held = 0
  #waiting: Waiting[] = []
  #isClosed = false

  constructor(most: number) {
    this.#most = most
  }

  #fits(bytes: number): boolean {
    return this.#held === 0 || this.#held + bytes <= this.#most
  }

  #admit(): void {
    for (let next = this.#waiting[0]; next && this.#fits(next.bytes); next = this.#waiting[0]) {
      this.#waiting.shift()
      this.#held += next.bytes
      next.end(true)
    }
  }

  /**
   * @param begin is called in the very moment in which it is in, so that who calls it off comes before that or after it
   * @returns whether it is in; false: called off, or closed
   */
  async enter(key: string, bytes: number, begin: () => void = () => {}): Promise<boolean> {
    if (this.#isClosed) return false
    if (this.#waiting.length === 0 && this.#fits(bytes)) {
      this.#held += bytes
      begin()
      return true
    }
    return new Promise<boolean>((resolve) => {
      const end = (isIn: boolean): void => {
        if (isIn) begin()
        resolve(isIn)
      }
      this.#waiting.push({ key, bytes, end })
    })
  }

  leave(bytes: number): void {
    this.#held -= bytes
    this.#admit()
  }

  isWaiting(key: string): boolean {
    return this.#waiting.some((one) => one.key === key)
  }

  /** What waits for it comes in no more. */
  callOff(key: string): void {
    for (const one of this.#waiting.filter((waiting) => waiting.key === key)) one.end(false)
    this.#waiting = this.#waiting.filter((waiting) => waiting.key !== key)
    this.#admit()
  }

  close(): void {
    this.#isClosed = true
    for (const { end } of this.#waiting.splice(0)) end(false)
  }
}
