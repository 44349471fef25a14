/**
 * What a process has to end in order before it goes: workers first, then connections. Kept on globalThis, because in the web process
 * bundled and unbundled copies of this file meet.
 */
type Step = { readonly name: string; run(): Promise<void> }

declare global {
  var tenantryShutdown: Step[] | undefined
}

const steps = (): Step[] => (globalThis.tenantryShutdown ??= [])

/** Adds a step; the last added is run first. */
export const onShutdown = (name: string, run: () => Promise<void>): void => {
  steps().push({ name, run })
}

/** Runs all steps, each once, whatever becomes of the others. Returns those that failed. */
export const shutDown = async (): Promise<ReadonlyArray<{ readonly name: string; readonly error: unknown }>> => {
  const failed: Array<{ name: string; error: unknown }> = []
  for (let step = steps().pop(); step; step = steps().pop()) {
    try {
      await step.run()
    } catch (error) {
      failed.push({ name: step.name, error })
    }
  }
  return failed
}

const waitMs = 30_000

/**
 * Resolves with the first SIGINT, SIGTERM or SIGHUP. From then on the process ends by itself after half a minute, and at once on a second signal,
 * so that nothing that hangs can keep a terminal.
 */
export const untilSignal = (): Promise<NodeJS.Signals> =>
  new Promise((resolve) => {
    let isStopping = false
    const stop = (signal: NodeJS.Signals) => {
      if (isStopping) process.exit(130)
      isStopping = true
      setTimeout(() => process.exit(1), waitMs).unref()
      resolve(signal)
    }
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop)
  })
