/** One reading for all who ask at the same time, and for those who ask soon after it: asking often costs nothing. */
export const shared = <T>(read: () => Promise<T>, keepMs: number): (() => Promise<T>) => {
  let reading: Promise<T> | null = null
  let freshUntil = 0
  return () => {
    if (reading && performance.now() < freshUntil) return reading
    const mine = read()
    reading = mine
    freshUntil = Number.POSITIVE_INFINITY
    mine.then(
      () => {
        freshUntil = performance.now() + keepMs
      },
      () => {
        freshUntil = 0
      },
    )
    return mine
  }
}
