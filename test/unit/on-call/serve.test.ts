import { afterEach, expect, it } from 'vitest'
import { migrationsDir } from '../../../lib/connection.ts'
import { nextFreePort } from '../../../lib/embedded/ports.ts'
import { serveOnCall, type Probes } from '../../../lib/on-call/serve.ts'
import { createTenancy } from '../../../lib/tenancy/index.ts'

const tenancy = createTenancy({ controlUrl: 'postgres://nobody@localhost:1/nowhere', secret: 'a secret of more than thirty-two characters', migrationsDir })
let probes: Probes | null = null

afterEach(async () => {
  await probes?.close()
  await tenancy.close()
})

it('a question that fails is answered as not ready, and the process goes on answering', async () => {
  const port = await nextFreePort(19_470)
  const failing = { ...tenancy, onCall: { ...tenancy.onCall, readiness: () => Promise.reject(new Error('nobody expected this')) } }
  probes = await serveOnCall(port, failing)
  const answer = await fetch(`http://localhost:${port}/readyz`, { signal: AbortSignal.timeout(20_000) })
  expect([answer.status, await answer.text()]).toEqual([503, 'no answer; the log says why\n'])
  expect((await fetch(`http://localhost:${port}/healthz`)).status).toBe(200)
})
