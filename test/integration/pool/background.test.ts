/** What keeps a pool as it is to be: filled, renewed, swept; and said, where a set cannot be pooled. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openControl } from '../../../lib/tenancy/control/db.ts'
import { silentLogger, silentMeters } from '../../../lib/tenancy/context.ts'
import { ownError } from '../../../lib/tenancy/migrations/attempt-error.ts'
import { databasesDue } from '../../../lib/tenancy/pool/due.ts'
import { failUnreachable } from '../../../lib/tenancy/runs/conduct/fail-unreachable.ts'
import { takeLease } from '../../../lib/tenancy/runs/conduct/lease.ts'
import { ada, firstFiles, refusalOf, schemaOf, type Fleet } from '../../support/fleet.ts'
import { dropRoles, emptyPools, makePoolFleet, poolNames, poolOf, poolRows, readyCount, setSize, untilReady } from '../../support/pool.ts'
import { testSecret, useDatabases } from '../../support/template.ts'

const databases = useDatabases()
const mark = `pb${process.pid}`
let fleet: Fleet

beforeAll(async () => {
  fleet = await makePoolFleet(databases, { urls: [await databases.empty(), await databases.empty()] })
  await fleet.work()
})
afterAll(async () => {
  await emptyPools(fleet)
  await dropRoles(fleet, `tenant_${mark}`)
  await fleet.close()
})

const schemasOf = async (set: string): Promise<readonly string[]> =>
  (
    await fleet.control<
      Array<{ name: string }>
    >`select c.schema_name as name from pool_schema c join migration_set s on s.id = c.set_id where s.name = ${set} and c.state = 'ready' order by c.id`
  ).map(({ name }) => name)
/** So many of its head and seed are ready, and none of another. */
const settled = async (set: string, count: number): Promise<readonly string[]> => {
  await fleet.until(
    `${count} ready schemas of ${set} and no other`,
    async () => (await readyCount(fleet, set)) === count && (await schemasOf(set)).length === count,
  )
  return schemasOf(set)
}
/** The next look of the worker looks at what is there as well. */
const sweepNow = () => fleet.control`update database set pool_swept_at = null`

describe('a pool', () => {
  it('is made anew when the set gets another version, or another seed', async () => {
    await fleet.sync(firstFiles, 'moving')
    await setSize(fleet, 2, 'moving')
    const first = await settled('moving', 2)
    await fleet.sync({ '0003_third.sql': 'create table third (id int);' }, 'moving')
    expect(await readyCount(fleet, 'moving')).toBe(0)
    const second = await settled('moving', 2)
    expect(second.filter((name) => first.includes(name))).toEqual([])
    await fleet.sync({ 'seed.sql': `insert into third values (3);` }, 'moving')
    const third = await settled('moving', 2)
    expect(third.filter((name) => second.includes(name))).toEqual([])
    await fleet.until('only what is ready to be there', async () => (await poolNames(fleet)).schemas.toSorted().join() === third.toSorted().join())
    const slug = `${mark}-seeded`
    await fleet.ended(await fleet.onboard([slug], { set: 'moving' }))
    expect(await fleet.sql`select id from ${fleet.sql(schemaOf(slug))}.third`).toEqual([{ id: 3 }])
  })

  it('shrinks, and goes with its row when none are to be kept', async () => {
    const [kept] = await settled('moving', 2)
    await setSize(fleet, 1, 'moving')
    await fleet.until('one to be left', async () => (await poolNames(fleet)).schemas.length === 1)
    expect(await schemasOf('moving')).toEqual([kept])
    await setSize(fleet, 0, 'moving')
    await fleet.until('nothing to be left', async () => (await poolOf(fleet, 'moving')) === undefined)
    expect(await poolNames(fleet)).toEqual({ schemas: [], roles: [] })
    expect(await poolRows(fleet)).toEqual([])
  })

  it('takes away what a dead process left half made, what nobody owns, and what is gone from the server', async () => {
    await fleet.sync(firstFiles, 'swept')
    await setSize(fleet, 2, 'swept')
    await untilReady(fleet, 2, 'swept')
    const [gone, stays] = await schemasOf('swept')
    const prefix = (gone ?? '').slice(0, -16)
    const [orphan, lonelyRole, half, ofOthers] = [
      `${prefix}00000000000000aa`,
      `${prefix}00000000000000bb`,
      `${prefix}00000000000000cc`,
      `tenantry_pool_${mark}_00000000000000dd`,
    ]
    await fleet.sql.unsafe(
      `drop schema "${gone}" cascade; create schema "${orphan}"; create role "${orphan}"; create role "${lonelyRole}"; create schema "${half}"; create schema "${ofOthers}"`,
    )
    await fleet.control`
      insert into pool_schema (set_id, database_id, schema_name, digest, seed, state)
      select set_id, database_id, ${half}, digest, seed, 'building' from pool_schema where schema_name = ${stays ?? ''}`
    await sweepNow()
    await fleet.until('the rest to be swept', async () => {
      const { schemas, roles } = await poolNames(fleet)
      return schemas.length === 2 && schemas.includes(stays ?? '') && roles.join() === schemas.join()
    })
    await untilReady(fleet, 2, 'swept')
    expect(await schemasOf('swept')).toContain(stays)
    expect(await fleet.sql`select 1 as there from pg_namespace where nspname = ${ofOthers}`).toEqual([{ there: 1 }])
    await fleet.sql.unsafe(`drop schema "${ofOthers}"`)
    await setSize(fleet, 0, 'swept')
  })

  it('leaves alone what somebody has called ready since it was looked at', async () => {
    await fleet.sync(firstFiles, 'raced')
    await setSize(fleet, 1, 'raced')
    await untilReady(fleet, 1, 'raced')
    const [ready] = await schemasOf('raced')
    const prefix = (ready ?? '').slice(0, -16)
    const [half, orphan] = [`${prefix}00000000000000ab`, `${prefix}00000000000000ac`]
    await fleet.sql.unsafe(`create schema "${half}"; create schema "${orphan}"`)
    // Whoever would take it away finds no row in the state that was read.
    await fleet.control.unsafe(`
      create function not_there() returns trigger language plpgsql as $$ begin return null; end $$;
      create trigger not_there before update on pool_schema for each row when (new.state = 'leaving') execute function not_there();
      create trigger not_gone before delete on pool_schema for each row execute function not_there()`)
    await fleet.control`
      insert into pool_schema (set_id, database_id, schema_name, digest, seed, state) select set_id, database_id, ${half}, digest, seed, 'building' from pool_schema where schema_name = ${ready ?? ''}`
    await sweepNow()
    // Orphans are the last that a sweep looks at.
    await fleet.until('the orphan to be swept', async () => !(await poolNames(fleet)).schemas.includes(orphan))
    expect((await poolNames(fleet)).schemas).toContain(half)
    await fleet.control.unsafe('drop function not_there cascade')
    await setSize(fleet, 0, 'raced')
    await fleet.until('nothing to be left', async () => (await poolOf(fleet, 'raced')) === undefined)
  })

  it('leaves nothing of what was committed and is not what it was to be', async () => {
    await fleet.sync({ ...firstFiles, '0003_own.sql': `do $$ begin execute 'update tenantry_' || 'history set checksum = md5(checksum)'; end $$;` }, 'meddling')
    await setSize(fleet, 1, 'meddling')
    await fleet.until('a problem', async () => ((await poolOf(fleet, 'meddling'))?.problem ?? null) !== null)
    expect((await poolOf(fleet, 'meddling'))?.problem).toContain('is not the one expected')
    expect(await poolNames(fleet)).toEqual({ schemas: [], roles: [] })
    expect(await poolRows(fleet)).toEqual([])
    await setSize(fleet, 0, 'meddling')
    await fleet.until('nothing to be left', async () => (await poolOf(fleet, 'meddling')) === undefined)
  })

  it('of size 0 is no reason to look again and again while a paused onboarding has one of it', async () => {
    const idle = await makePoolFleet(databases)
    const control = openControl(idle.controlUrl)
    try {
      const run = await idle.onboard([`${mark}-paused`])
      await idle.tenancy.runs.pause(ada, { run })
      await idle.control`insert into pool (set_id, database_id, size) select s.id, d.id, 0 from migration_set s, database d`
      await idle.control`
        insert into pool_schema (set_id, database_id, schema_name, digest, seed, state, claimed_run, claimed_position)
        select set_id, database_id, 'given', '', '', 'claimed', ${run}, 1 from pool`
      await idle.control`update database set pool_swept_at = now()`
      expect(await databasesDue(control.db)).toEqual([])
      await idle.control`delete from pool_schema`
      expect(await databasesDue(control.db)).toHaveLength(1)
    } finally {
      await control.close()
      await idle.close()
    }
  })

  it('that is not full says what it waits for', async () => {
    const idle = await makePoolFleet(databases)
    try {
      const waits = async () => (await poolOf(idle))?.waitsFor
      const [server] = await idle.control<Array<{ name: string }>>`select name from server`
      await setSize(idle, 1)
      expect(await waits()).toEqual({ for: 'worker' })
      await idle.control`insert into worker (name) values ('test')`
      expect(await waits()).toBeNull()
      const run = await idle.onboard([`${mark}-first`])
      expect(await waits()).toEqual({ for: 'runs', server: server?.name, runs: [run] })
      await idle.tenancy.runs.pause(ada, { run })
      expect(await waits()).toBeNull()
      await idle.control`update database set reachable = false, checked_at = now(), problem = 'No connection to db: refused.'`
      expect(await waits()).toEqual({ for: 'server', server: server?.name, problem: 'No connection to db: refused' })
      await idle.control`insert into pool_schema (set_id, database_id, schema_name, digest, seed) select set_id, database_id, 'being made', '', '' from pool`
      expect(await poolOf(idle)).toMatchObject({ building: 1, waitsFor: null })
      await idle.control`
        insert into conductor (server_id, epoch, worker, heartbeat_at, waiting_for) select id, 1, 'test', now(), 'the server: ECONNREFUSED' from server
        on conflict (server_id) do update set heartbeat_at = now(), waiting_for = excluded.waiting_for`
      expect(await waits()).toEqual({ for: 'server', server: server?.name, problem: 'ECONNREFUSED' })
      await idle.control`update pool set size = 0`
      expect(await waits()).toBeNull()
    } finally {
      await idle.close()
    }
  })

  it('serves a run that is held, and that a conductor without its server does not fail', async () => {
    const idle = await makePoolFleet(databases)
    const control = openControl(idle.controlUrl)
    try {
      const run = await idle.onboard([`${mark}-held`])
      await idle.control`update run set state = 'running', held_until = now() + interval '1 hour' where id = ${run}`
      const [server] = await idle.control<Array<{ id: number }>>`select id::int as id from server`
      const lease = await takeLease(control.db, server?.id ?? 0, 'test')
      const error = ownError('CONNECT_TIMEOUT', 'The server is away.')
      const library = { control, secret: testSecret, logger: silentLogger, meters: silentMeters, clock: () => new Date() }
      await failUnreachable(library, { lease, worker: 'test', server: 'db1', error })
      expect(await idle.stateOf(run)).toBe('running')
      await idle.control`update run set held_until = now()`
      await failUnreachable(library, { lease, worker: 'test', server: 'db1', error })
      expect(await idle.stateOf(run)).toBe('failed')
    } finally {
      await control.close()
      await idle.close()
    }
  })

  it('is kept in each database by itself, and keeps its database from being removed', async () => {
    await fleet.sync(firstFiles, 'both')
    await setSize(fleet, 1, 'both', 'db1')
    await setSize(fleet, 2, 'both', 'db2')
    await untilReady(fleet, 1, 'both', 'db1')
    await untilReady(fleet, 2, 'both', 'db2')
    expect((await poolNames(fleet, 1)).schemas).toHaveLength(2)
    expect(await refusalOf(fleet.tenancy.databases.remove(ada, { name: 'db2' }))).toMatchObject({ code: 'database.pooled', details: { set: 'both', count: 2 } })
    await setSize(fleet, 0, 'both', 'db2')
    await fleet.until('db2 to hold none', async () => (await poolOf(fleet, 'both', 'db2')) === undefined)
    await fleet.tenancy.databases.remove(ada, { name: 'db2' })
    await setSize(fleet, 0, 'both', 'db1')
  })

  it('that is out of reach goes with its database, and the trail tells what is left there', async () => {
    await fleet.tenancy.databases.add(ada, { name: 'db2', url: fleet.urls[1] ?? '' })
    await setSize(fleet, 1, 'both', 'db2')
    await untilReady(fleet, 1, 'both', 'db2')
    const { schemas } = await poolNames(fleet, 1)
    await fleet.control`update database set reachable = false where name = 'db2'`
    await fleet.tenancy.databases.remove(ada, { name: 'db2' })
    const { rows } = await fleet.tenancy.audit.list({ action: 'databases.remove', limit: 1 })
    expect(rows[0]?.details).toEqual({ leftBehind: schemas })
    for (const name of schemas) await fleet.open(1).unsafe(`drop schema "${name}" cascade; drop role "${name}"`)
  })
})

describe('sizes', () => {
  it('are refused for sets and databases that are not there', async () => {
    expect(await refusalOf(setSize(fleet, 1, 'nope'))).toMatchObject({ code: 'set.unknown' })
    expect(await refusalOf(setSize(fleet, 1, 'app', 'nope'))).toMatchObject({ code: 'database.unknown' })
  })

  it('leave an audit row', async () => {
    await setSize(fleet, 3, 'app')
    await setSize(fleet, 0, 'app')
    const { rows } = await fleet.tenancy.audit.list({ action: 'sets.pool', subjectKind: 'set', subjectExact: 'app', limit: 2 })
    expect(rows.map(({ details }) => details)).toEqual([
      { database: 'db1', size: 0 },
      { database: 'db1', size: 3 },
    ])
  })
})
