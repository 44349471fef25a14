/** How many items of a server go at once: fewer when others suffer, one where all tenants share something. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { RunDetail } from '../../../lib/tenancy/contract/index.ts'
import { firstFiles, makeFleet, schemaOf, slugsOf, type Fleet } from '../../support/fleet.ts'
import { useDatabases } from '../../support/template.ts'

const databases = useDatabases()
let fleet: Fleet

beforeAll(async () => {
  // What is locked is tried again and again, so that it presses for as long as it is locked, however slow the machine.
  fleet = await makeFleet(databases, { budget: 8, limits: { maxTries: 500, lockTimeoutMs: 100, backoffMaxMs: 500 } })
  await fleet.work()
})
afterAll(() => fleet.close())

const paceOf = (run: RunDetail) => run.servers[0]?.pace ?? null

/** Locks a table of each tenant. Returns what lets them go. */
const holdTables = async (slugs: readonly string[]): Promise<() => Promise<void>> => {
  const holder = await fleet.open().reserve()
  await holder.unsafe(`begin; ${slugs.map((slug) => `lock table ${schemaOf(slug)}.customer in access share mode`).join('; ')}`)
  return async () => {
    await holder.unsafe('rollback')
    holder.release()
  }
}

it('yields while many targets are locked by others, says why, and all end well when the locks go', async () => {
  const slugs = slugsOf(24, 'lock')
  await fleet.verified(await fleet.onboard(slugs))
  await fleet.sync({ ...firstFiles, '0003_phone.sql': 'alter table customer add column phone text;' })
  const letGo = await holdTables(slugs)
  const run = await fleet.start()
  let slowed = paceOf(await fleet.tenancy.runs.get(run))
  await fleet.until('the pace to fall', async () => {
    slowed = paceOf(await fleet.tenancy.runs.get(run))
    return slowed?.reason === 'locks'
  })
  expect(slowed).toMatchObject({ most: 6, reason: 'locks' })
  expect(slowed?.now).toBeLessThan(6)
  await letGo()
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
      '0005_rate.sql': 'do $$ begin insert into public.rate values (1) on conflict do nothing; perform pg_sleep(0.2); end $$;',
      '0006_own.sql': 'do $$ begin update orders set note = total::text; end $$;',
    },
    set,
  )
  const plan = await fleet.tenancy.runs.plan({ set, selection: { kind: 'all' } })
  expect(plan.migrations.map(({ version, isShared }) => [version, isShared])).toEqual([
    ['0003', true],
    ['0004', false],
    ['0005', true],
    ['0006', false],
  ])
  const run = await fleet.roll({ set })
  expect(run).toMatchObject({ state: 'succeeded', counts: { succeeded: 10 }, attempts: 10, retried: 0 })
})

it('works as many at once as a run demands, whatever the pace', async () => {
  const [demanding, locked] = [slugsOf(40, 'fixed'), slugsOf(24, 'held')]
  for (const [set, slugs] of [
    ['fixed', demanding],
    ['held', locked],
  ] as const) {
    await fleet.sync(firstFiles, set)
    await fleet.verified(await fleet.onboard(slugs, { set }))
  }
  await fleet.sync({ ...firstFiles, '0003_slow.sql': 'select pg_sleep(0.4);' }, 'fixed')
  await fleet.sync({ ...firstFiles, '0003_phone.sql': 'alter table customer add column phone text;' }, 'held')
  const letGo = await holdTables(locked)
  const slowed = await fleet.start({ set: 'held' })
  await fleet.until('the pace to fall below what is demanded', async () => (paceOf(await fleet.tenancy.runs.get(slowed))?.now ?? 6) < 3)
  const run = await fleet.start({ set: 'fixed', maxConcurrent: 3 })
  const most = { seen: 0, whileSlow: 0 }
  await fleet.until('as many at once as it demands, or its end', async () => {
    const [detail, other] = [await fleet.tenancy.runs.get(run), await fleet.tenancy.runs.get(slowed)]
    const now = detail.counts.running
    most.seen = Math.max(most.seen, now)
    if ((paceOf(other)?.now ?? 6) < 3) most.whileSlow = Math.max(most.whileSlow, now)
    return most.whileSlow === 3 || detail.state === 'succeeded'
  })
  await letGo()
  expect(most).toEqual({ seen: 3, whileSlow: 3 })
  expect(await fleet.ended(run)).toMatchObject({ state: 'succeeded' })
  expect(await fleet.ended(slowed)).toMatchObject({ state: 'succeeded' })
})
