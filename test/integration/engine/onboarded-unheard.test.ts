/** An onboarding that was tried again and committed, and whose worker died before it could say so. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { makeFleet, ownSlugs, type Fleet } from '../../support/fleet.ts'
import { useDatabases } from '../../support/template.ts'

const databases = useDatabases()
const { mark, newSlug } = ownSlugs('ou')
let fleet: Fleet

beforeAll(async () => {
  fleet = await makeFleet(databases)
})
afterAll(async () => {
  await fleet.dropRoles(mark)
  await fleet.close()
})

it.each([
  ['at the first try', 0],
  ['after a try of which was told', 1],
])('%s: the schema is its own, and the tenant becomes active', async (_, told) => {
  const slug = newSlug('t')
  const worker = await fleet.work()
  const run = await fleet.onboard([slug])
  await fleet.verified(run)
  await worker.stop()
  await fleet.control`update run set state = 'running', finished_at = null where id = ${run}`
  await fleet.control`update run_item set state = 'pending', finished_at = null, attempts = ${told} where run_id = ${run}`
  if (told === 1)
    await fleet.control`update attempt set state = 'failed', versions_applied = '{}', error = '{"code": "55P03", "message": "canceling statement due to lock timeout"}' where run_id = ${run}`
  else await fleet.control`delete from attempt where run_id = ${run}`
  await fleet.control`update tenant set state = 'provisioning' where slug = ${slug}`
  await fleet.work()
  expect(await fleet.ended(run)).toMatchObject({ state: 'succeeded' })
  expect(await fleet.control`select state from tenant where slug = ${slug}`).toEqual([{ state: 'active' }])
})
