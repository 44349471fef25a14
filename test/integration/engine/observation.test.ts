/** What is seen of targets, and what is kept when they cannot be seen. */
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import type { TenantRow } from '../../../lib/tenancy/contract/index.ts'
import { digestOf, emptyDigest } from '../../../lib/tenancy/migrations/digest.ts'
import { createHistory, insertHistory, readSummaries, readSummary, selectSummary } from '../../../lib/tenancy/migrations/history.ts'
import { connectFleet } from '../../../lib/tenancy/session/fleet-connection.ts'
import { quoteIdent } from '../../../lib/tenancy/sql/ident.ts'
import { ada, firstFiles, makeFleet, refusalOf, schemaOf, type Fleet } from '../../support/fleet.ts'
import { openGate } from '../../support/gate.ts'
import { useDatabases } from '../../support/template.ts'

const databases = useDatabases()
let fleet: Fleet
const slugs = ['seen-one', 'seen-two', 'seen-three', 'seen-four', 'seen-five'] as const
const [one, two, three, four, five] = slugs

beforeAll(async () => {
  fleet = await makeFleet(databases, { urls: [await databases.empty(), await databases.empty()] })
  await fleet.work()
  await fleet.ended(await fleet.onboard([...slugs, { slug: 'seen-away', database: 'db2' }]))
})
afterAll(() => fleet.close())

const rowOf = async (slug: string): Promise<TenantRow | undefined> =>
  (await fleet.tenancy.tenants.list({ q: slug, sort: 'slug', descending: false, offset: 0, limit: 5 })).rows.find((row) => row.slug === slug)

/** Every fork of tables, indexes, TOAST tables and their indexes, added up one by one. */
const bytesByHand = async (schema: string): Promise<number> => {
  const [row] = await fleet.sql<Array<{ bytes: number }>>`
    with tables as (select c.oid, c.reltoastrelid from pg_class c where c.relnamespace = ${schema}::regnamespace and c.relkind in ('r', 'm')),
    heaps as (select oid from tables union all select reltoastrelid from tables where reltoastrelid <> 0),
    relations as (select oid from heaps union all select i.indexrelid from pg_index i join heaps h on h.oid = i.indrelid)
    select sum(pg_relation_size(r.oid, f.name))::float8 as bytes from relations r cross join (values ('main'), ('fsm'), ('vm'), ('init')) f(name)`
  return row?.bytes ?? -1
}

describe('looking', () => {
  it('finds the version, and the size to the byte with indexes and TOAST', async () => {
    const table = `${schemaOf(one)}.customer`
    await fleet.sql.unsafe(
      `insert into ${table} (email) select string_agg(md5(random()::text), '') from generate_series(1, 40) g, generate_series(1, 500) group by g; create index on ${table} (md5(email))`,
    )
    // Makes the visibility map and the free space map, which count as well.
    await fleet.sql.unsafe(`vacuum ${table}`)
    expect(await fleet.tenancy.observation.now({})).toEqual({ targets: 6, unreachable: [], unread: [], isCancelled: false })
    for (const slug of slugs) {
      const row = await rowOf(slug)
      expect(row, slug).toMatchObject({ version: '0002', head: '0002', pending: 0, versionState: 'at_head', remark: null })
      expect(row?.bytes, slug).toBe(await bytesByHand(schemaOf(slug)))
    }
    expect((await rowOf(one))?.bytes).toBeGreaterThan(((await rowOf(two))?.bytes ?? 0) + 400_000)
    const inspection = await fleet.tenancy.tenants.inspect(one, 'app')
    if (!inspection.reachable) throw new Error(inspection.reason)
    const customer = inspection.tables.find(({ table }) => table === 'customer')
    expect(customer?.toastBytes).toBeGreaterThan(400_000)
    expect(inspection.tables.reduce((sum, { totalBytes }) => sum + totalBytes, 0)).toBe((await rowOf(one))?.bytes)
  })

  it('computes the same digest of a history in PostgreSQL as here', async () => {
    const facts = await fleet.sql<
      Array<{ version: string; checksum: string }>
    >`select version, checksum from ${fleet.sql(schemaOf(one))}.tenantry_history order by version`
    const rows = await fleet.control<
      Array<{ digest: string }>
    >`select o.digest from observation o join target t on t.id = o.target_id where t.schema_name = ${schemaOf(one)}`
    expect(rows).toEqual([{ digest: digestOf(facts) }])
  })

  it('tells behind, ahead, edited, missing, half done, without history and without schema apart, each with a word', async () => {
    const history = (slug: string) => `${schemaOf(slug)}.tenantry_history`
    await fleet.sql.unsafe(`delete from ${history(two)} where version = '0002'`)
    await fleet.sql.unsafe(`insert into ${history(three)} (version, name, checksum, finished_at) values ('0009', 'x', 'x', now())`)
    await fleet.sql.unsafe(`update ${history(four)} set checksum = 'other' where version = '0001'`)
    await fleet.sql.unsafe(`delete from ${history(five)} where version = '0001'`)
    await fleet.tenancy.observation.now({ databases: ['db1'] })
    expect(await rowOf(one)).toMatchObject({ versionState: 'at_head', remark: null })
    expect(await rowOf(two)).toMatchObject({ versionState: 'behind', version: '0001', pending: 1 })
    expect(await rowOf(three)).toMatchObject({ versionState: 'ahead', version: '0009', remark: expect.stringContaining('0009') })
    expect(await rowOf(four)).toMatchObject({ versionState: 'diverged', remark: expect.stringContaining('0001') })
    expect(await rowOf(five)).toMatchObject({ versionState: 'diverged', remark: expect.stringContaining('0001 missing below 0002') })
    await fleet.sql.unsafe(`insert into ${history(two)} (version, name, checksum, statements_done) values ('0002', 'orders', 'c', 3)`)
    await fleet.sql.unsafe(`alter table ${history(three)} rename column checksum to sum`)
    await fleet.sql.unsafe(`drop table ${history(four)}; drop schema ${schemaOf(five)} cascade`)
    expect(await fleet.tenancy.observation.now({ databases: ['db1'] })).toEqual({ targets: 5, unreachable: [], unread: [], isCancelled: false })
    expect(await rowOf(two)).toMatchObject({ versionState: 'behind', remark: expect.stringContaining('0002 is half done: 3') })
    expect(await rowOf(three)).toMatchObject({ versionState: 'diverged', remark: expect.stringContaining('cannot be read') })
    expect(await rowOf(four)).toMatchObject({ versionState: 'diverged', remark: expect.stringContaining('no tenantry_history') })
    expect(await rowOf(five)).toMatchObject({ versionState: 'unreachable', remark: expect.stringContaining(schemaOf(five)) })
    expect(await rowOf(one)).toMatchObject({ versionState: 'at_head' })
    expect(await fleet.tenancy.runs.plan({ set: 'app', selection: { kind: 'all' } })).toMatchObject({
      total: 1,
      leftOut: expect.arrayContaining([
        { reason: 'diverged', count: 2 },
        { reason: 'unreachable', count: 1 },
        { reason: 'at_version', count: 2 },
      ]),
    })
  })

  it('at some tenants leaves the others as they were seen', async () => {
    const before = await rowOf(two)
    await fleet.tenancy.observation.now({ slugs: [one] })
    expect(await rowOf(two)).toEqual(before)
    expect(await refusalOf(fleet.tenancy.observation.now({ slugs: ['nobody'] }))).toMatchObject({ code: 'tenant.unknown', details: { slug: 'nobody' } })
    expect(await refusalOf(fleet.tenancy.observation.now({ databases: ['nowhere'] }))).toMatchObject({ code: 'database.unknown' })
  })

  it('is done by a worker when somebody asks for it', async () => {
    const before = (await rowOf(one))?.observedAt
    expect(await fleet.tenancy.observation.request(ada, { databases: ['db1'] })).toEqual({ databases: ['db1'] })
    await fleet.until('the look', async () => (await rowOf(one))?.observedAt !== before)
  })

  it('says anew where targets stand when the set gets a migration', async () => {
    await fleet.sync({ ...firstFiles, '0003_more.sql': 'create table more (id int);' })
    expect(await rowOf(one)).toMatchObject({ versionState: 'behind', head: '0003', pending: 1 })
    expect(await rowOf('seen-away')).toMatchObject({ versionState: 'behind', pending: 1 })
  })
})

describe('a database that is away', () => {
  it('is said to be so, with what was last seen of its targets and when, until it is back', async () => {
    const before = await rowOf('seen-away')
    expect(before).toMatchObject({ version: '0002', bytes: expect.any(Number) })
    const name = new URL(fleet.urls[1] ?? '').pathname.slice(1)
    const server = postgres(inject('serverUrl'), { max: 1, onnotice: () => undefined })
    await fleet.until('nobody in it', async () => (await server`select 1 from pg_stat_activity where datname = ${name}`).length === 0)
    await server`alter database ${server(name)} rename to ${server(`${name}_away`)}`
    expect(await fleet.tenancy.observation.now({})).toMatchObject({ unreachable: ['db2'] })
    expect(await rowOf('seen-away')).toEqual({ ...before, versionState: 'unreachable', remark: expect.stringContaining(name), pending: before?.pending })
    expect((await fleet.tenancy.databases.list()).find((row) => row.name === 'db2')).toMatchObject({ reachable: false, problem: expect.stringContaining(name) })
    expect(await fleet.tenancy.tenants.inspect('seen-away', 'app')).toMatchObject({ reachable: false })
    expect(await rowOf(one)).toMatchObject({ versionState: 'behind' })
    await server`alter database ${server(`${name}_away`)} rename to ${server(name)}`
    await server.end()
    expect(await fleet.tenancy.observation.now({})).toMatchObject({ unreachable: [] })
    expect(await rowOf('seen-away')).toMatchObject({ versionState: 'behind', remark: null })
  })
})

describe('a look that fails', () => {
  it('for the control database is not the fleet’s fault: it is written again, and else fails alone', async () => {
    await fleet.control.unsafe(`
      create sequence writes;
      create function fail_write() returns trigger language plpgsql as $$ begin
        if nextval('tenantry.writes') <= 2 then raise exception 'lost' using errcode = '40P01'; end if; return null; end $$;
      create trigger fail_write before insert on observation execute function fail_write()`)
    expect(await fleet.tenancy.observation.now({ databases: ['db1'] })).toMatchObject({ unreachable: [] })
    expect(await rowOf(one)).toMatchObject({ versionState: 'behind' })
    await fleet.control.unsafe(
      `alter sequence writes restart; create or replace function fail_write() returns trigger language plpgsql as $$ begin raise exception 'full' using errcode = '53100'; end $$`,
    )
    await expect(fleet.tenancy.observation.now({ databases: ['db1'] })).rejects.toMatchObject({ code: '53100' })
    await fleet.control.unsafe(`drop trigger fail_write on observation; drop function fail_write; drop sequence writes`)
    expect(await rowOf(one)).toMatchObject({ versionState: 'behind' })
    expect((await fleet.tenancy.databases.list()).find((row) => row.name === 'db1')).toMatchObject({ reachable: true, problem: null })
  })

  it('for a right is said so, and the database is not called out of reach', async () => {
    const url = new URL(fleet.urls[1] ?? '')
    const owner = `looker_${url.pathname.slice(6)}`
    const sql = fleet.open(1)
    const schema = schemaOf('seen-away')
    await sql.unsafe(
      `create role ${owner} login password 'x'; grant usage on schema ${schema} to ${owner}; grant select on all tables in schema ${schema} to ${owner}; grant create on database ${url.pathname.slice(1)} to ${owner}`,
    )
    url.username = owner
    url.password = 'x'
    await fleet.tenancy.databases.changeUrl(ada, { name: 'db2', url: url.href })
    const seen = async () => (await fleet.tenancy.databases.list()).find((row) => row.name === 'db2')
    // Which is a look at each of the database's files: no look at targets asks for it.
    await sql`revoke execute on function pg_database_size(name), pg_database_size(oid) from public`
    expect(await fleet.tenancy.observation.now({ databases: ['db2'] })).toMatchObject({ unreachable: [], unread: [] })
    expect(await seen()).toMatchObject({ reachable: true, problem: null })
    await sql`revoke execute on function starts_with(text, text) from public`
    expect(await fleet.tenancy.observation.now({ databases: ['db2'] })).toMatchObject({ unreachable: [] })
    expect(await seen()).toMatchObject({ reachable: true, problem: expect.stringMatching(/starts_with.*42501/) })
    expect(await rowOf('seen-away')).toMatchObject({ versionState: 'behind' })
    await fleet.tenancy.databases.changeUrl(ada, { name: 'db2', url: fleet.urls[1] ?? '' })
    await sql.unsafe(
      `grant execute on function pg_database_size(name), pg_database_size(oid), starts_with(text, text) to public; drop owned by ${owner}; drop role ${owner}`,
    )
  })
})

describe('looks at one server', () => {
  it('are made one after the other, whoever asks', async () => {
    let most = 0
    const over = new AbortController()
    const names = fleet.urls.map((url) => new URL(url).pathname.slice(1))
    const watch = async (): Promise<void> => {
      while (!over.signal.aborted) {
        const [row] = await fleet.sql<
          Array<{ n: number }>
        >`select count(*)::int as n from pg_stat_activity where application_name ~ '^tenantry:.*:(observe|inspect)$' and state = 'active' and datname = any(${names})`
        most = Math.max(most, row?.n ?? 0)
      }
    }
    const watching = watch()
    await Promise.all([
      ...Array.from({ length: 8 }, () => fleet.tenancy.tenants.inspect(one, 'app')),
      ...Array.from({ length: 4 }, () => fleet.tenancy.observation.now({})),
    ])
    over.abort()
    await watching
    // One that ends may still be connected beside the next, and asks nothing any more.
    expect(most).toBe(1)
  })
})

describe('reading histories together', () => {
  it('says of each what it says alone, whatever the others are and however they sort', async () => {
    const url = await databases.empty()
    const sql = postgres(url, { max: 1, onnotice: () => undefined })
    const row = { version: '0001', name: 'x', checksum: 'c', run: 7, finished: true }
    const histories: Record<string, string> = {
      plain: insertHistory('plain', [row, { ...row, version: '0002', run: null }]),
      empty: '',
      half: insertHistory('half', [row, { ...row, version: '0002', finished: false }]),
      begun: insertHistory('begun', [{ ...row, finished: false }]),
      'other "order"': insertHistory('other "order"', [
        { ...row, version: 'a1' },
        { ...row, version: 'B2' },
      ]),
    }
    for (const [schema, rows] of Object.entries(histories)) await sql.unsafe(`create schema ${quoteIdent(schema)}; ${createHistory(schema)}; ${rows}`)
    // A table that somebody else made.
    const [other] = await sql<
      Array<{ name: string }>
    >`select quote_ident(collname) as name from pg_collation where collname in ('und-x-icu', 'POSIX') order by collname desc limit 1`
    await sql.unsafe(`alter table ${quoteIdent('other "order"')}.tenantry_history alter column version type text collate ${other?.name}`)
    const connection = await connectFleet(url, { applicationName: 'together' })
    const together = await readSummaries(connection, Object.keys(histories), () => {})
    expect(together.size).toBe(5)
    for (const [schema, summary] of together) {
      const [alone] = await connection.query(selectSummary(schema))
      expect(summary, schema).toEqual({ history: readSummary(alone ?? {}) })
    }
    expect(together.get('empty')).toMatchObject({ history: { applied: 0, version: null, digest: emptyDigest } })
    expect(together.get('begun')).toMatchObject({ history: { applied: 0, version: null, digest: emptyDigest, unfinished: { version: '0001' } } })
    const facts = ['B2', 'a1'].map((version) => ({ version, checksum: 'c' }))
    expect(together.get('other "order"')).toMatchObject({ history: { applied: 2, version: 'a1', digest: digestOf(facts) } })
    await connection.close()
    await sql.end()
  })
})

describe('reading 300 histories', () => {
  it('never holds more locks than those of one batch', async () => {
    const url = await databases.empty()
    const sql = postgres(url, { max: 2, onnotice: () => undefined })
    const schemas = Array.from({ length: 300 }, (_, index) => `h${String(index).padStart(3, '0')}`)
    for (const schema of schemas)
      await sql.unsafe(
        `create schema ${schema}; ${createHistory(schema)}; ${insertHistory(schema, [{ version: '0001', name: 'x', checksum: 'c', run: null, finished: true }])}`,
      )
    const connection = await connectFleet(url, { applicationName: 'locks' })
    const holder = await sql.reserve()
    // The last of the first batch waits here, with all others of the batch locked.
    await holder.unsafe('begin; lock table h049.tenantry_history in access exclusive mode')
    const reading = readSummaries(connection, schemas, () => {})
    let most = 0
    const look = async (): Promise<void> => {
      const [row] = await sql<Array<{ n: number }>>`select count(*)::int as n from pg_locks where pid = ${connection.pid}`
      most = Math.max(most, row?.n ?? 0)
    }
    await fleet.until('the locks of the first batch', async () => {
      await look()
      return most >= 50
    })
    for (const end = Date.now() + 300; Date.now() < end;) await look()
    await holder.unsafe('rollback')
    holder.release()
    const summaries = await reading
    expect(summaries.size).toBe(300)
    expect([...summaries.values()].every((summary) => summary?.history?.version === '0001')).toBe(true)
    expect(most).toBeLessThanOrEqual(2 * 50 + 10)
    const [left] = await sql<Array<{ n: number }>>`select count(*)::int as n from pg_locks where pid = ${connection.pid}`
    expect(left).toEqual({ n: 0 })
    await connection.close()
    await sql.end()
  })
})

describe('a set that is read again while a look is written', () => {
  const isWaiting = async (what: string): Promise<boolean> =>
    (await fleet.control`select from pg_stat_activity where datname = current_database() and ${what} in (wait_event_type, wait_event)`).length > 0

  it('is what the targets are measured by afterwards', async () => {
    await fleet.control.unsafe(`create function hold() returns trigger language plpgsql as
      $$ begin while not exists (select from pg_catalog.pg_class where relname = 'look_gate') loop perform pg_catalog.pg_sleep(0.02); end loop; return new; end $$;
      create trigger hold before insert on observation for each row execute function hold()`)
    const looking = fleet.tenancy.observation.now({})
    await expect.poll(() => isWaiting('PgSleep')).toBe(true)
    let isSynced = false
    const syncing = fleet.sync({ ...firstFiles, '0003_more.sql': 'create table more (id int);', '0004_late.sql': 'select 1;' }).then(() => (isSynced = true))
    await expect.poll(async () => isSynced || (await isWaiting('Lock'))).toBe(true)
    await openGate(fleet.control, 'look_gate')
    await Promise.all([looking, syncing])
    await fleet.control.unsafe(`drop table public.look_gate; drop trigger hold on observation; drop function hold()`)
    expect(await rowOf(one)).toMatchObject({ version: '0002', head: '0004', pending: 2, versionState: 'behind' })
  })
})
