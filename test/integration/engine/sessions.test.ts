/** What one tenant's statements leave in a session must not be there for the next one. */
import { connect as connectTo, createServer, type AddressInfo } from 'node:net'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { applyMigration, defaultLimits, type Scene } from '../../../lib/tenancy/migrations/apply.ts'
import { digestOf } from '../../../lib/tenancy/migrations/digest.ts'
import { createHistory } from '../../../lib/tenancy/migrations/history.ts'
import { buildTenant } from '../../../lib/tenancy/provision/build.ts'
import { connectFleet, type FleetConnection } from '../../../lib/tenancy/session/fleet-connection.ts'
import { migrationOf } from '../../support/migration.ts'
import { stepAfter } from '../../support/step.ts'
import { quickBy } from '../../support/quick.ts'
import { useDatabases } from '../../support/template.ts'

const databases = useDatabases()
let own: string
let sql: postgres.Sql
let connection: FleetConnection

beforeAll(async () => {
  own = await databases.empty()
  sql = postgres(own, { max: 2, onnotice: () => undefined })
  connection = await connectFleet(own, { applicationName: 'sessions' })
})
afterAll(async () => {
  await connection.close()
  await sql.end()
})

const sceneOf = (schema: string, isQuick: boolean): Scene => ({
  schema,
  ...(isQuick ? { quick: quickBy(sql, connection.pid) } : {}),
  extensionSchemas: [],
  run: 1,
  applicationName: 'sessions',
  limits: { ...defaultLimits, statementTimeoutMs: 10_000 },
})

const makeTarget = async (schema: string, isQuick: boolean): Promise<Scene> => {
  await sql.unsafe(
    `create schema ${schema}; create table ${schema}.customer (email text); insert into ${schema}.customer values ('${schema}'); ${createHistory(schema)}`,
  )
  return sceneOf(schema, isQuick)
}

const settings = (): Promise<object[]> =>
  connection.query(
    `select string_agg(name || '=' || setting, ' ' order by name) as all from pg_settings where name in ('search_path', 'lock_timeout', 'statement_timeout', 'work_mem', 'default_transaction_read_only')`,
  )

describe('whoever ends a backend', () => {
  /** The names under which a session came to the server, by what it said first. */
  const namesAt = async (work: (url: string) => Promise<void>): Promise<string[]> => {
    const said: string[] = []
    const { port, hostname } = new URL(own)
    const front = createServer((socket) => {
      const server = connectTo(Number(port), hostname)
      socket.once('data', (first) => said.push(/application_name\0([^\0]*)\0/.exec(first.toString('latin1'))?.[1] ?? ''))
      socket.pipe(server).pipe(socket)
      for (const [end, other] of [
        [socket, server],
        [server, socket],
      ] as const)
        end.on('error', () => undefined).on('close', () => other.destroy())
    })
    await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve))
    const to = new URL(own)
    to.host = `127.0.0.1:${(front.address() as AddressInfo).port}`
    to.searchParams.set('sslmode', 'disable')
    try {
      await work(to.href)
    } finally {
      await new Promise((resolve) => front.close(resolve))
    }
    return said
  }

  it.each([
    ['tenantry:aaaaaaaa:c7 run 4 tenant_acme', 'tenantry:aaaaaaaa:end'],
    ['tenantry:control-drift', 'tenantry:end'],
  ])('of %s comes as %s', async (applicationName, expected) => {
    const names = await namesAt(async (url) => {
      const ended = await connectFleet(url, { applicationName })
      expect(await ended.terminate(5_000)).toBe(true)
      await expect.poll(() => ended.dead).toBe(true)
      await ended.close()
    })
    expect(names).toEqual([applicationName, expected])
  })
})

describe.each([
  ['statement by statement', 'single', false],
  ['in one message', 'whole', true],
])('%s', (_how, mark, isQuick) => {
  it.each([
    ['a table', 'create temp table if not exists stage as select email from customer; create table copy as select email from stage'],
    [
      'a table of a block',
      `do $$ begin create temp table if not exists stage as select email from customer; create table copy as select email from stage; end $$`,
    ],
  ])('%s that is temporary holds each tenant’s own rows', async (_, text) => {
    const migration = await migrationOf('0001', text)
    const schemas = [1, 2, 3].map((n) => `own${n}_${mark}_${migration.checksum.slice(0, 6)}`)
    for (const schema of schemas) {
      expect(await applyMigration(connection, migration, stepAfter([], migration), await makeTarget(schema, isQuick))).toMatchObject({ kind: 'applied' })
      expect(await sql`select email from ${sql(schema)}.copy`).toEqual([{ email: schema }])
    }
  })

  it.each([
    [
      'applied',
      'select pg_advisory_lock(7); prepare p as select 1; listen news; set work_mem = 100; create temp table stage (id int); declare c cursor with hold for select 1',
    ],
    ['failed', 'select pg_advisory_lock(7); prepare p as select 1; select 1 / 0'],
  ])('nothing is left of one that %s, and the session is what it was', async (kind, text) => {
    const before = await settings()
    const migration = await migrationOf('0001', text)
    expect(await applyMigration(connection, migration, stepAfter([], migration), await makeTarget(`left_${mark}_${kind}`, isQuick))).toMatchObject({ kind })
    expect(await settings()).toEqual(before)
    expect(
      await connection.query(`select 'lock' as what from pg_locks where locktype = 'advisory' and pid = pg_backend_pid() union all select name from pg_prepared_statements
    union all select relname from pg_class where relnamespace = pg_my_temp_schema() and relkind = 'r' union all select name from pg_cursors where is_holdable union all select pg_listening_channels()`),
    ).toEqual([])
    expect(connection.dead).toBe(false)
  })

  it('a function, a type and a domain that are temporary are the next tenant’s to make', async () => {
    const migration = await migrationOf(
      '0001',
      `create function pg_temp.f() returns int language sql as 'select 1'; create type pg_temp.e as enum ('a'); create domain pg_temp.d as text; alter table customer add column d int`,
    )
    for (const n of [1, 2, 3]) {
      const scene = await makeTarget(`named${n}_${mark}`, isQuick)
      expect(await applyMigration(connection, migration, stepAfter([], migration), scene)).toMatchObject({ kind: 'applied' })
    }
  })

  it('a seed leaves nothing for the next tenant either', async () => {
    const plan = {
      roleExists: false,
      migrations: [await migrationOf('0001', 'create table copy (email text)')],
      seedSql: 'create temp table if not exists stage as select current_schema() as email; insert into copy select email from stage',
    }
    const expected = digestOf(plan.migrations)
    const roles = [1, 2].map((n) => `seeded${n}_${mark}_${process.pid}`)
    for (const role of roles) {
      expect(await buildTenant(connection, { ...plan, role, expected }, sceneOf(role, isQuick))).toMatchObject({ kind: 'applied' })
      expect(await sql`select email from ${sql(role)}.copy`).toEqual([{ email: role }])
    }
    for (const role of roles) await sql.unsafe(`drop owned by ${role}; drop role ${role}`)
  })
})
