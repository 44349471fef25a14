/** Runs over several tenants: whose failure is whose, when they stop by themselves, and what is tried again. */
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { ada, firstFiles, makeFleet, refusalOf, schemaOf, slugsOf, type Fleet } from '../../support/fleet.ts'
import { openGate, waitAt } from '../../support/gate.ts'
import { useDatabases } from '../../support/template.ts'

const databases = useDatabases()
let fleet: Fleet
let sets = 0

beforeAll(async () => {
  fleet = await makeFleet(databases)
  await fleet.work()
})
afterAll(() => fleet.close())

/** Tenants in a set of their own, one migration behind. */
const given = async (
  count: number,
  migration: string,
  breakTenants: (slugs: readonly string[]) => Promise<unknown> = async () => undefined,
): Promise<{ set: string; slugs: string[] }> => {
  sets += 1
  const set = `set${sets}`
  const slugs = slugsOf(count, `r${sets}t`)
  await fleet.sync(firstFiles, set)
  await fleet.ended(await fleet.onboard(slugs, { set }))
  await breakTenants(slugs)
  await fleet.sync({ '0003_change.sql': migration }, set)
  return { set, slugs }
}

const addPhone = 'alter table customer add column phone text;'
/** Fails where the table holds a row. */
const addCheck = `alter table customer add constraint has_at check (email like '%@%');`
const spoil = async (slugs: readonly string[]) => {
  for (const slug of slugs) await fleet.sql.unsafe(`insert into ${schemaOf(slug)}.customer (email) values ('nobody')`)
}
const repair = async (slugs: readonly string[]) => {
  for (const slug of slugs) await fleet.sql.unsafe(`delete from ${schemaOf(slug)}.customer`)
}

/** Holds a table until it is told to let go. */
const holdLock = async (slug: string, table: string): Promise<() => Promise<void>> => {
  const session = await fleet.open().reserve()
  await session.unsafe(`begin; lock table ${schemaOf(slug)}.${table} in access exclusive mode`)
  return async () => {
    await session.unsafe('rollback')
    session.release()
  }
}

describe('one tenant’s failure', () => {
  it('is that tenant’s: the others are brought to the new version, and the failures stand in one group', async () => {
    const { set, slugs } = await given(12, addCheck, (all) => spoil(all.slice(0, 3)))
    const run = await fleet.roll({ set })
    expect(run).toMatchObject({ state: 'failed', counts: { failed: 3, succeeded: 9, total: 12 }, attempts: 12, retried: 0 })
    const groups = await fleet.tenancy.runs.failures(run.id)
    expect(groups).toMatchObject([
      {
        count: 3,
        tenants: slugs.slice(0, 3),
        example: { code: '23514', statement: addCheck.slice(0, -1), offendingRowsQuery: expect.stringContaining(`WHERE NOT (email like '%@%')`) },
      },
    ])
    for (const [index, slug] of slugs.entries()) expect(await fleet.versionsOf(slug), slug).toHaveLength(index < 3 ? 2 : 3)
    expect((await fleet.verified(run.id)).verified).toMatchObject({ targets: 9, mismatches: 0 })
  })

  it('to let its history be read is that tenant’s too', async () => {
    const { set, slugs } = await given(10, addPhone)
    const [strange = ''] = slugs.slice(4)
    await fleet.sql.unsafe(`alter table ${schemaOf(strange)}.tenantry_history rename column checksum to check_sum`)
    const run = await fleet.roll({ set })
    expect(await fleet.itemsOf(run.id)).toEqual({ failed: [strange], succeeded: slugs.filter((slug) => slug !== strange) })
    expect(await fleet.tenancy.runs.attempts(run.id, strange)).toMatchObject([{ state: 'failed', error: { code: '42703' } }])
    await fleet.verified(run.id)
    const page = await fleet.tenancy.tenants.list({ set: [set], sort: 'slug', descending: false, offset: 0, limit: 20 })
    expect(page.rows.filter(({ slug }) => slug !== strange).map(({ versionState }) => versionState)).toEqual(Array.from({ length: 9 }, () => 'at_head'))
  })

  // Waits for the session's lock timeout, twice.
  it.runIf(inject('serverMajor') === 15)('to let go of its history’s lock costs the others no attempt', async () => {
    const { set, slugs } = await given(10, addPhone)
    const [held = ''] = slugs.slice(4)
    const letGo = await holdLock(held, 'tenantry_history')
    const run = await fleet.start({ set })
    await fleet.until('the others', async () => (await fleet.itemsOf(run)).succeeded?.length === 9)
    await letGo()
    expect(await fleet.ended(run)).toMatchObject({ state: 'succeeded' })
    for (const slug of slugs) if (slug !== held) expect(await fleet.tenancy.runs.attempts(run, slug), slug).toHaveLength(1)
  })
})

describe('trying again', () => {
  it('goes on by itself while a lock is held for a while, and keeps each attempt', async () => {
    const { set, slugs } = await given(4, addPhone)
    const [held = ''] = slugs
    const letGo = await holdLock(held, 'customer')
    const run = await fleet.start({ set })
    await fleet.until('a second attempt', async () => (await fleet.tenancy.runs.attempts(run, held)).length >= 1)
    await letGo()
    expect(await fleet.ended(run)).toMatchObject({ state: 'succeeded', retried: 1 })
    const attempts = await fleet.tenancy.runs.attempts(run, held)
    expect(attempts.at(0)).toMatchObject({ number: 1, state: 'failed', error: { code: '55P03', file: '0003_change.sql' }, versionsApplied: [] })
    expect(attempts.at(-1)).toMatchObject({ number: attempts.length, state: 'succeeded', error: null, versionsApplied: ['0003'] })
  })

  it('ends after the bounded number of tries when the lock is held throughout; the others are done', async () => {
    const { set, slugs } = await given(4, addPhone)
    const [held = ''] = slugs
    const letGo = await holdLock(held, 'customer')
    const run = await fleet.roll({ set })
    await letGo()
    expect(await fleet.itemsOf(run.id)).toEqual({ failed: [held], succeeded: slugs.slice(1) })
    const attempts = await fleet.tenancy.runs.attempts(run.id, held)
    expect(attempts.map(({ number, error }) => [number, error?.code])).toEqual([1, 2, 3, 4].map((number) => [number, '55P03']))
  })

  it('never happens by itself for bad data', async () => {
    const { set, slugs } = await given(1, addCheck, spoil)
    const run = await fleet.roll({ set })
    expect(await fleet.tenancy.runs.attempts(run.id, slugs[0] ?? '')).toHaveLength(1)
  })

  it('of a finished run is a new run of the failed, or of the chosen ones, with the same frozen migrations', async () => {
    const { set, slugs } = await given(6, addCheck, (all) => spoil(all.slice(0, 4)))
    const bad = slugs.slice(0, 4)
    const first = await fleet.roll({ set, maxConcurrent: 3, failureTolerance: '50%' })
    expect(await refusalOf(fleet.tenancy.runs.retry(ada, { run: first.id }))).toMatchObject({ code: first.state === 'failed' ? 'run.state_conflict' : 'none' })
    await repair(bad.slice(0, 2))
    const { run: chosen } = await fleet.tenancy.runs.rerun(ada, { run: first.id, slugs: bad.slice(0, 1), note: 'one first' })
    expect(await fleet.ended(chosen)).toMatchObject({
      state: 'succeeded',
      parentRun: first.id,
      note: 'one first',
      counts: { total: 1 },
      maxConcurrent: 3,
      failureTolerance: '50%',
    })
    const { run: rest } = await fleet.tenancy.runs.rerun(ada, { run: first.id, note: '' })
    expect(await fleet.ended(rest)).toMatchObject({ state: 'failed', counts: { total: 3, succeeded: 1, failed: 2 } })
    expect((await fleet.tenancy.runs.get(first.id)).childRuns).toEqual([chosen, rest])
    expect(await refusalOf(fleet.tenancy.runs.rerun(ada, { run: chosen, note: '' }))).toMatchObject({ code: 'run.no_items' })
    expect(await refusalOf(fleet.tenancy.runs.rerun(ada, { run: rest, slugs: [slugs[5] ?? ''], note: '' }))).toMatchObject({ code: 'run.not_in' })
    // Whoever names tenants means each of them.
    const [left] = (await fleet.itemsOf(rest))['failed'] ?? []
    expect(await refusalOf(fleet.tenancy.runs.rerun(ada, { run: rest, slugs: [left ?? '', 'nobody-here'], note: '' }))).toMatchObject({
      code: 'tenant.unknown',
      details: { slug: 'nobody-here' },
    })
    expect(await refusalOf(fleet.tenancy.runs.rerun(ada, { run: chosen, slugs: [left ?? ''], note: '' }))).toMatchObject({
      code: 'run.not_in',
      details: { run: chosen, slug: left },
    })
  })
})

describe('the failure tolerance', () => {
  it.each([
    ['a number', '2', 3],
    ['a share', '10%', 3],
  ])('as %s pauses the run by itself when it is used up; the rest waits, and goes on after a repair', async (_, failureTolerance, failures) => {
    const { set, slugs } = await given(20, `${addCheck} select pg_sleep(0.01);`, spoil)
    const run = await fleet.start({ set, failureTolerance, maxConcurrent: 1 })
    expect(await fleet.reaches(run, 'paused')).toMatchObject({
      stopReason: 'failure_tolerance',
      counts: { failed: failures, pending: 20 - failures, running: 0 },
      finishedAt: null,
    })
    await repair(slugs)
    await fleet.tenancy.runs.resume(ada, { run })
    await fleet.until('the pending ones', async () => (await fleet.itemsOf(run)).succeeded?.length === 20 - failures)
    expect(await fleet.ended(run)).toMatchObject({ state: 'failed', counts: { failed: failures, succeeded: 20 - failures } })
  })

  it('lets the failed ones be retried inside the paused run, which then ends well', async () => {
    const { set, slugs } = await given(8, addCheck, spoil)
    const run = await fleet.start({ set, failureTolerance: '0', maxConcurrent: 1 })
    await fleet.reaches(run, 'paused')
    await repair(slugs)
    expect(await fleet.tenancy.runs.retry(ada, { run })).toEqual({ items: 1 })
    expect(await fleet.ended(run)).toMatchObject({ state: 'succeeded', counts: { succeeded: 8 }, retried: 1 })
    expect(await fleet.tenancy.runs.attempts(run, slugs[0] ?? '')).toMatchObject([
      { number: 1, state: 'failed' },
      { number: 2, state: 'succeeded' },
    ])
  })

  it('lets a run go on that is resumed before its last running item settled', async () => {
    const { set, slugs } = await given(12, `${addCheck} ${waitAt('resumed')}`, (all) => spoil(all.slice(0, 1)))
    const run = await fleet.start({ set, failureTolerance: '0', maxConcurrent: 3 })
    await fleet.reaches(run, 'pausing')
    await fleet.tenancy.runs.resume(ada, { run })
    await openGate(fleet.sql, 'resumed')
    expect(await fleet.ended(run)).toMatchObject({ state: 'failed', counts: { failed: 1, succeeded: 11 } })
    expect(await fleet.itemsOf(run)).toMatchObject({ failed: [slugs[0]] })
  })

  it('counts an item that fails, is retried and fails again, once', async () => {
    const { set, slugs } = await given(6, `${addCheck} ${waitAt('retried')}`, (all) => spoil(all.slice(0, 2)))
    const bad = slugs.slice(0, 2)
    const run = await fleet.start({ set, failureTolerance: '2', maxConcurrent: 1 })
    await fleet.until('the failures', async () => (await fleet.itemsOf(run)).failed?.length === 2)
    expect(await refusalOf(fleet.tenancy.runs.retry(ada, { run, slugs: [...bad, 'nobody-here'] }))).toMatchObject({ code: 'tenant.unknown' })
    await fleet.tenancy.runs.retry(ada, { run, slugs: bad })
    await openGate(fleet.sql, 'retried')
    expect(await fleet.ended(run)).toMatchObject({ state: 'failed', counts: { failed: 2, succeeded: 4 } })
    for (const slug of bad) expect(await fleet.tenancy.runs.attempts(run, slug)).toHaveLength(2)
  })
})

describe('what a run takes', () => {
  it('is never more at once than it may', async () => {
    const { set } = await given(12, `${addPhone} select pg_sleep(0.25);`)
    const run = await fleet.start({ set, maxConcurrent: 2 })
    let most = 0
    await fleet.until('the end', async () => {
      const [row] = await fleet.sql<
        Array<{ n: number }>
      >`select count(*)::int as n from pg_stat_activity where datname = current_database() and state <> 'idle' and application_name like ${`tenantry:%run ${run} %`}`
      most = Math.max(most, row?.n ?? 0)
      return (await fleet.stateOf(run)) === 'succeeded'
    })
    expect(most).toBe(2)
  })

  it('leaves suspended tenants out, and says so in the plan', async () => {
    const { set, slugs } = await given(4, addPhone)
    const [suspended = ''] = slugs
    await fleet.tenancy.tenants.suspend(ada, { selection: { kind: 'tenants', slugs: [suspended] }, reason: 'unpaid' })
    expect(await fleet.tenancy.runs.plan({ set, selection: { kind: 'all' } })).toMatchObject({ total: 3, leftOut: [{ reason: 'suspended', count: 1 }] })
    const run = await fleet.roll({ set })
    expect(await fleet.itemsOf(run.id)).toEqual({ succeeded: slugs.slice(1) })
    expect(await fleet.versionsOf(suspended)).toEqual(['0001', '0002'])
    expect(await refusalOf(fleet.start({ set }))).toMatchObject({ code: 'run.nothing_to_do' })
    await fleet.tenancy.tenants.activate(ada, { selection: { kind: 'tenants', slugs: [suspended] }, reason: '' })
    expect((await fleet.roll({ set })).counts.succeeded).toBe(1)
  })

  it('is what was frozen at its start, whatever becomes of the files', async () => {
    const { set, slugs } = await given(8, `${addPhone} select pg_sleep(0.05);`)
    const run = await fleet.start({ set, maxConcurrent: 1 })
    await fleet.until('the first', async () => (await fleet.itemsOf(run)).succeeded !== undefined)
    fleet.write({ '0003_change.sql': 'alter table customer add column fax text;' }, set)
    expect(await refusalOf(fleet.tenancy.sets.sync(ada, { name: set }))).toMatchObject({ code: 'set.edited', details: { version: '0003' } })
    fleet.remove('0003_change.sql', set)
    expect(await refusalOf(fleet.tenancy.sets.sync(ada, { name: set }))).toMatchObject({ code: 'set.missing_file', details: { version: '0003' } })
    expect((await fleet.ended(run)).state).toBe('succeeded')
    for (const slug of slugs) expect(await fleet.columnsOf(schemaOf(slug), 'customer')).toEqual(['id', 'email', 'phone'])
  })

  it('is not started from a plan that is out of date', async () => {
    const { set, slugs } = await given(3, addPhone)
    const { digest } = await fleet.tenancy.runs.plan({ set, selection: { kind: 'all' } })
    await fleet.sync({ '0004_more.sql': 'alter table customer add column more int;' }, set)
    expect(await refusalOf(fleet.start({ set, digest }))).toMatchObject({ code: 'run.plan_changed' })
    expect((await fleet.roll({ set, to: '0003' })).counts.succeeded).toBe(slugs.length)
  })

  it('belongs to one run: of two that start the same rollout at once, one wins and the other is told', async () => {
    const { set } = await given(5, `${addPhone} ${waitAt('first_won')}`)
    for (const [to, gate] of [
      ['0003', 'first_won'],
      [undefined, 'second_won'],
    ] as const) {
      const outcomes = await Promise.all(
        Array.from({ length: 4 }, () =>
          fleet.start({ set, to }).then(
            (run) => ({ code: 'started', run }),
            (error: { code: string }) => ({ code: error.code, run: 0 }),
          ),
        ),
      )
      expect(outcomes.filter(({ code }) => code === 'started')).toHaveLength(1)
      expect(outcomes.filter(({ code }) => code === 'run.targets_busy')).toHaveLength(3)
      const { run } = outcomes.find(({ code }) => code === 'started') ?? { run: 0 }
      await openGate(fleet.sql, gate)
      expect((await fleet.ended(run)).state).toBe('succeeded')
      await fleet.sync({ '0004_more.sql': `alter table customer add column more int; ${waitAt('second_won')}` }, set)
    }
  })

  it('is shared fairly: a small run does not wait behind a large one', async () => {
    const large = await given(60, `${addPhone} select pg_sleep(0.1);`)
    const small = await given(3, addPhone)
    const first = await fleet.start({ set: large.set })
    await fleet.until('its first item', async () => (await fleet.itemsOf(first)).succeeded !== undefined)
    const second = await fleet.roll({ set: small.set })
    expect(second.state).toBe('succeeded')
    const before = await fleet.control`select 1 from run_item where run_id = ${first} and finished_at <= ${second.finishedAt}`
    expect(before.length).toBeLessThan(55)
    expect((await fleet.ended(first)).state).toBe('succeeded')
  })
})
