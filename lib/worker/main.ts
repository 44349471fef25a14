import { hostname } from 'node:os'
import { migrationsDir } from '../connection.ts'
import { env } from '../env.ts'
import { createLogger } from '../log.ts'
import { processMetrics } from '../on-call/metrics.ts'
import { serveOnCall, type Probes } from '../on-call/serve.ts'
import { openConnection } from '../open-connection.ts'
import { untilSignal } from '../shutdown.ts'
import { createTenancy } from '../tenancy/index.ts'
import { startTracing } from '../tracing.ts'
import { stopWords } from './stop-words.ts'

export type WorkerOptions = {
  /** Shown beside the runs it drives; the machine's name and the process id when not given. */
  readonly name?: string
  /** Where it answers /healthz, /readyz and /metrics; nowhere when not given. */
  readonly port?: number
  /** Told in a few words what it does. */
  readonly say?: (line: string) => void
}

/**
 * Works on queued runs and schedules until a signal comes, then gives running items a few seconds to finish, and everything back.
 * Throws ConnectionError or TenancyError when the control database cannot be used.
 */
export const runWorker = async (options: WorkerOptions = {}): Promise<void> => {
  const say = options.say ?? (() => undefined)
  const connection = await openConnection(say)
  const endTracing = await startTracing('worker')
  const logger = createLogger('worker')
  const tenancy = createTenancy({ controlUrl: connection.controlUrl, secret: connection.secret, migrationsDir, logger, meters: processMetrics().meters })
  let probes: Probes | null = null
  try {
    // Before anything else: a probe is told what is still missing.
    if (options.port !== undefined) probes = await serveOnCall(options.port, tenancy)
    await tenancy.control.ready()
    const worker = await tenancy.startWorker({ name: options.name ?? `${hostname()}:${process.pid}` })
    // Listened for before it is said: whoever reads that may send one at once.
    const signalled = untilSignal(env.isStartedByNpm)
    say(`worker ${worker.name} waits for runs; Ctrl-C stops it`)
    const signal = await signalled
    logger.info({ signal, worker: worker.name }, 'worker.stopping')
    say('Stopping')
    await worker.stop(stopWords(say))
  } finally {
    await probes?.close()
    await Promise.all([tenancy.close(), endTracing()])
    await connection.close()
  }
}
