/** Probes of a process that serves nothing else. */
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { env } from '../env.ts'
import { createLogger } from '../log.ts'
import type { Tenancy } from '../tenancy/contract/index.ts'
import { TenancyError } from '../tenancy/index.ts'
import { healthz, metrics, notFound, readyz, unanswered, type Answer } from './answers.ts'

export type Probes = { close(): Promise<void> }

const requestLimitMs = 10_000
const log = createLogger('on-call')

const answer = async (request: IncomingMessage, tenancy: Tenancy): Promise<Answer> => {
  if (request.method !== 'GET' && request.method !== 'HEAD') return notFound()
  const path = (request.url ?? '').replace(/\?.*$/, '')
  if (path === '/healthz') return healthz()
  if (path === '/readyz') return readyz(tenancy, true)
  if (path === '/metrics') return metrics(tenancy, env.metricsToken, request.headers.authorization ?? null)
  return notFound()
}

const listen = (server: Server, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'EADDRINUSE' ? new TenancyError('input.invalid', { problem: `port ${port} is taken by another program` }, error) : error)
    })
    server.listen(port, resolve)
  })

/** @throws input.invalid when the port is taken */
export const serveOnCall = async (port: number, tenancy: Tenancy): Promise<Probes> => {
  const server = createServer({ requestTimeout: requestLimitMs, headersTimeout: requestLimitMs }, (request, response) => {
    void answer(request, tenancy)
      .catch((error: unknown) => {
        // The work of this process is worth more than an answer about it.
        log.error({ err: error }, 'probe.failed')
        return unanswered()
      })
      .then(({ status, headers, body }) => {
        response.writeHead(status, { ...headers, 'X-Content-Type-Options': 'nosniff' })
        response.end(request.method === 'HEAD' ? undefined : body)
      })
  })
  await listen(server, port)
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
