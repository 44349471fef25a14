import 'server-only'
import { hostname } from 'node:os'
import { createLogger } from '@/lib/log'
import { getTenancy } from '@/lib/server/tenancy'
import { onShutdown } from '@/lib/shutdown'

const logger = createLogger('worker')

/** Starts working on runs in the web process. A control database that cannot be used yet is logged: the pages say what to do about it. */
export const startWorkerInside = async (): Promise<void> => {
  try {
    const tenancy = getTenancy()
    await tenancy.control.ready()
    const worker = await tenancy.startWorker({ name: `${hostname()}:${process.pid}:web` })
    onShutdown('worker', () => worker.stop())
  } catch (error) {
    logger.error({ err: error }, 'worker.not_started')
  }
}
