/** How many items of a server go at once: fewer when others suffer, one where all tenants share something. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { RunDetail } from '../../../lib/tenancy/contract/index.ts'
import { firstFiles, makeFleet, schemaOf, slugsOf, type Fleet } from '../../support/fleet.ts'
import { useDatabases } from '../../support/template.ts'

const databases = useDatabases()
let fleet: Fleet

beforeAll(async () => {
  fleet = await makeFleet(databases, { budget: 8, limits: { maxTries: 200, lockTimeoutMs: 100 } })
  await fleet.work()
})
afterAll(() => fleet.close())

const paceOf = (run: RunDetail) => run.servers[0]?.pace ?? null

it('yields while many targets are locked by others, says why, and all end well when the locks go', async () => {
  const slugs = slugsOf(24, 'lock')
  await fleet.verified(await fleet.onboard(slugs))
  await fleet.sync({ ...firstFiles, '0003_phone.sql': 'alter table customer add column phone text;' })
  const holder = fleet.open()
  let release = (): void => {}
  const held = holder.begin(async (sql) => {
    for (const slug of slugs) await sql.unsafe(`lock table ${schemaOf(slug)}.customer in access share mode`)
    await new Promise<void>((resolve) => {
      release = resolve
    })
  })
  const run = await fleet.start()
  await fleet.until('the pace to fall', async () => paceOf(await fleet.tenancy.runs.get(run))?.reason === 'locks')
  const slowed = paceOf(await fleet.tenancy.runs.get(run))
  expect(slowed).toMatchObject({ most: 6, reason: 'locks' })
  expect(slowed?.now).toBeLessThan(6)
  release()
  await held
  expect(await fleet.ended(run)).toMatchObject({ state: 'succeeded', counts: { succeeded: 24 } })
})

it('takes one target at a time where a table that all tenants share is locked, and the plan says so before', async () => {
  await fleet.sql.unsafe('create table public.rate (id bigint primary key)')
  const slugs = slugsOf(10, 'share')
  const set = 'sharing'
  await fleet.sync(firstFiles, set)
  await fleet.verified(await fleet.onboard(slugs, { set }))
  // Two of them side by side would wait for each other for longer than a lock is waited for.
  await fleet.sync(
    {
      '0003_rate.sql': 'alter table orders add column rate_id bigint references public.rate (id);\nselect pg_sleep(0.2);',
      '0004_note.sql': 'alter table orders add column note text;',
    },
    set,
  )
  const plan = await fleet.tenancy.runs.plan({ set, selection: { kind: 'all' } })
  expect(plan.migrations.map(({ version, isShared }) => [version, isShared])).toEqual([
    ['0003', true],
    ['0004', false],
  ])
  const run = await fleet.roll({ set })
  expect(run).toMatchObject({ state: 'succeeded', counts: { succeeded: 10 }, attempts: 10, retried: 0 })
})

it('works as many at once as a run demands, whatever the pace', async () => {
  const slugs = slugsOf(6, 'fixed')
  const set = 'fixed'
  await fleet.sync(firstFiles, set)
  await fleet.verified(await fleet.onboard(slugs, { set }))
  await fleet.sync({ '0003_slow.sql': 'select pg_sleep(0.4);' }, set)
  const run = await fleet.start({ set, maxConcurrent: 2 })
  const most = { seen: 0 }
  await fleet.until('the end', async () => {
    const detail = await fleet.tenancy.runs.get(run)
    most.seen = Math.max(most.seen, detail.counts.running)
    return detail.state === 'succeeded'
  })
  expect(most.seen).toBe(2)
})
