/** What keeps a pool as it is to be: filled, renewed, swept; and said, where a set cannot be pooled. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ada, firstFiles, makeFleet, refusalOf, schemaOf, type Fleet } from '../../support/fleet.ts'
import { dropRoles, emptyPools, poolNames, poolRows, readyCount, setSize, untilReady } from '../../support/pool.ts'
import { useDatabases } from '../../support/template.ts'

const databases = useDatabases()
const mark = `pb${process.pid}`
let fleet: Fleet

beforeAll(async () => {
  fleet = await makeFleet(databases, { urls: [await databases.empty(), await databases.empty()] })
  await fleet.work()
})
afterAll(async () => {
  await emptyPools(fleet)
  await dropRoles(fleet, `tenant_${mark}`)
  await fleet.close()
})

const poolOf = async (set: string, database = 'db1') => (await fleet.tenancy.sets.get(set)).pools.find((pool) => pool.database === database)
const problemOf = async (set: string): Promise<string> => {
  await fleet.until(`a problem of ${set}`, async () => ((await poolOf(set))?.problem ?? null) !== null)
  return (await poolOf(set))?.problem ?? ''
}
const schemasOf = async (set: string): Promise<readonly string[]> =>
  (
    await fleet.control<
      Array<{ name: string }>
    >`select c.schema_name as name from pool_schema c join migration_set s on s.id = c.set_id where s.name = ${set} and c.state = 'ready' order by c.id`
  ).map(({ name }) => name)
const tidied = (what: string, isSo: () => Promise<boolean>) => fleet.until(what, isSo)
/** The next look of the worker looks at what is there as well. */
const sweepNow = () => fleet.control`update database set pool_swept_at = null`

describe('a pool', () => {
  it('is made anew when the set gets another version, or another seed', async () => {
    await fleet.sync(firstFiles, 'moving')
    await setSize(fleet, 2, 'moving')
    await untilReady(fleet, 2, 'moving')
    const first = await schemasOf('moving')
    await fleet.sync({ '0003_third.sql': 'create table third (id int);' }, 'moving')
    expect(await readyCount(fleet, 'moving')).toBe(0)
    await untilReady(fleet, 2, 'moving')
    const second = await schemasOf('moving')
    expect(second.filter((name) => first.includes(name))).toEqual([])
    await fleet.sync({ 'seed.sql': `insert into third values (3);` }, 'moving')
    await untilReady(fleet, 2, 'moving')
    const third = await schemasOf('moving')
    expect(third.filter((name) => second.includes(name))).toEqual([])
    await tidied('only what is ready to be there', async () => (await poolNames(fleet)).schemas.toSorted().join() === third.toSorted().join())
    const slug = `${mark}-seeded`
    await fleet.ended(await fleet.onboard([slug], { set: 'moving' }))
    expect(await fleet.sql`select id from ${fleet.sql(schemaOf(slug))}.third`).toEqual([{ id: 3 }])
  })

  it('shrinks, and goes with its row when none are to be kept', async () => {
    await untilReady(fleet, 2, 'moving')
    const [kept] = await schemasOf('moving')
    await setSize(fleet, 1, 'moving')
    await tidied('one to be left', async () => (await poolNames(fleet)).schemas.length === 1)
    expect(await schemasOf('moving')).toEqual([kept])
    await setSize(fleet, 0, 'moving')
    await tidied('nothing to be left', async () => (await poolOf('moving')) === undefined)
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
    await tidied('the rest to be swept', async () => {
      const { schemas, roles } = await poolNames(fleet)
      return schemas.length === 2 && schemas.includes(stays ?? '') && roles.join() === schemas.join()
    })
    await untilReady(fleet, 2, 'swept')
    expect(await schemasOf('swept')).toContain(stays)
    expect(await fleet.sql`select 1 as there from pg_namespace where nspname = ${ofOthers}`).toEqual([{ there: 1 }])
    await fleet.sql.unsafe(`drop schema "${ofOthers}"`)
    await setSize(fleet, 0, 'swept')
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
    await tidied('db2 to hold none', async () => (await poolOf('both', 'db2')) === undefined)
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

describe('a set that cannot be pooled', () => {
  it.each([
    ['a comment', `do $$ begin execute format('comment on table customer is %L', current_schema()); end $$`, 'The comment on table customer holds the name'],
    [
      'a default',
      `do $$ begin execute format('alter table customer alter email set default %L', current_schema()); end $$`,
      'The default of customer.email holds the name',
    ],
    [
      'a check',
      `do $$ begin execute format('alter table customer add constraint own check (email <> %L)', current_schema()); end $$`,
      'Constraint own holds the name',
    ],
    ['an index', `do $$ begin execute format('create index own on customer (email) where email = %L', current_schema()); end $$`, 'Index own holds the name'],
    ['a view', `do $$ begin execute format('create view own as select %L::text as here', current_schema()); end $$`, 'View own holds the name'],
    [
      'an argument of a trigger',
      `create function noted() returns trigger language plpgsql as $$ begin return new; end $$; do $$ begin execute format('create trigger own before insert on customer for each row execute function noted(%L)', current_schema()); end $$`,
      'Trigger own of customer holds the name',
    ],
    [
      'a policy',
      `do $$ begin execute format('create policy own on customer using (email = %L)', current_schema()); end $$`,
      'Policy own of customer holds the name',
    ],
    ['a name', `do $$ begin execute format('create table %I (id int)', 'of_' || current_schema()); end $$`, 'The name of table'],
    ['a label', `do $$ begin execute format('create type own as enum (%L)', current_schema()); end $$`, 'A label of type own holds the name'],
    ['a row', `insert into customer (email) values (current_schema())`, 'A row of table customer holds the name'],
    ['a shared table', `create table linked (id int references public.shared_with_all (id))`, '0003_own.sql names a table outside of the tenant’s schema'],
    [
      'a migration that an empty schema refuses',
      `do $$ begin if not exists (select from customer) then raise exception 'nobody is here'; end if; end $$`,
      '0003_own.sql failed in an empty schema: nobody is here',
    ],
  ])('for %s says so, keeps nothing, and its tenants are built', async (what, statement, problem) => {
    await fleet.sql`create table if not exists public.shared_with_all (id int primary key)`
    const set = `unfit-${what.replaceAll(/[^a-z]+/g, '-')}`
    await fleet.sync({ ...firstFiles, '0003_own.sql': `${statement};` }, set)
    await setSize(fleet, 1, set)
    expect(await problemOf(set)).toContain(problem)
    expect(await poolOf(set)).toMatchObject({ ready: 0, retryAt: null })
    await tidied('nothing to be kept', async () => (await poolNames(fleet)).schemas.length === 0 && (await poolRows(fleet)).length === 0)
    await setSize(fleet, 0, set)
  })

  it('is tried again when somebody has mended it', async () => {
    await fleet.sync({ ...firstFiles, '0003_own.sql': `insert into customer (email) values (current_schema());` }, 'mended')
    await setSize(fleet, 1, 'mended')
    expect(await problemOf('mended')).toContain('A row of table customer')
    const slug = `${mark}-built`
    const run = await fleet.onboard([slug], { set: 'mended' })
    expect((await fleet.ended(run)).state).toBe('succeeded')
    expect(await fleet.tenancy.runs.attempts(run, slug)).toMatchObject([{ claimed: false }])
    await fleet.sync({ '0004_mended.sql': 'delete from customer;' }, 'mended')
    await untilReady(fleet, 1, 'mended')
    expect(await poolOf('mended')).toMatchObject({ problem: null })
    await setSize(fleet, 0, 'mended')
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
