/** Whoever else is at it, and whatever is killed between two steps: a tenant gets one schema, once, and no schema is left that is nobody's. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { migrationsDir } from '../../../lib/connection.ts'
import { createTenancy } from '../../../lib/tenancy/index.ts'
import { claimSchema } from '../../../lib/tenancy/pool/claim.ts'
import { poolLock } from '../../../lib/tenancy/pool/names.ts'
import { dropReady } from '../../../lib/tenancy/pool/place.ts'
import { connectFleet } from '../../../lib/tenancy/session/fleet-connection.ts'
import { ada, refusalOf, schemaOf, shortLimits, slugsOf, type Fleet } from '../../support/fleet.ts'
import { closePoolFleet, makePoolFleet, poolNames, poolRows, setSize, untilReady } from '../../support/pool.ts'
import { giveTurns, holdTurns } from '../../support/server-turns.ts'
import { testSecret, useDatabases } from '../../support/template.ts'

const databases = useDatabases()
const mark = `pr${process.pid}`
let fleet: Fleet
let worker: { stop(): Promise<void> }
let number = 0

beforeAll(async () => {
  fleet = await makePoolFleet(databases)
  worker = await fleet.work()
})
beforeEach(async () => {
  number += 1
})
afterAll(() => closePoolFleet(fleet, mark))

const newSlug = (): string => `${mark}-${number}`
const fill = async (size: number): Promise<void> => {
  await setSize(fleet, size)
  await untilReady(fleet, size)
}
/** Nothing is made up for what is taken. */
const keepNoMore = () => fleet.control`update pool p set problem_of = (select digest || ' ' || seed from pool_schema c where c.set_id = p.set_id limit 1)`
const claimedBy = async (run: number, slug: string) => (await fleet.tenancy.runs.attempts(run, slug)).at(-1)?.claimed

/** A step of the process that claims fails in the control database, as if the process had died before it. */
const breakAt = async (table: string, deed: string): Promise<() => Promise<void>> => {
  await fleet.control.unsafe(`
    create function broken() returns trigger language plpgsql as $$ begin raise exception 'the process died here'; end $$;
    create trigger broken before ${deed} on ${table} for each row execute function broken()`)
  return async () => {
    await fleet.control.unsafe(`drop trigger broken on ${table}; drop function broken()`)
  }
}

/** @returns the run that the process had begun */
const dieBeforeClaim = async (slug: string): Promise<number> => {
  await holdTurns(fleet.control)
  const mend = await breakAt('run', 'update')
  const run = await fleet.onboard([slug])
  await mend()
  await giveTurns(fleet.control)
  return run
}

const expectWhole = async (slugs: readonly string[]): Promise<void> => {
  for (const slug of slugs) {
    await fleet.until(`${slug} to be active`, async () => (await fleet.tenancy.tenants.get(slug)).state === 'active')
    expect(await fleet.versionsOf(slug)).toEqual(['0001', '0002'])
    expect(await fleet.sql`select 1 as there from pg_roles where rolname = ${schemaOf(slug)}`).toHaveLength(1)
  }
  await fleet.until('each schema of a pool to have its row, and each row its schema', async () => {
    const [rows, names] = [await poolRows(fleet), await poolNames(fleet)]
    const ready = rows.map(({ schema }) => schema).toSorted()
    return rows.every(({ state }) => state === 'ready') && names.schemas.join() === ready.join() && names.roles.join() === ready.join()
  })
}

describe('at once', () => {
  it('three places get what there is, and the last one is built', async () => {
    await fill(2)
    await keepNoMore()
    const slugs = slugsOf(3, newSlug())
    const places = slugs.map(() => createTenancy({ controlUrl: fleet.controlUrl, secret: testSecret, migrationsDir, limits: shortLimits }))
    const runs = await Promise.all(
      places.map((place, index) =>
        place.onboarding.start(ada, { set: 'app', tenants: [{ slug: slugs[index] ?? '', hosts: [], labels: {} }], isolation: 'schema', note: '' }),
      ),
    )
    for (const { run } of runs) expect((await fleet.ended(run)).state).toBe('succeeded')
    const claimed = await Promise.all(runs.map(({ run }, index) => claimedBy(run, slugs[index] ?? '')))
    expect(claimed.filter((is) => is === true)).toHaveLength(2)
    for (const place of places) await place.close()
    await expectWhole(slugs)
  })

  it('one slug from three places is one tenant', async () => {
    await fill(3)
    const slug = newSlug()
    const outcomes = await Promise.all([1, 2, 3].map(() => refusalOf(fleet.onboard([slug]))))
    expect(outcomes.filter(({ code }) => code === 'none')).toHaveLength(1)
    for (const { code } of outcomes) expect(['none', 'tenant.exists', 'run.targets_busy']).toContain(code)
    await expectWhole([slug])
  })

  it('the process that started a run and a conductor may both claim for it', async () => {
    await fill(8)
    // Conductors are told at once that nobody else is at these runs.
    await fleet.control.unsafe(`
      create function let_go() returns trigger language plpgsql as $$ begin new.held_until := now() - interval '1 second'; return new; end $$;
      create trigger let_go before insert on run for each row execute function let_go()`)
    const slugs = slugsOf(8, newSlug())
    const runs = await Promise.all(slugs.map((slug) => fleet.onboard([slug])))
    for (const run of runs) expect(await fleet.ended(run)).toMatchObject({ state: 'succeeded', counts: { succeeded: 1, total: 1 } })
    await fleet.control.unsafe('drop trigger let_go on run; drop function let_go()')
    await expectWhole(slugs)
  })

  it('many tenants of one call get what there is from a conductor, and the rest is built', async () => {
    await fill(3)
    await keepNoMore()
    const slugs = slugsOf(12, newSlug())
    const run = await fleet.onboard(slugs)
    expect((await fleet.ended(run)).state).toBe('succeeded')
    const claimed = await Promise.all(slugs.map((slug) => claimedBy(run, slug)))
    expect(claimed.filter((is) => is === true)).toHaveLength(3)
    await expectWhole(slugs)
  })
})

describe('a claim that cannot be made at once', () => {
  it('is a conductor’s while another look has the turn at the server', async () => {
    await fill(1)
    await holdTurns(fleet.control)
    const slug = newSlug()
    const run = await fleet.onboard([slug])
    expect((await fleet.ended(run)).state).toBe('succeeded')
    expect(await claimedBy(run, slug)).toBe(true)
    await giveTurns(fleet.control)
    await expectWhole([slug])
  })

  it('waits for whoever holds the schema', async () => {
    await fill(1)
    const [ready] = await poolRows(fleet)
    const slug = newSlug()
    let run = 0
    await fleet.sql.begin(async (trx) => {
      await trx.unsafe(`lock table "${ready?.schema}".tenantry_history in access exclusive mode`)
      run = await fleet.onboard([slug])
      expect(await fleet.stateOf(run)).toBe('running')
    })
    expect((await fleet.ended(run)).state).toBe('succeeded')
    expect(await claimedBy(run, slug)).toBe(true)
    await expectWhole([slug])
  })

  it('is built instead where the schema is another’s by now, as after the control database was put back', async () => {
    await fill(1)
    const [ready] = await poolRows(fleet)
    await fleet.sql.unsafe(`alter schema "${ready?.schema}" rename to lost_${number}`)
    const slug = newSlug()
    const run = await fleet.onboard([slug])
    expect((await fleet.ended(run)).state).toBe('succeeded')
    expect(await claimedBy(run, slug)).toBe(false)
    await fleet.sql.unsafe(`drop schema lost_${number} cascade`)
    await expectWhole([slug])
  })

  it('is built instead where somebody has changed the schema’s history', async () => {
    await fill(1)
    const [ready] = await poolRows(fleet)
    await fleet.sql.unsafe(`delete from "${ready?.schema}".tenantry_history where version = '0002'`)
    const slug = newSlug()
    const run = await fleet.onboard([slug])
    expect((await fleet.ended(run)).state).toBe('succeeded')
    expect(await claimedBy(run, slug)).toBe(false)
    await expectWhole([slug])
  })
})

describe('a claim that comes late', () => {
  it('is not made: the run is a conductor’s by then, and was cancelled', async () => {
    await fill(1)
    const [given] = await poolRows(fleet)
    const slug = newSlug()
    let starting: Promise<number> = Promise.resolve(0)
    await holdTurns(fleet.control)
    await fleet.control.begin(async (trx) => {
      // Free for whoever asks, but not before this ends.
      await trx`update server_turn set until = now() - interval '1 second'`
      starting = fleet.onboard([slug])
      await fleet.until('the run to be held', async () => (await fleet.control`select 1 from run where held_until > now()`).length > 0)
      const [run] = await fleet.control<
        Array<{ id: number }>
      >`update run set held_until = now() - interval '1 second' where held_until is not null and state = 'running' returning id::int`
      await fleet.tenancy.runs.cancel(ada, { run: run?.id ?? 0 })
      expect((await fleet.ended(run?.id ?? 0)).state).toBe('cancelled')
      expect((await poolNames(fleet)).schemas).not.toContain(given?.schema)
    })
    await starting
    await fleet.until('the turn to be given back', async () => (await fleet.control`select 1 from server_turn`).length === 0)
    expect((await fleet.tenancy.tenants.get(slug)).state).toBe('provisioning')
    expect(await fleet.sql`select 1 from pg_namespace where nspname = ${schemaOf(slug)}`).toHaveLength(0)
    await expectWhole([])
  })

  it('has not kept the turn at the server for as long as its tenants could not be reserved', async () => {
    await fill(1)
    await keepNoMore()
    const slug = newSlug()
    const turns = async (): Promise<number> => (await fleet.control`select 1 from server_turn`).length
    let starting: Promise<number> = Promise.resolve(0)
    await fleet.control.begin(async (trx) => {
      await trx`lock table tenant in share mode`
      starting = fleet.onboard([slug])
      await fleet.until('the turn to be taken', async () => (await turns()) > 0)
      await fleet.until('the turn to be given back', async () => (await turns()) === 0)
      expect(await fleet.control`select 1 from run where state in ('queued', 'running')`).toEqual([])
    })
    expect((await fleet.ended(await starting)).state).toBe('succeeded')
    await expectWhole([slug])
  })

  it('is undone by the server itself, whatever the process was told before it was held up', async () => {
    await fill(1)
    await keepNoMore()
    const [ready] = await poolRows(fleet)
    const connection = await connectFleet(fleet.urls[0] ?? '', { applicationName: 'test' })
    const given = { schema: ready?.schema ?? '', functions: [], extensions: '' }
    const scene = { schema: `late_${mark}`, extensionSchemas: [], run: 1, applicationName: 'test', limits: { lockTimeoutMs: 5_000, statementTimeoutMs: 5_000 } }
    const plan = { role: `late_${mark}`, roleExists: false, expected: ready?.digest ?? '' }
    const [now] = await connection.query<{ seconds: string }>('SELECT extract(epoch FROM clock_timestamp()) AS seconds')
    const until = Number(now?.seconds)
    expect(await claimSchema(connection, given, { ...plan, until }, scene)).toEqual({ kind: 'unfit', code: 'TN002' })
    // In time when it began, and held up then.
    const held = fleet.sql.begin(async (trx) => {
      await trx.unsafe(`lock table "${ready?.schema}".tenantry_history in access exclusive mode`)
      const claiming = claimSchema(connection, given, { ...plan, until: until + 1 }, scene)
      await fleet.until('its time to be over', async () => (await fleet.sql`select 1 where extract(epoch from clock_timestamp()) > ${until + 1}`).length > 0)
      return { claiming }
    })
    expect(await (await held).claiming).toEqual({ kind: 'unfit', code: 'TN002' })
    await connection.close()
    expect((await poolNames(fleet)).schemas).toEqual([ready?.schema])
  })

  it('and the drop of what it would claim wait for each other', async () => {
    await fill(1)
    await keepNoMore()
    const [ready] = await poolRows(fleet)
    const connection = await connectFleet(fleet.urls[0] ?? '', { applicationName: 'test' })
    const dropped = await fleet.sql.begin(async (trx) => {
      // A claim under way.
      await trx.unsafe(`select ${poolLock(ready?.schema ?? '')}; alter schema "${ready?.schema}" rename to "claimed_${mark}"`)
      const dropping = dropReady(connection, ready?.schema ?? '').then(
        () => true,
        () => false,
      )
      await fleet.until(
        'the drop to wait',
        async () => (await fleet.open().unsafe(`select 1 from pg_locks where pid = ${connection.pid} and not granted`)).length > 0,
      )
      return { dropping }
    })
    await dropped.dropping
    expect(await fleet.sql`select 1 from pg_tables where schemaname = ${`claimed_${mark}`} and tablename = 'customer'`).toHaveLength(1)
    await fleet.sql.unsafe(`drop schema "claimed_${mark}" cascade`)
    await connection.close()
    await fleet.control`update database set pool_swept_at = null`
    await fleet.until('its row to go', async () => (await poolRows(fleet)).length === 0)
  })
})

describe('a process that dies', () => {
  it('before it claims leaves the claim to a conductor', async () => {
    await fill(1)
    const slug = newSlug()
    const run = await dieBeforeClaim(slug)
    expect((await fleet.ended(run)).state).toBe('succeeded')
    expect(await fleet.tenancy.runs.attempts(run, slug)).toMatchObject([{ state: 'interrupted' }, { state: 'succeeded', claimed: true }])
    await expectWhole([slug])
  })

  it('after it has claimed is found by the history to have done it', async () => {
    await fill(1)
    const slug = newSlug()
    const mend = await breakAt('attempt', 'insert')
    const run = await fleet.onboard([slug])
    const before = await fleet.sql`select version, applied_at from ${fleet.sql(schemaOf(slug))}.tenantry_history order by version`
    expect(before).toHaveLength(2)
    await mend()
    expect((await fleet.ended(run)).state).toBe('succeeded')
    expect(await fleet.sql`select version, applied_at from ${fleet.sql(schemaOf(slug))}.tenantry_history order by version`).toEqual(before)
    await expectWhole([slug])
  })

  it('between two claims leaves the second to a conductor', async () => {
    await fill(2)
    const slugs = slugsOf(2, newSlug())
    const [, second] = await poolRows(fleet)
    await fleet.sql.unsafe(`drop schema "${second?.schema}" cascade`)
    const mend = await breakAt('attempt', 'insert')
    const run = await fleet.onboard(slugs)
    await mend()
    expect(await fleet.ended(run)).toMatchObject({ state: 'succeeded', counts: { succeeded: 2 } })
    await expectWhole(slugs)
  })

  it('and whose run is cancelled leaves nothing: the schema that was given goes', async () => {
    await fill(1)
    const slug = newSlug()
    const run = await dieBeforeClaim(slug)
    const [given] = await poolRows(fleet)
    await fleet.tenancy.runs.cancel(ada, { run })
    expect((await fleet.ended(run)).state).toBe('cancelled')
    await fleet.until('the schema to be gone', async () => !(await poolNames(fleet)).schemas.includes(given?.schema ?? ''))
    expect((await fleet.tenancy.tenants.get(slug)).state).toBe('provisioning')
    expect(await fleet.sql`select 1 from pg_namespace where nspname = ${schemaOf(slug)}`).toHaveLength(0)
    await expectWhole([])
  })

  it('while it makes a schema is ended, and so is what it made', async () => {
    await fill(1)
    await worker.stop()
    const [ready] = await poolRows(fleet)
    const schema = `${(ready?.schema ?? '').slice(0, -16)}00000000000000ee`
    const installation = schema.split('_')[2]
    const made = fleet
      .open()
      .unsafe(
        `begin; set local application_name = 'tenantry:${installation}:pool ${schema}'; create schema "${schema}"; create role "${schema}"; select pg_sleep(50); commit`,
      )
      .simple()
    const ended = made.then(
      () => 'committed',
      () => 'ended',
    )
    await fleet.control`
      insert into pool_schema (set_id, database_id, schema_name, digest, seed) select set_id, database_id, ${schema}, digest, seed from pool_schema where schema_name = ${ready?.schema ?? ''}`
    await fleet.until(
      'it to be made',
      async () => (await fleet.sql`select 1 from pg_stat_activity where application_name like ${`%${schema}`} and query like '%pg_sleep%'`).length > 0,
    )
    worker = await fleet.work()
    expect(await ended).toBe('ended')
    await expectWhole([])
  })
})
