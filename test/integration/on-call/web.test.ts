/** The console's own probes and metrics, as handlers that nobody signs in for. */
import { expect, it, vi } from 'vitest'
import { entryOf } from '../../../lib/server/edge-registry.ts'
import { useEdge } from '../../support/edge.ts'
import { ownHost } from '../../support/request.ts'

vi.mock('next/headers', () => import('../../support/request.ts'))
const token = vi.hoisted(() => {
  const word = 'monitoring-reads-with-this'
  vi.stubEnv('TENANTRY_METRICS_TOKEN', word)
  return word
})

const edge = useEdge()

const request = (path: string, headers: Readonly<Record<string, string>> = {}): Request => new Request(`http://${ownHost}${path}`, { headers })
const handlers = async () => ({
  healthz: (await import('../../../app/healthz/route.ts')).GET,
  readyz: (await import('../../../app/readyz/route.ts')).GET,
  metrics: (await import('../../../app/metrics/route.ts')).GET,
})

it('are entry points that say they are public', async () => {
  for (const [name, handler] of Object.entries(await handlers())) expect(entryOf(handler)).toEqual({ kind: 'query', name, permission: 'public' })
})

it('answer without a session', async () => {
  const { healthz, readyz } = await handlers()
  expect((await healthz(request('/healthz'))).status).toBe(200)
  const ready = await readyz(request('/readyz'))
  expect([ready.status, await ready.json()]).toMatchObject([200, { ready: true, checks: { worker: 'none' } }])
  expect(ready.headers.get('Cache-Control')).toBe('no-store')
})

it('give metrics for the token, which no session stands in for', async () => {
  const { metrics } = await handlers()
  expect((await metrics(request('/metrics'))).status).toBe(401)
  expect((await metrics(request('/metrics', { cookie: await edge.signIn('admin') }))).status).toBe(401)
  const answer = await metrics(request('/metrics', { authorization: `Bearer ${token}` }))
  expect(answer.status).toBe(200)
  expect(await answer.text()).toMatch(/^tenantry_runs\{state="running"\} 0$/m)
})

it('have no metrics where the operator set no token', async () => {
  const { metrics } = await import('../../../lib/on-call/answers.ts')
  for (const authorization of [null, 'Bearer ', 'Bearer null', `Bearer ${token}`]) expect((await metrics(edge.tenancy, null, authorization)).status).toBe(404)
})
