/** Sleeps for so long, or until somebody calls what `keep` is given. */
export const sleepUnlessWoken = async (ms: number, keep: (wake: () => void) => void): Promise<void> => {
  let timer: NodeJS.Timeout | undefined
  await new Promise<void>((resolve) => {
    keep(resolve)
    timer = setTimeout(resolve, ms)
  })
  clearTimeout(timer)
}
