/** Looks that somebody asked for: each is done, whatever is under way and whoever goes meanwhile. */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { ada, makeFleet, slugsOf, type Fleet } from '../../support/fleet.ts'
import { giveTurns, holdTurns } from '../../support/server-turns.ts'
import { useDatabases } from '../../support/template.ts'

const databases = useDatabases()
const slugs = slugsOf(8, 'look')
let fleet: Fleet

beforeAll(async () => {
  fleet = await makeFleet(databases)
  const worker = await fleet.work()
  await fleet.verified(await fleet.onboard(slugs))
  await worker.stop()
})
beforeEach(async () => {
  await fleet.control`update observation set observed_at = '2020-01-01'`
})
afterAll(() => fleet.close())

const request = (...chosen: readonly string[]) => fleet.tenancy.observation.request(ada, { slugs: [...chosen] })
const seen = async (): Promise<readonly string[]> => {
  const rows = await fleet.control<Array<{ slug: string }>>`
    select n.slug from tenant n join placement p on p.tenant_id = n.id join observation o on o.target_id = p.target_id where o.observed_at > '2021-01-01' order by n.slug`
  return rows.map(({ slug }) => slug)
}
const jobs = (): Promise<Array<{ state: string }>> =>
  fleet.control<Array<{ state: string }>>`select state from pgboss.job where name = 'look' and state < 'completed'`

it('each of many is done that were asked for while others were under way', async () => {
  const worker = await fleet.work()
  await holdTurns(fleet.control)
  await request(slugs[0] ?? '')
  await fleet.until('the first to be under way', async () => (await jobs()).some(({ state }) => state === 'active'))
  for (const slug of slugs.slice(1)) await request(slug)
  await giveTurns(fleet.control)
  await fleet.until('all to be seen', async () => (await seen()).length === slugs.length)
  await fleet.until('the last job to end', async () => (await jobs()).length === 0)
  await worker.stop()
})

it('the same one is waiting once, however often it is asked for, in whatever order', async () => {
  await request(...slugs)
  await request(...slugs.toReversed())
  await request(...slugs)
  expect(await jobs()).toEqual([{ state: 'created' }])
  const worker = await fleet.work()
  await fleet.until('all to be seen', async () => (await seen()).length === slugs.length)
  await fleet.until('the last job to end', async () => (await jobs()).length === 0)
  await worker.stop()
})

it('one is done anew when the same is under way already, which may have passed by', async () => {
  const worker = await fleet.work()
  await holdTurns(fleet.control)
  await request(...slugs)
  await fleet.until('the first to be under way', async () => (await jobs()).some(({ state }) => state === 'active'))
  await request(...slugs)
  expect(await jobs()).toHaveLength(2)
  await giveTurns(fleet.control)
  await fleet.until('both to be done', async () => (await jobs()).length === 0)
  expect(await seen()).toEqual(slugs)
  await worker.stop()
})

it('one outlives the worker that had begun it', async () => {
  const worker = await fleet.work()
  await holdTurns(fleet.control)
  await request(...slugs)
  await fleet.until('it to be under way', async () => (await jobs()).some(({ state }) => state === 'active'))
  await worker.stop()
  expect(await jobs()).toEqual([{ state: 'retry' }])
  await giveTurns(fleet.control)
  const next = await fleet.work()
  await fleet.until('it to be done', async () => (await jobs()).length === 0)
  expect(await seen()).toEqual(slugs)
  await next.stop()
})
