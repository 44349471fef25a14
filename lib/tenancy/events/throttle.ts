/**
 * Runs `work` soon after it is asked for, never twice at once and never more often than each `intervalMs`. What is asked for meanwhile is
 * done once, afterwards. `work` handles its own errors.
 */
export type Throttle = {
  ask(): void
  stop(): void
}

export const createThrottle = (intervalMs: number, work: () => Promise<void>): Throttle => {
  let timer: NodeJS.Timeout | null = null
  let last = performance.now()
  let working = false
  let asked = false
  let stopped = false

  const run = async (): Promise<void> => {
    timer = null
    asked = false
    working = true
    last = performance.now()
    try {
      await work()
    } finally {
      working = false
      if (asked) schedule()
    }
  }

  const schedule = (): void => {
    if (stopped || timer !== null) return
    timer = setTimeout(() => void run(), Math.max(0, last + intervalMs - performance.now()))
  }

  return {
    ask() {
      asked = true
      if (!working) schedule()
    },
    stop() {
      stopped = true
      if (timer !== null) clearTimeout(timer)
      timer = null
    },
  }
}
