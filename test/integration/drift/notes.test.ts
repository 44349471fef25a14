/** A database that notes what others change, so that it is known at once and by whom: without ever being in anybody's way, and without a trace afterwards. */
import postgres from 'postgres'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ada, makeFleet, ownSlugs, refusalOf, schemaOf, type Fleet } from '../../support/fleet.ts'
import { useDatabases } from '../../support/template.ts'

const databases = useDatabases()
const { mark, newSlug } = ownSlugs('no')
const files = {
  '0001_init.sql': `create table customer (id bigint primary key, email text not null);
    create table orders (id bigint primary key, total numeric not null default 0);
    create index orders_total_idx on orders (total);\n`,
}
const [a, b] = [newSlug('a'), newSlug('b')]
const [inA, inB] = [schemaOf(a), schemaOf(b)]
const guest = `guest_${mark}`
let fleet: Fleet
let deploy: postgres.Sql
let notes: string

/** What is noted there and was not read yet; takes it away. */
const noted = async (): Promise<string[]> => {
  const rows = await fleet.sql.unsafe<Array<{ place: string; command: string; object: string }>>(
    `with gone as (delete from ${notes}.note returning *) select * from gone order by id`,
  )
  return rows.map(({ place, command, object }) => `${place === inA ? 'a' : place === inB ? 'b' : place}: ${command} ${object}`)
}
const left = async (sql = fleet.sql): Promise<string[]> =>
  (
    await sql<Array<{ name: string }>>`
      select nspname as name from pg_namespace where starts_with(nspname, 'tenantry_notes_') union all select evtname from pg_event_trigger union all
      select proname from pg_proc where prorettype = 'event_trigger'::regtype and pronamespace <> 'pg_catalog'::regnamespace`
  ).map(({ name }) => name)
const notesOf = async (name = 'db1') => (await fleet.tenancy.databases.list()).find((row) => row.name === name)?.notes ?? null

beforeAll(async () => {
  fleet = await makeFleet(databases, { files })
  await fleet.work()
  await fleet.verified(await fleet.onboard([a, b]))
  const url = fleet.urls[0] ?? ''
  deploy = postgres(url, { max: 2, onnotice: () => undefined, connection: { application_name: 'psql' } })
  await fleet.tenancy.databases.setNotes(ada, { name: 'db1', on: true })
  const [schema] = await fleet.sql<Array<{ name: string }>>`select nspname as name from pg_namespace where starts_with(nspname, 'tenantry_notes_')`
  notes = schema?.name ?? ''
})
afterAll(async () => {
  await deploy.end()
  await fleet.sql.unsafe(`drop owned by ${guest}; drop role ${guest}`).catch(() => {})
  await fleet.close()
})

it('a change by hand is known soon, with who made it and what to, and has its target looked at; another one is none of ours', async () => {
  const worker = await fleet.tenancy.startWorker()
  await deploy.unsafe(`create table elsewhere (n int); alter table ${inA}.orders add column nick text`)
  await fleet.control`update database set notes_tried_at = null`
  await fleet.until('the target’s drift', async () => (await fleet.tenancy.drift.target(a))[0]?.state === 'drifted')
  const [target] = await fleet.tenancy.drift.target(a)
  expect(target?.changes).toEqual([
    {
      slug: a,
      at: expect.stringMatching(/^20.*Z$/),
      user: expect.stringMatching(/./),
      application: 'psql',
      client: '127.0.0.1',
      command: 'ALTER TABLE',
      object: 'orders',
    },
  ])
  expect((await fleet.tenancy.drift.shape('app', target?.shape ?? '')).changes).toEqual(target?.changes)
  expect((await fleet.tenancy.drift.target(b))[0]?.changes).toEqual([])
  expect(await notesOf()).toEqual({ since: expect.any(String), lastAt: target?.changes[0]?.at, problem: null })
  await fleet.until('nothing to be left to read', async () => (await fleet.sql.unsafe(`select 1 from ${notes}.note`)).length === 0)
  await worker.stop()
})

it('each kind of DDL in a tenant’s schema is noted once, by what it names; what changes no structure is not', async () => {
  const said = [
    ['create index concurrently orders_id_idx on orders (id)', 'CREATE INDEX orders_id_idx'],
    ['drop index concurrently orders_id_idx', 'DROP INDEX orders_id_idx'],
    ['create policy own on orders using (true)', `CREATE POLICY own on ${inB}.orders`],
    ['comment on column orders.total is $$in cents$$', 'COMMENT orders.total'],
    ['create table part (id serial primary key, n int); ', 'CREATE TABLE part'],
    ['alter table part drop column n', 'ALTER TABLE part'],
    ['create function twice(n int) returns int language sql return 2 * n', 'CREATE FUNCTION twice(integer)'],
    ['drop policy own on orders', `DROP POLICY own on ${inB}.orders`],
    ['drop table part, customer', 'DROP TABLE customer, part'],
  ] as const
  const session = await deploy.reserve()
  await session.unsafe(`set search_path = ${inB}`)
  for (const [statement] of said) await session.unsafe(statement).simple()
  await session
    .unsafe('create temporary table passing (n int); create materialized view sums as select 1 as n; refresh materialized view sums; reindex table orders')
    .simple()
  await session.unsafe('reset search_path')
  session.release()
  expect(await noted()).toEqual([...said.map(([, told]) => `b: ${told}`), 'b: CREATE MATERIALIZED VIEW sums'])
  await deploy
    .unsafe(`create schema "Odd one"; create table "Odd one".tenantry_history (n int); create table "Odd one"."a b" (n int); drop schema "Odd one" cascade`)
    .simple()
  expect(await noted()).toEqual(['Odd one: CREATE TABLE tenantry_history', 'Odd one: CREATE TABLE "a b"', 'Odd one: DROP SCHEMA "Odd one"'])
})

it('what Tenantry does itself is not noted: rollouts, onboardings, replays, repairs', async () => {
  await fleet.sync({ ...files, '0002_note.sql': 'alter table orders add column note text;\n' })
  await fleet.ended(await fleet.onboard([newSlug('c')]))
  await fleet.roll({ selection: { kind: 'tenants', slugs: [a] } })
  await fleet.sql.unsafe(`drop index ${inA}.orders_total_idx`)
  expect(await noted()).toEqual(['a: DROP INDEX orders_total_idx'])
  await fleet.tenancy.observation.now({ structure: true })
  const shape = (await fleet.tenancy.drift.target(a))[0]?.shape ?? ''
  expect(await fleet.tenancy.drift.tryRepair(ada, { set: 'app', shape })).toMatchObject({ slug: a, outcome: 'repaired' })
  const { run } = await fleet.tenancy.drift.startRepair(ada, { set: 'app', shape, note: '' })
  expect((await fleet.ended(run)).state).toBe('succeeded')
  expect(await noted()).toEqual([])
})

it('nobody’s DDL fails by it: without rights, with the table locked, full, broken or gone, in serializable transactions', async () => {
  await fleet.sql.unsafe(`create role ${guest} login password 'guest'; grant usage, create on schema ${inA} to ${guest}`)
  const url = new URL(fleet.urls[0] ?? '')
  url.username = guest
  url.password = 'guest'
  const sql = postgres(url.href, { max: 1, onnotice: () => undefined })
  await sql.unsafe(`create table ${inA}.theirs (n int)`)
  await expect(sql.unsafe(`select * from ${notes}.note`)).rejects.toMatchObject({ code: '42501' })
  await sql.end()
  expect(await fleet.sql.unsafe(`select username, application from ${notes}.note`)).toEqual([{ username: guest, application: 'postgres.js' }])

  await deploy.begin('isolation level serializable', async (one) => {
    await one.unsafe(`create table ${inA}.one (n int)`)
    await deploy.begin('isolation level serializable', (other) => other.unsafe(`create table ${inB}.other (n int)`))
  })
  await fleet.sql.unsafe(`insert into ${notes}.note (username, application, command, place, object) select '', '', '', '', '' from generate_series(1, 10200)`)
  await deploy.unsafe(`drop table ${inA}.one`)
  const [kept] = await fleet.sql.unsafe<Array<{ count: number }>>(`select count(*)::int as count from ${notes}.note`)
  expect(kept?.count).toBe(10_200 + 4 - 100)

  await noted()
  await fleet.sql.begin(async (trx) => {
    await trx.unsafe(`lock table ${notes}.note`)
    await deploy.unsafe(`alter table ${inA}.theirs add column locked int`)
  })
  await fleet.sql.unsafe(`alter table ${notes}.note add constraint never check (false) not valid`)
  await deploy.unsafe(`alter table ${inA}.theirs add column refused int`)
  await fleet.sql.unsafe(`drop table ${notes}.note`)
  await deploy.unsafe(`drop table ${inA}.theirs; drop table ${inB}.other`).simple()
  expect(await fleet.columnsOf(inA, 'theirs')).toEqual([])
  await fleet.tenancy.observation.now({ structure: true })
  expect((await notesOf())?.problem).toMatch(/dropped the table of its notes/)
})

it('switched on again it mends itself, tells when somebody disables it, is nobody else’s; switched off, nothing is left', async () => {
  for (const kind of ['schemas', 'tables', 'sequences']) await fleet.sql.unsafe(`alter default privileges grant all on ${kind} to ${guest}, public`)
  await fleet.tenancy.databases.setNotes(ada, { name: 'db1', on: true })
  await deploy.unsafe(`create table ${inA}.again (n int)`)
  expect(await noted()).toEqual(['a: CREATE TABLE again'])
  const rights = await fleet.sql.unsafe(
    `select has_schema_privilege('${guest}', '${notes}', 'usage, create') as schema, has_table_privilege('${guest}', '${notes}.note', 'select, insert, update, delete') as notes`,
  )
  expect(rights).toEqual([{ schema: false, notes: false }])
  for (const kind of ['schemas', 'tables', 'sequences']) await fleet.sql.unsafe(`alter default privileges revoke all on ${kind} from ${guest}, public`)
  const look = () => fleet.tenancy.observation.now({ structure: true })
  await look()
  expect((await notesOf())?.problem).toBeNull()
  await fleet.sql.unsafe(`alter event trigger ${notes}_dropped disable`)
  await look()
  expect((await notesOf())?.problem).toMatch(/dropped or disabled its event triggers/)
  expect(await left()).toHaveLength(4)

  await fleet.tenancy.databases.setNotes(ada, { name: 'db1', on: false })
  expect([await left(), await notesOf()]).toEqual([[], null])
  await deploy.unsafe(`drop table ${inA}.again`)
  const trail = await fleet.tenancy.audit.list({ action: 'databases.notes', limit: 10 })
  expect(trail.rows.map(({ subject, details }) => [subject, details])).toEqual([false, true, true].map((on) => ['db1', { on }]))
})

it('whoever may not make event triggers is told whom to ask, and nothing is half done', async () => {
  const url = new URL(await databases.empty())
  await fleet.sql.unsafe(`alter role ${guest} createrole; grant create on database ${url.pathname.slice(1)} to ${guest}`)
  const owner = postgres(url.href, { max: 1, onnotice: () => undefined })
  url.username = guest
  url.password = 'guest'
  await fleet.tenancy.databases.add(ada, { name: 'db2', url: url.href })
  expect(await refusalOf(fleet.tenancy.databases.setNotes(ada, { name: 'db2', on: true }))).toMatchObject({
    code: 'database.notes_rights',
    details: { user: guest },
  })
  expect([await left(owner), await notesOf('db2')]).toEqual([[], null])
  const { username, password } = new URL(fleet.urls[0] ?? '')
  Object.assign(url, { username, password })
  await fleet.tenancy.databases.changeUrl(ada, { name: 'db2', url: url.href })
  await fleet.tenancy.databases.setNotes(ada, { name: 'db2', on: true })
  expect(await refusalOf(fleet.tenancy.databases.remove(ada, { name: 'db2' }))).toMatchObject({ code: 'database.notes_on' })
  await fleet.tenancy.databases.setNotes(ada, { name: 'db2', on: false })
  await fleet.tenancy.databases.remove(ada, { name: 'db2' })
  expect(await left(owner)).toEqual([])
  await owner.unsafe(`drop owned by ${guest}`)
  await owner.end()
})
