/** What probes and monitoring ask of the whole console, which nobody has signed in to. */
import { expect, inject, it } from 'vitest'

const get = (path: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> =>
  fetch(`${inject('consoleUrl')}${path}`, { headers, redirect: 'manual' })

it('lives and is ready, with the worker inside it', async () => {
  const alive = await get('/healthz')
  expect([alive.status, await alive.json()]).toEqual([200, { alive: true }])
  const ready = await get('/readyz')
  expect([ready.status, await ready.json()]).toEqual([
    200,
    // The console's own structure is compared beside the answer, and known to a later one.
    {
      ready: true,
      checks: { control: 'ok', migrations: 'ok', secret: 'ok', structure: expect.stringMatching(/^(unknown|ok)$/), worker: 'ok' },
      problems: [],
      warnings: [],
    },
  ])
  await expect.poll(async () => (await get('/readyz')).json()).toMatchObject({ ready: true, checks: { structure: 'ok' }, warnings: [] })
  expect(ready.headers.get('cache-control')).toBe('no-store')
})

it('tells monitoring what its worker did, for the token', async () => {
  expect((await get('/metrics')).status).toBe(401)
  expect((await get('/metrics', { authorization: 'Bearer something-else-entirely' })).status).toBe(401)
  const answer = await get('/metrics', { authorization: `Bearer ${inject('metricsToken')}` })
  expect(answer.status).toBe(200)
  const text = await answer.text()
  // The demo's tenants were onboarded by this process, outside of what Next has compiled.
  expect(text).toMatch(/^tenantry_item_attempts_total\{kind="onboard",outcome="succeeded",sqlstate_class=""\} [1-9]/m)
  expect(text).toMatch(/^tenantry_targets\{set="app",state="(behind|at_head)"\} [1-9]/m)
  expect(text).toMatch(/^tenantry_control_up 1$/m)
})
