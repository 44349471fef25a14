/** What a process has to end in order before it goes: what was opened last is closed first. */
type Step = { readonly name: string; readonly limitMs: number; run(): Promise<void> }

export type Shutdown = {
  /** Adds a step that may take `limitMs`, a quarter of a minute when not given; the last added is run first. */
  add(name: string, run: () => Promise<void>, limitMs?: number): void
  /** Runs all steps, each once and within its limit, whatever becomes of the others. Returns those that failed. */
  run(): Promise<ReadonlyArray<{ readonly name: string; readonly error: unknown }>>
}

const usualLimitMs = 15_000

const within = async (limitMs: number, work: Promise<void>): Promise<void> => {
  const { promise, reject } = Promise.withResolvers<never>()
  const limit = setTimeout(() => reject(new Error(`not done after ${limitMs / 1000} s; left as it is`)), limitMs)
  try {
    await Promise.race([work, promise])
  } finally {
    clearTimeout(limit)
  }
}

export const createShutdown = (): Shutdown => {
  const steps: Step[] = []
  return {
    add: (name, run, limitMs = usualLimitMs) => {
      steps.push({ name, limitMs, run })
    },
    run: async () => {
      const failed: Array<{ name: string; error: unknown }> = []
      for (let step = steps.pop(); step; step = steps.pop()) {
        try {
          await within(step.limitMs, step.run())
        } catch (error) {
          failed.push({ name: step.name, error })
        }
      }
      return failed
    },
  }
}

const waitMs = 120_000
const parentCheckMs = 1_000

/**
 * Resolves with the first SIGINT, SIGTERM or SIGHUP. From then on the process ends by itself after two minutes, and at once on a second signal,
 * so that nothing that hangs can keep a terminal. With `isChild` the death of the parent counts as SIGTERM: npm's shell passes no signal on.
 */
export const untilSignal = (isChild = false): Promise<NodeJS.Signals> =>
  new Promise((resolve) => {
    let firstAtMs: number | null = null
    const stop = (signal: NodeJS.Signals) => {
      const now = Date.now()
      // A terminal's Ctrl-C may come twice, from it and by way of npm; a person's second one comes later.
      if (firstAtMs !== null && now - firstAtMs > 500) process.exit(130)
      if (firstAtMs !== null) return
      firstAtMs = now
      setTimeout(() => process.exit(1), waitMs).unref()
      resolve(signal)
    }
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop)
    if (!isChild) return
    const parent = process.ppid
    const watch = setInterval(() => {
      if (process.ppid === parent) return
      clearInterval(watch)
      stop('SIGTERM')
    }, parentCheckMs)
    watch.unref()
  })
