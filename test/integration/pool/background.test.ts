/** What keeps a pool as it is to be: filled, renewed, swept; and said, where a set cannot be pooled. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ada, firstFiles, refusalOf, schemaOf, type Fleet } from '../../support/fleet.ts'
import { dropRoles, emptyPools, makePoolFleet, poolNames, poolOf, poolRows, readyCount, setSize, untilReady } from '../../support/pool.ts'
import { useDatabases } from '../../support/template.ts'

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
