/** What /healthz, /readyz and /metrics answer: the same in the web process and in a worker's own. Nobody signs in for them. */
import { createHash, timingSafeEqual } from 'node:crypto'
import { readinessOf, type FleetNumbers, type Readiness, type Tenancy } from '../tenancy/contract/index.ts'
import { renderFleet } from './fleet-metrics.ts'
import { processMetrics } from './metrics.ts'

export type Answer = { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: string }

const fresh = { 'Cache-Control': 'no-store' } as const
const json = (status: number, document: object): Answer => ({
  status,
  headers: { ...fresh, 'Content-Type': 'application/json; charset=utf-8' },
  body: `${JSON.stringify(document)}\n`,
})
const text = (status: number, body: string, headers: Readonly<Record<string, string>> = {}): Answer => ({
  status,
  headers: { ...fresh, 'Content-Type': 'text/plain; charset=utf-8', ...headers },
  body: `${body}\n`,
})

export const notFound = (): Answer => text(404, 'not found')
export const unanswered = (): Answer => text(503, 'no answer; the log says why')

/** That it answers at all is the answer. */
export const healthz = (): Answer => json(200, { alive: true })

const unset: Readiness = readinessOf({ control: 'unset', migrations: 'unknown', secret: 'unknown', structure: 'unknown', worker: 'none' })

/** @param tenancy null: the process found no control database, or no secret for it */
export const readyz = async (tenancy: Tenancy | null, needsWorker: boolean): Promise<Answer> => {
  const readiness = tenancy === null ? unset : await tenancy.onCall.readiness(needsWorker)
  return json(readiness.ready ? 200 : 503, readiness)
}

const digest = (word: string): Buffer => createHash('sha256').update(word).digest()

/** Takes as long for a wrong token as for the right one. */
const isBearer = (authorization: string | null, token: string): boolean => timingSafeEqual(digest(authorization ?? ''), digest(`Bearer ${token}`))

const numbersOf = async (tenancy: Tenancy | null): Promise<FleetNumbers | null> => {
  try {
    return (await tenancy?.onCall.numbers()) ?? null
  } catch {
    // What the process counts is told all the same, and tenantry_control_up is 0.
    return null
  }
}

/** @param token null: the operator has not asked for metrics, and there are none */
export const metrics = async (tenancy: Tenancy | null, token: string | null, authorization: string | null): Promise<Answer> => {
  if (token === null) return notFound()
  if (!isBearer(authorization, token)) return text(401, 'TENANTRY_METRICS_TOKEN is needed, as a bearer token', { 'WWW-Authenticate': 'Bearer' })
  const [own, fleet] = await Promise.all([processMetrics().render(tenancy?.onCall.pool() ?? null), numbersOf(tenancy).then(renderFleet)])
  return { status: 200, headers: { ...fresh, 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8' }, body: `${own}\n${fleet}` }
}
