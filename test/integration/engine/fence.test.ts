/** What becomes of a run whose conductor loses the connection that stands for it, or sleeps while somebody ends the run. */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { openGate, waitAt } from '../../support/gate.ts'
import { ada, firstFiles, makeFleet, ownSlugs, schemaOf, type Fleet } from '../../support/fleet.ts'
import { useDatabases } from '../../support/template.ts'
import { expectNobodyLeft } from '../../support/whole.ts'
import { killWorkers, passHeartbeats, spawnWorker } from '../../support/workers.ts'

const databases = useDatabases()
const { mark, newSlug } = ownSlugs('fe')
const slugs = Array.from({ length: 14 }, () => newSlug('t'))
let fleet: Fleet

beforeAll(async () => {
  fleet = await makeFleet(databases, { budget: 8, limits: { backoffBaseMs: 4_000, backoffMaxMs: 4_000, maxTries: 10 } })
  const worker = await fleet.work()
  await fleet.ended(await fleet.onboard(slugs))
  await worker.stop()
})
afterEach(killWorkers)
afterAll(async () => {
  await fleet.dropRoles(mark)
  await fleet.close()
})

const fences = async (): Promise<readonly number[]> =>
  (
    await fleet.sql<Array<{ pid: number }>>`select pid from pg_stat_activity where application_name like 'tenantry:%:c% fence' and datname = current_database()`
  ).map(({ pid }) => pid)

it('whose fence alone is lost goes on beside an item that takes long', async () => {
  await fleet.sync({ ...firstFiles, '0003_long.sql': `${waitAt('long_may_end', schemaOf(slugs[0] ?? ''))} select pg_sleep(0.2);` })
  const worker = await fleet.work()
  const run = await fleet.start({ maxConcurrent: 3 })
  await fleet.until('some of it', async () => (await fleet.settledOf(run)) > 2)
  const [pid = 0] = await fences()
  expect(await fleet.sql`select pg_terminate_backend(${pid}) as ended`).toEqual([{ ended: true }])
  await fleet.until('all but the long one', async () => (await fleet.settledOf(run)) === slugs.length - 1)
  const again = await fences()
  expect(again).toHaveLength(1)
  expect(again).not.toContain(pid)
  await openGate(fleet.sql, 'long_may_end')
  expect((await fleet.ended(run)).state).toBe('succeeded')
  await worker.stop()
  await expectNobodyLeft(fleet)
})

it('that is cancelled while its worker sleeps begins nothing when that wakes up', async () => {
  const two = slugs.slice(0, 2)
  await fleet.sync({ ...firstFiles, '0003_late.sql': 'alter table customer add column late text' }, 'late')
  const lateSlugs = two.map((slug) => `${slug}-late`)
  const onboarding = await fleet.work()
  await fleet.ended(await fleet.onboard(lateSlugs, { set: 'late', to: '0002' }))
  await onboarding.stop()
  const added = () =>
    fleet.sql`select from pg_attribute where attname = 'late' and attrelid = any (${lateSlugs.map((slug) => `${schemaOf(slug)}.customer`)}::regclass[])`
  const holder = await fleet.sql.reserve()
  await holder.unsafe(`begin; lock table ${lateSlugs.map((slug) => `${schemaOf(slug)}.customer`).join(', ')}`)
  const worker = spawnWorker(fleet)
  await worker.ready
  const run = await fleet.start({ set: 'late' })
  await fleet.until('both to be put aside', async () => {
    const aside = await fleet.control`select from run_item where run_id = ${run} and state = 'pending' and next_attempt_at > now() + interval '1 second'`
    return aside.length === two.length
  })
  worker.signal('SIGSTOP')
  // For longer than the time by which they are due.
  await sleep(6_500)
  await passHeartbeats(fleet)
  await fleet.tenancy.runs.cancel(ada, { run })
  expect(await fleet.stateOf(run)).toBe('cancelled')
  await holder.unsafe('rollback')
  holder.release()
  worker.signal('SIGCONT')
  await sleep(2_000)
  await worker.end('SIGTERM')
  await expectNobodyLeft(fleet)
  expect(await added()).toEqual([])
})
