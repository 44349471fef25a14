import { expect, it } from 'vitest'
import { ada, makeFleet, slugsOf } from '../../support/fleet.ts'
import { useDatabases } from '../../support/template.ts'

const databases = useDatabases()

it('ten thousand tenants are reserved and queued by one call, in a control database that has no statistics of them', async () => {
  // No worker: nothing is built.
  const fleet = await makeFleet(databases)
  const run = await fleet.onboard(slugsOf(10_000, 'many'))
  expect(await fleet.tenancy.runs.get(run)).toMatchObject({ state: 'queued', counts: { total: 10_000, pending: 10_000 } })
  await fleet.tenancy.runs.cancel(ada, { run })
  expect(await fleet.tenancy.runs.get(run)).toMatchObject({ state: 'cancelled', counts: { cancelled: 10_000 } })
  await fleet.close()
})
