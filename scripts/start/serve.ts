/** Next in this very process, so that one Ctrl-C ends everything in the right order. */
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import { env, runAs } from '../../lib/env.ts'
import { stampClient } from '../../lib/client-address.ts'
import { isPortFree, nextFreePort } from '../../lib/embedded/ports.ts'
import { projectRoot } from '../../lib/root.ts'
import { note } from './progress.ts'
import { readableAddress } from './readable-address.ts'

const usualPort = 3000

/** The port asked for, or the next free one with a word about it. */
export const choosePort = async (): Promise<number> => {
  const wanted = env.port ?? usualPort
  if (await isPortFree(wanted)) return wanted
  const port = await nextFreePort(wanted + 1)
  note(`port ${wanted} is taken by another program; the console is on ${port}`)
  return port
}

const drainMs = 1_000

const close = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve())
    server.closeIdleConnections()
    // Event streams never end by themselves; browsers come back to them.
    setTimeout(() => server.closeAllConnections(), drainMs).unref()
  })

/** Next says on stdout how long it took to read its configuration. Errors still come through. */
const quietly = async (work: () => Promise<void>): Promise<void> => {
  const { log } = console
  Object.assign(console, { log: () => undefined })
  try {
    await work()
  } finally {
    Object.assign(console, { log })
  }
}

export type Console = { close(): Promise<void> }

/** Serves the console on `port`. Resolves when it answers. */
export const serve = async (port: number, isDev: boolean): Promise<Console> => {
  runAs(isDev ? 'development' : 'production')
  const { default: next } = await import('next')
  const server = createServer()
  const app = next({ dev: isDev, dir: projectRoot, port, hostname: 'localhost', httpServer: server })
  const handle = app.getRequestHandler()
  await (isDev ? app.prepare() : quietly(() => app.prepare()))
  server.on('request', (request, response) => {
    stampClient(request, env.trustedProxies)
    request.url = readableAddress(request.url ?? '/')
    void handle(request, response)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, () => resolve())
  })
  return {
    close: async () => {
      await Promise.all([close(server), app.close()])
    },
  }
}
