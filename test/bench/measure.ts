/** Rounds of floor and product in turn, so that what the machine does meanwhile meets both. */

export type Figures = { readonly median: number; readonly all: readonly number[] }

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2
}

export const figuresOf = (values: readonly number[]): Figures => ({ median: median(values), all: values.map((value) => Math.round(value * 10) / 10) })

/** @returns milliseconds of the work alone */
export const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const start = performance.now()
  await work()
  return performance.now() - start
}

/**
 * A B A B …; each gives its own milliseconds, so that it may prepare and clean up beside the clock.
 * A first round of both is thrown away: caches, compiled code, grown files.
 */
export const inTurn = async (rounds: number, floor: () => Promise<number>, product: () => Promise<number>): Promise<{ floor: Figures; product: Figures }> => {
  const floors: number[] = []
  const products: number[] = []
  for (let round = 0; round <= rounds; round += 1) {
    const a = await floor()
    const b = await product()
    if (round === 0) continue
    floors.push(a)
    products.push(b)
  }
  return { floor: figuresOf(floors), product: figuresOf(products) }
}
