/** Lines that say what a slow start is doing: one a phase, with its time once it is done. */
const isLive = process.stderr.isTTY

const seconds = (sinceMs: number): string => `${((Date.now() - sinceMs) / 1000).toFixed(1)} s`

/** A line for something that is worth knowing and is not a phase. */
export const note = (line: string): void => {
  process.stderr.write(`  ${line}\n`)
}

/** Runs a phase. In a terminal its name stands there while it runs; the time is added when it is done. A phase that fails says so and throws on. */
export const phase = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
  const began = Date.now()
  if (isLive) process.stderr.write(`  ${name} …`)
  try {
    const result = await work()
    process.stderr.write(`${isLive ? '\r\x1b[K' : ''}  ${name}  ${seconds(began)}\n`)
    return result
  } catch (error) {
    process.stderr.write(`${isLive ? '\r\x1b[K' : ''}  ${name}  failed after ${seconds(began)}\n`)
    throw error
  }
}
