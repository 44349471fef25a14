import { readFileSync, readdirSync } from 'node:fs'

const read = (file: string): string => {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    // A process that went meanwhile.
    return ''
  }
}

/** Bytes that the largest backend of a database holds for itself alone; null on systems without /proc. */
const largestBackend = (database: string): number => {
  let largest = 0
  for (const pid of readdirSync('/proc')) {
    if (!/^\d+$/.test(pid) || !read(`/proc/${pid}/cmdline`).startsWith(`postgres: postgres ${database} `)) continue
    const anonymous = /^RssAnon:\s+(\d+) kB/m.exec(read(`/proc/${pid}/status`))?.[1]
    largest = Math.max(largest, Number(anonymous ?? 0) * 1024)
  }
  return largest
}

const sampleMs = 50

/** Looks at the backends of a database while something runs; 0 where the system has no /proc. */
export const watchBackends = (database: string): { stop(): number } => {
  if (process.platform !== 'linux') return { stop: () => 0 }
  let peak = 0
  const timer = setInterval(() => {
    peak = Math.max(peak, largestBackend(database))
  }, sampleMs)
  return {
    stop() {
      clearInterval(timer)
      return peak
    },
  }
}
