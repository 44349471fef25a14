/** What people may do to an open run: pause, resume, cancel, retry; and what the conductors of several servers make of it. */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openControl } from '../../../lib/tenancy/control/db.ts'
import { emptyDigest } from '../../../lib/tenancy/migrations/digest.ts'
import { LeaseLost, takeLease } from '../../../lib/tenancy/runs/conduct/lease.ts'
import { writeReport } from '../../../lib/tenancy/runs/conduct/report.ts'
import type { ItemReport } from '../../../lib/tenancy/runs/conduct/report-rows.ts'
import { ada, firstFiles, makeFleet, refusalOf, schemaOf, slugsOf, type Fleet } from '../../support/fleet.ts'
import { openGate, waitAt } from '../../support/gate.ts'
import { random } from '../../support/random.ts'
import { useDatabases } from '../../support/template.ts'

const databases = useDatabases()
let fleet: Fleet
let sets = 0

beforeAll(async () => {
  fleet = await makeFleet(databases)
  await fleet.watchStates()
  await fleet.work()
})
afterAll(() => fleet.close())

const slow = (seconds: number): string => `alter table customer add column phone text; select pg_sleep(${seconds});`

const given = async (count: number, migration: string): Promise<{ set: string; slugs: string[] }> => {
  sets += 1
  const set = `set${sets}`
  const slugs = slugsOf(count, `c${sets}t`)
  await fleet.sync(firstFiles, set)
  await fleet.ended(await fleet.onboard(slugs, { set }))
  await fleet.sync({ '0003_change.sql': migration }, set)
  return { set, slugs }
}

const appliedOf = async (slugs: readonly string[]): Promise<number> => {
  let applied = 0
  for (const slug of slugs) if ((await fleet.versionsOf(slug)).includes('0003')) applied += 1
  return applied
}

describe('a pause', () => {
  it('lets running items finish and the pending ones wait; a resume brings them to their end', async () => {
    const { set, slugs } = await given(12, slow(0.15))
    const run = await fleet.start({ set, maxConcurrent: 3 })
    await fleet.until('running items', async () => (await fleet.itemsOf(run)).running?.length === 3)
    await fleet.tenancy.runs.pause(ada, { run })
    const paused = await fleet.reaches(run, 'paused')
    expect(paused).toMatchObject({ stopReason: 'requested', finishedAt: null, counts: { running: 0, failed: 0 } })
    expect(paused.counts.pending).toBeGreaterThan(0)
    expect(paused.counts.succeeded).toBe(await appliedOf(slugs))
    await sleep(300)
    expect(await appliedOf(slugs)).toBe(paused.counts.succeeded)
    await fleet.tenancy.runs.resume(ada, { run })
    expect(await fleet.ended(run)).toMatchObject({ state: 'succeeded', counts: { succeeded: 12 }, attempts: 12 })
  })

  it('leaves a target that was put aside for the end, also after the resume', async () => {
    const { set, slugs } = await given(6, slow(0.1))
    const [locked = ''] = slugs
    const holder = await fleet.open().reserve()
    await holder.unsafe(`begin; lock table ${schemaOf(locked)}.customer in access share mode`)
    const run = await fleet.start({ set, maxConcurrent: 1 })
    await fleet.until('the first try', async () => (await fleet.tenancy.runs.attempts(run, locked)).length === 1)
    await fleet.tenancy.runs.pause(ada, { run })
    await fleet.reaches(run, 'paused')
    await fleet.tenancy.runs.resume(ada, { run })
    await fleet.until('most of the others', async () => ((await fleet.itemsOf(run)).succeeded?.length ?? 0) >= 4)
    await holder.unsafe('rollback')
    holder.release()
    expect((await fleet.ended(run)).state).toBe('succeeded')
    const [, second] = await fleet.tenancy.runs.attempts(run, locked)
    for (const slug of slugs.slice(1)) {
      const [only] = await fleet.tenancy.runs.attempts(run, slug)
      expect(Date.parse(only?.finishedAt ?? ''), slug).toBeLessThanOrEqual(Date.parse(second?.startedAt ?? ''))
    }
  })

  it('holds its targets: no other run may take them, and no tenant of it may be suspended', async () => {
    const { set, slugs } = await given(4, slow(0.05))
    const run = await fleet.start({ set, maxConcurrent: 1 })
    await fleet.tenancy.runs.pause(ada, { run })
    await fleet.reaches(run, 'paused')
    expect(await refusalOf(fleet.start({ set }))).toMatchObject({ code: 'run.targets_busy', details: { run } })
    expect(await refusalOf(fleet.tenancy.tenants.suspend(ada, { selection: { kind: 'tenants', slugs: slugs.slice(3) }, reason: '' }))).toMatchObject({
      code: 'run.targets_busy',
    })
    await fleet.tenancy.runs.cancel(ada, { run })
    await fleet.ended(run)
    expect((await fleet.roll({ set })).state).toBe('succeeded')
  })

  it('of a run that nobody has taken up stops it at once', async () => {
    const lonely = await makeFleet(databases)
    await lonely.watchStates()
    await lonely.sync({ '0003_x.sql': slow(0) })
    const run = await lonely.onboard(['acme'])
    await lonely.tenancy.runs.pause(ada, { run })
    expect(await lonely.stateOf(run)).toBe('paused')
    await lonely.tenancy.runs.resume(ada, { run })
    expect(await lonely.stateOf(run)).toBe('queued')
    await lonely.control`update run set state = 'running' where id = ${run}`
    await lonely.tenancy.runs.pause(ada, { run })
    expect(await lonely.stateOf(run)).toBe('paused')
    expect(await lonely.strayArrows()).toEqual([])
    await lonely.tenancy.runs.cancel(ada, { run })
    expect(await lonely.itemsOf(run)).toEqual({ cancelled: ['acme'] })
    expect(await lonely.stateOf(run)).toBe('cancelled')
    await lonely.close()
  })

  it('and a resume end what has nothing left to do, of whose end nobody has told', async () => {
    const lonely = await makeFleet(databases)
    await lonely.watchStates()
    const worker = await lonely.work()
    await lonely.ended(await lonely.onboard(['acme', 'beta']))
    await worker.stop()
    await lonely.sync({ '0003_x.sql': 'create table third (id int);' })
    for (const [state, outcome, act] of [
      ['paused', 'succeeded', lonely.tenancy.runs.resume],
      ['running', 'failed', lonely.tenancy.runs.pause],
    ] as const) {
      const run = await lonely.start()
      await lonely.control`update run set state = 'running' where id = ${run}`
      await lonely.control`update run_item set state = 'running' where run_id = ${run}`
      await lonely.control`update run_item set state = ${outcome}, finished_at = now() where run_id = ${run}`
      if (state === 'paused') {
        await lonely.control`update run set state = 'pausing' where id = ${run}`
        await lonely.control`update run set state = 'paused' where id = ${run}`
      }
      await act(ada, { run })
      expect(await lonely.stateOf(run)).toBe(outcome)
    }
    expect(await lonely.strayArrows()).toEqual([])
    await lonely.close()
  })

  it('and a resume, many times at any moment, lose nothing and run nothing twice', async () => {
    const { set, slugs } = await given(30, slow(0.02))
    const run = await fleet.start({ set })
    const next = random(3)
    for (let turn = 0; turn < 12; turn += 1) {
      await sleep(next() * 40)
      await refusalOf(fleet.tenancy.runs.pause(ada, { run }))
      await sleep(next() * 40)
      await refusalOf(fleet.tenancy.runs.resume(ada, { run }))
    }
    expect(await fleet.ended(run)).toMatchObject({ state: 'succeeded', counts: { succeeded: 30 }, attempts: 30 })
    expect(await appliedOf(slugs)).toBe(30)
  })
})

describe('a cancel', () => {
  it('lets running items finish; the pending ones never start', async () => {
    const { set, slugs } = await given(12, slow(0.2))
    const run = await fleet.start({ set, maxConcurrent: 3 })
    await fleet.until('running items', async () => (await fleet.itemsOf(run)).running?.length === 3)
    await fleet.tenancy.runs.cancel(ada, { run })
    const ended = await fleet.ended(run)
    expect(ended).toMatchObject({ state: 'cancelled', counts: { pending: 0, running: 0, failed: 0 } })
    expect(ended.counts.succeeded).toBeGreaterThanOrEqual(3)
    expect(ended.counts.cancelled).toBe(12 - ended.counts.succeeded)
    await sleep(300)
    expect(await appliedOf(slugs)).toBe(ended.counts.succeeded)
    const { run: rest } = await fleet.tenancy.runs.rerun(ada, { run, note: '' })
    expect(await fleet.ended(rest)).toMatchObject({ state: 'succeeded', counts: { succeeded: ended.counts.cancelled } })
  })

  it('of a paused run ends it at once', async () => {
    const { set } = await given(5, slow(0.1))
    const run = await fleet.start({ set, maxConcurrent: 1 })
    await fleet.until('a running item', async () => (await fleet.itemsOf(run)).running?.length === 1)
    await fleet.tenancy.runs.pause(ada, { run })
    await fleet.reaches(run, 'paused')
    await fleet.tenancy.runs.cancel(ada, { run })
    expect(await fleet.ended(run)).toMatchObject({ state: 'cancelled', stopReason: 'requested' })
  })

  it('at any moment, of ten runs, leaves no item open and counts as succeeded just what was applied', async () => {
    const next = random(11)
    for (let turn = 0; turn < 10; turn += 1) {
      const { set, slugs } = await given(6, slow(0.01))
      const run = await fleet.start({ set })
      await sleep(next() * 150)
      const refused = await refusalOf(fleet.tenancy.runs.cancel(ada, { run }))
      const ended = await fleet.ended(run)
      expect(ended.state).toBe(refused.code === 'none' ? 'cancelled' : 'succeeded')
      expect(ended.counts).toMatchObject({ pending: 0, running: 0, interrupted: 0, failed: 0 })
      expect(ended.counts.succeeded, set).toBe(await appliedOf(slugs))
    }
  })
})

describe('a command that comes at the wrong time', () => {
  it('is refused with the state that the run is in', async () => {
    const { set } = await given(1, slow(0))
    const { id: run } = await fleet.roll({ set })
    for (const command of ['pause', 'resume', 'cancel'] as const)
      expect(await refusalOf(fleet.tenancy.runs[command](ada, { run }))).toMatchObject({ code: 'run.state_conflict', details: { state: 'succeeded', command } })
    expect(await refusalOf(fleet.tenancy.runs.retry(ada, { run }))).toMatchObject({ code: 'run.state_conflict' })
    expect(await refusalOf(fleet.tenancy.runs.pause(ada, { run: 9999 }))).toMatchObject({ code: 'run.unknown' })
  })

  it('of two pauses at once one is refused, and both are none the worse', async () => {
    const { set } = await given(6, slow(0.1))
    const run = await fleet.start({ set, maxConcurrent: 1 })
    const outcomes = await Promise.all([1, 2].map(() => refusalOf(fleet.tenancy.runs.pause(ada, { run }))))
    expect(outcomes.map(({ code }) => code).toSorted()).toEqual(['none', 'run.state_conflict'])
    await fleet.reaches(run, 'paused')
    await fleet.tenancy.runs.resume(ada, { run })
    expect((await fleet.ended(run)).state).toBe('succeeded')
  })
})

describe('every change of state so far', () => {
  it('was one that the contract has an arrow for', async () => {
    expect(await fleet.strayArrows()).toEqual([])
  })
})

describe('a run over two servers', () => {
  /** db2 as if it were on a server of its own: conductors know servers by their row alone. */
  const twoServers = async (one = 'one', other = 'two'): Promise<{ two: Fleet; run: number; servers: readonly number[] }> => {
    const two = await makeFleet(databases, { urls: [await databases.empty(), await databases.empty()] })
    await two.control`
      with s as (insert into server (identity, name, version, version_num, max_connections, reserved_connections, budget)
        select 'another', 'another', version, version_num, max_connections, reserved_connections, budget from server limit 1 returning id)
      update database set server_id = s.id from s where name = 'db2'`
    const servers = (await two.control<Array<{ id: string }>>`select server_id as id from database order by name`).map(({ id }) => Number(id))
    return {
      two,
      servers,
      run: await two.onboard([
        { slug: one, database: 'db1' },
        { slug: other, database: 'db2' },
      ]),
    }
  }

  const reportOf = (run: number, position: number, state: 'running' | 'succeeded'): ItemReport => ({
    run,
    position,
    state,
    targetId: position,
    tenantId: position,
    attempts: 1,
    nextAttemptAt: null,
    startedAt: new Date(),
    error: null,
    seen: null,
    activates: false,
    attempt:
      state === 'running'
        ? null
        : { state: 'succeeded', startedAt: new Date(), finishedAt: new Date(), versionsApplied: [], backendPid: 1, claimed: false, error: null },
  })

  it('works them at the same time and ends when both are done', async () => {
    const { two, run } = await twoServers()
    await two.work()
    expect((await two.ended(run)).state).toBe('succeeded')
    await two.sync({ '0003_x.sql': slow(0.05) })
    const rolled = await two.roll()
    expect(rolled.state).toBe('succeeded')
    expect(rolled.servers).toHaveLength(2)
    expect(await two.columnsOf(schemaOf('one'), 'customer')).toContain('phone')
    await two.close()
  })

  it('ends even if it was paused while the other server had the last items in hand, unreported', async () => {
    const {
      two,
      run,
      servers: [one = 0, other = 0],
    } = await twoServers()
    const control = openControl(two.controlUrl)
    const first = await takeLease(control.db, one, 'first')
    const second = await takeLease(control.db, other, 'second')
    const tell = (lease: typeof first, items: readonly ItemReport[], quiet: readonly number[]) =>
      writeReport(control.db, lease, 'w', { items, attempts: items, quiet }, emptyDigest)
    await tell(first, [reportOf(run, 1, 'succeeded')], [])
    await two.tenancy.runs.pause(ada, { run })
    await tell(first, [], [run])
    expect(await two.stateOf(run)).toBe('paused')
    await tell(second, [reportOf(run, 2, 'succeeded')], [run])
    expect(await two.stateOf(run)).toBe('succeeded')
    await control.close()
    await two.close()
  })

  it('that is paused says so once and keeps still while the other server ends what it has in hand', async () => {
    const { two, run: first } = await twoServers('this-side', 'other-side')
    await two.work()
    expect((await two.ended(first)).state).toBe('succeeded')
    await two.ended(await two.onboard(slugsOf(4, 'more').map((slug) => ({ slug, database: 'db1' }))))
    await two.sync({ '0003_x.sql': `${waitAt('other_side_may_end', schemaOf('other-side'))} select pg_sleep(0.6);` })
    const run = await two.start({ maxConcurrent: 1 })
    await two.until('both servers to have begun', async () => (await two.itemsOf(run)).running?.length === 2)
    await two.tenancy.runs.pause(ada, { run })
    await two.until('the first server to be done', async () => (await two.itemsOf(run)).running?.length === 1)
    await sleep(300)
    const revision = async () => (await two.tenancy.runs.get(run)).revision
    const before = await revision()
    await sleep(1_200)
    expect([await two.stateOf(run), (await revision()) - before]).toEqual(['pausing', 0])
    await openGate(two.open(1), 'other_side_may_end')
    const { counts } = await two.reaches(run, 'paused')
    expect([counts.running, counts.pending + counts.succeeded]).toEqual([0, 6])
    await two.close()
  })

  it('waits for whoever holds the run, and says then where its targets stand in the set as it is', async () => {
    const {
      two,
      run,
      servers: [one = 0],
    } = await twoServers()
    const control = openControl(two.controlUrl)
    const lease = await takeLease(control.db, one, 'w')
    const [item] = await two.control<Array<{ target: string; tenant: string }>>`
      select target_id as target, tenant_id as tenant from run_item where run_id = ${run} and server_id = ${one}`
    const [head] = await two.control<
      Array<{ version: string; digest: string }>
    >`select version, prefix_digest as digest from migration order by position desc limit 1`
    const seen = { applied: 2, version: head?.version ?? '', digest: head?.digest ?? '', lastRun: run, unfinished: null }
    const items = [{ ...reportOf(run, 1, 'succeeded'), targetId: Number(item?.target), tenantId: Number(item?.tenant), seen }]
    let telling: Promise<unknown> = Promise.resolve()
    await two.control.begin(async (holder) => {
      await holder`select from run where id = ${run} for update`
      telling = writeReport(control.db, lease, 'w', { items, attempts: items, quiet: [] }, emptyDigest)
      await two.until(
        'the word to wait',
        async () => (await two.control`select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`).length > 0,
      )
      await two.sync({ '0003_x.sql': slow(0) })
    })
    await telling
    expect(await two.control`select version_state, pending from observation where target_id = ${item?.target ?? 0}`).toEqual([
      { version_state: 'behind', pending: 1 },
    ])
    await control.close()
    await two.close()
  })

  it('takes no word of a conductor whose server another one has taken over', async () => {
    const {
      two,
      run,
      servers: [one = 0],
    } = await twoServers()
    const control = openControl(two.controlUrl)
    const older = await takeLease(control.db, one, 'older')
    const newer = await takeLease(control.db, one, 'newer')
    const items = [reportOf(run, 1, 'succeeded')]
    await expect(writeReport(control.db, older, 'older', { items, attempts: items, quiet: [] }, emptyDigest)).rejects.toThrow(LeaseLost)
    expect(await two.itemsOf(run)).toEqual({ pending: ['one', 'two'] })
    await writeReport(control.db, newer, 'newer', { items, attempts: items, quiet: [] }, emptyDigest)
    expect(await two.itemsOf(run)).toEqual({ succeeded: ['one'], pending: ['two'] })
    await control.close()
    await two.close()
  })
})
