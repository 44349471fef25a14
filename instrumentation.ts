import { env } from '@/lib/env'

/** Called once by Next before the first request: the web process works on runs as well, unless TENANTRY_WORKER=off. */
export const register = async (): Promise<void> => {
  if (!env.isWorkerInside) return
  const { startWorkerInside } = await import('@/lib/server/worker')
  await startWorkerInside()
}
