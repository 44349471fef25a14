/** A worker process of the product, driven by messages of the bench. */
import { readFileSync } from 'node:fs'
import { createTenancy } from '../../lib/tenancy/index.ts'
import { migrationsDir } from '../../lib/connection.ts'

export type WorkerMessage =
  | { readonly kind: 'start'; readonly controlUrl: string; readonly secret: string; readonly name: string }
  | { readonly kind: 'memory' }
  | { readonly kind: 'stop' }
export type WorkerAnswer = { readonly kind: 'started' } | { readonly kind: 'memory'; readonly rss: number; readonly peak: number; readonly cpuMs: number }

const answer = (message: WorkerAnswer): void => {
  process.send?.(message)
}

/** Since this program began: the kernel's other count goes on from the process that started it. */
const peakBytes = (): number =>
  process.platform === 'linux'
    ? Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? 0) * 1024
    : process.resourceUsage().maxRSS * 1024

let stop = async (): Promise<void> => {}

const start = async (controlUrl: string, secret: string, name: string): Promise<void> => {
  const tenancy = createTenancy({ controlUrl, secret, migrationsDir })
  const worker = await tenancy.startWorker({ name, schedules: false })
  stop = async () => {
    await worker.stop()
    await tenancy.close()
  }
}

const obey = async (message: WorkerMessage): Promise<void> => {
  if (message.kind === 'start') {
    await start(message.controlUrl, message.secret, message.name)
    answer({ kind: 'started' })
  } else if (message.kind === 'memory') {
    const { userCPUTime, systemCPUTime } = process.resourceUsage()
    answer({ kind: 'memory', rss: process.memoryUsage().rss, peak: peakBytes(), cpuMs: (userCPUTime + systemCPUTime) / 1000 })
  } else {
    await stop()
    process.disconnect()
  }
}

// Also when the bench itself has died.
process.once('disconnect', () => process.exit())
// A rejection ends the process, which the bench notices.
process.on('message', (message: WorkerMessage) => void obey(message))
