/** A tenant that is built in one message: what that costs, what it says of a failure, and whether all of it is there or nothing, whatever comes between. */
import { setTimeout as sleep } from 'node:timers/promises'
import postgres from 'postgres'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { defaultLimits, type Scene } from '../../../lib/tenancy/migrations/apply.ts'
import { digestOf } from '../../../lib/tenancy/migrations/digest.ts'
import { readTarget } from '../../../lib/tenancy/migrations/history.ts'
import { buildTenant, type BuildPlan } from '../../../lib/tenancy/provision/build.ts'
import { connectFleet, type FleetConnection } from '../../../lib/tenancy/session/fleet-connection.ts'
import { migrationOf } from '../../support/migration.ts'
import { random } from '../../support/random.ts'
import { quickBy } from '../../support/quick.ts'
import { useDatabases } from '../../support/template.ts'
import { UsualTime } from '../../support/usual-time.ts'

const databases = useDatabases()
/** Roles are the cluster's, and other files make theirs. */
const mark = `bo${process.pid}`
let url: string
let sql: postgres.Sql
let connection: FleetConnection

beforeAll(async () => {
  url = await databases.empty()
  sql = postgres(url, { max: 2, onnotice: () => undefined })
  connection = await connectFleet(url, { applicationName: 'build' })
})
afterAll(async () => {
  await connection.close()
  const roles = await sql<Array<{ role: string }>>`select rolname as role from pg_roles where rolname like ${`${mark}%`}`
  for (const { role } of roles) await sql.unsafe(`drop owned by ${role}; drop role ${role}`)
  await sql.end()
})

const sceneOf = (schema: string, by = connection): Scene => ({
  schema,
  extensionSchemas: [],
  run: 7,
  applicationName: 'build',
  limits: { ...defaultLimits, statementTimeoutMs: 10_000 },
  quick: quickBy(sql, by.pid),
})

const planOf = async (role: string, texts: readonly string[], seedSql: string | null = null): Promise<BuildPlan> => {
  const migrations = await Promise.all(texts.map((text, index) => migrationOf(`000${index + 1}`, text)))
  return { role, roleExists: false, migrations, seedSql, expected: digestOf(migrations) }
}

const product = [
  'create table customer (id bigint generated always as identity primary key, email text not null); -- the end',
  'create table orders (id bigint primary key, customer_id bigint references customer);\ncreate index concurrently orders_customer on orders (customer_id) -- the very end',
]

const isThere = async (name: string): Promise<{ role: boolean; schema: boolean }> => {
  const [row] = await sql<
    Array<{ role: boolean; schema: boolean }>
  >`select to_regrole(${name}) is not null as role, to_regnamespace(${name}) is not null as schema`
  return row ?? { role: false, schema: false }
}

it('is one message to the server, and its history is what is said of it', async () => {
  const name = `${mark}_plain`
  const sent = vi.spyOn(connection, 'flight')
  const outcome = await buildTenant(connection, await planOf(name, product), sceneOf(name))
  expect(sent.mock.calls.map(([messages]) => messages.length)).toEqual([1])
  sent.mockRestore()
  expect(outcome).toEqual({ kind: 'applied', summary: (await readTarget(connection, name))?.history })
  expect(outcome).toMatchObject({ summary: { applied: 2, version: '0002', lastRun: 7 } })
})

it('of a set without migrations has an empty history', async () => {
  const name = `${mark}_bare`
  expect(await buildTenant(connection, await planOf(name, []), sceneOf(name))).toEqual({
    kind: 'applied',
    summary: (await readTarget(connection, name))?.history,
  })
})

it('whose seed may write anywhere has its history read back', async () => {
  const name = `${mark}_seeded`
  const plan = await planOf(name, product, `insert into customer (email) values ('first@example.com'); delete from tenantry_history where version = '0002'`)
  const sent = vi.spyOn(connection, 'flight')
  expect(await buildTenant(connection, plan, sceneOf(name))).toMatchObject({ kind: 'failed', error: { code: 'history_mismatch' } })
  expect(sent.mock.calls.map(([messages]) => messages.length)).toEqual([1, 2])
  sent.mockRestore()
  expect((await readTarget(connection, name))?.history).toMatchObject({ applied: 1, version: '0001' })
})

it('that fails says where, and leaves neither schema nor role', async () => {
  const name = `${mark}_failed`
  const plan = await planOf(name, [...product, '\nalter table customer add column a int;\n\nalter table nowhere add column b int'])
  expect(await buildTenant(connection, plan, sceneOf(name))).toMatchObject({
    kind: 'failed',
    error: { code: '42P01', version: '0003', file: '0003_change.sql', line: 4, statement: 'alter table nowhere add column b int' },
  })
  expect(await isThere(name)).toEqual({ role: false, schema: false })
  expect(connection.dead).toBe(false)
})

it('whose schema or role is there already says which', async () => {
  const name = `${mark}_taken`
  await sql.unsafe(`create schema ${name}`)
  expect(await buildTenant(connection, await planOf(name, product), sceneOf(name))).toMatchObject({ kind: 'failed', error: { code: 'schema_exists' } })
  await sql.unsafe(`drop schema ${name}; create role ${name}`)
  expect(await buildTenant(connection, await planOf(name, product), sceneOf(name))).toMatchObject({ kind: 'failed', error: { code: 'role_exists' } })
  expect(await isThere(name)).toEqual({ role: true, schema: false })
})

it('whose seed makes what is there already says so of the seed', async () => {
  const name = `${mark}_seed_twice`
  for (const [seed, code] of [
    ["create type colour as enum ('red');\ncreate type colour as enum ('blue')", '42710'],
    [`create schema ${mark}_more;\ncreate schema ${mark}_more`, '42P06'],
  ] as const)
    expect(await buildTenant(connection, await planOf(name, product, seed), sceneOf(name))).toMatchObject({
      kind: 'failed',
      error: { code, file: 'seed.sql', line: 2, hint: null },
    })
})

it('whose statements take long together goes statement by statement, with all of its time', async () => {
  const name = `${mark}_long`
  const sent = vi.spyOn(connection, 'flight')
  const plan = await planOf(name, product, 'select pg_sleep(0.8); select pg_sleep(0.8); select pg_sleep(0.8)')
  expect(await buildTenant(connection, plan, sceneOf(name))).toMatchObject({ kind: 'applied', summary: { applied: 2 } })
  expect(sent.mock.calls.at(-1)?.[0].length).toBeGreaterThan(10)
  sent.mockRestore()
  expect(await isThere(name)).toEqual({ role: true, schema: true })
})

it('that somebody cancels is not built a second time', async () => {
  const name = `${mark}_ended`
  const sent = vi.spyOn(connection, 'flight')
  const building = buildTenant(connection, await planOf(name, product, 'select pg_sleep(1.5)'), sceneOf(name))
  await expect.poll(() => sql`select from pg_stat_activity where pid = ${connection.pid} and wait_event = 'PgSleep'`).toHaveLength(1)
  await sql`select pg_cancel_backend(${connection.pid})`
  expect(await building).toMatchObject({ kind: 'failed', error: { code: '57014' } })
  expect(sent.mock.calls.every(([messages]) => messages.length === 1)).toBe(true)
  sent.mockRestore()
  expect(await isThere(name)).toEqual({ role: false, schema: false })
})

it('whose end is not told by the tag of COMMIT may be there', async () => {
  const name = `${mark}_untold`
  const plan = await planOf(name, product, 'copy customer (email) to stdout')
  const own = await connectFleet(url, { applicationName: 'build' })
  expect(await buildTenant(own, plan, sceneOf(name, own))).toMatchObject({ kind: 'unknown' })
  await own.close()
  expect(await isThere(name)).toEqual({ role: true, schema: true })
})

it.each([
  ['cancelled', (pid: number) => sql`select pg_cancel_backend(${pid})`],
  ['cut', (pid: number) => sql`select pg_terminate_backend(${pid})`],
])('that is %s at any moment is all there or not at all', async (how, disturb) => {
  const next = random(5)
  const kinds = new Set<string>()
  const usual = new UsualTime()
  let own = await connectFleet(url, { applicationName: 'build' })
  for (let number = 0; number < 40; number += 1) {
    const name = `${mark}_${how}_${number}`
    const plan = await planOf(name, product, `insert into customer (email) select 'c' || n from generate_series(1, 2000) n`)
    const began = performance.now()
    const building = buildTenant(own, plan, sceneOf(name, own)).then((outcome) => ({ kind: outcome.kind, ms: performance.now() - began }))
    if (number >= 4) {
      await sleep(next() * 1.5 * usual.ms)
      await disturb(own.pid)
    }
    const { kind, ms } = await building
    // The first one warms the session up.
    if (number > 0 && kind === 'applied') usual.took(ms)
    kinds.add(kind)
    if (own.dead) {
      await own.close()
      own = await connectFleet(url, { applicationName: 'build' })
    }
    const there = await isThere(name)
    expect(there.role, name).toBe(there.schema)
    if (kind === 'applied' || kind === 'failed') expect(there.schema, `${name} was ${kind}`).toBe(kind === 'applied')
    if (there.schema) expect((await readTarget(connection, name))?.history?.digest).toBe(plan.expected)
  }
  await own.close()
  expect(kinds).toContain('applied')
  expect(kinds).toContain(how === 'cut' ? 'unknown' : 'failed')
})
