/** What bounds a transaction that goes as one message, and what that bound must not reach. */
import { setTimeout as sleep } from 'node:timers/promises'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { applyMigration, defaultLimits, type Scene } from '../../../lib/tenancy/migrations/apply.ts'
import { createHistory } from '../../../lib/tenancy/migrations/history.ts'
import { FlightCanceller } from '../../../lib/tenancy/runs/conduct/flight-canceller.ts'
import { connectFleet, type FleetConnection } from '../../../lib/tenancy/session/fleet-connection.ts'
import { migrationOf } from '../../support/migration.ts'
import { openOwnServer, type OwnServer } from '../../support/own-server.ts'
import { stepAfter } from '../../support/step.ts'

const clerk = 'clerk'
let server: OwnServer
let url: string
let sql: postgres.Sql

const open = (address = url): Promise<FleetConnection> => connectFleet(address, { applicationName: 'tenantry:test:c1' })

/** Whose commits wait for no standby, whatever the server is told. */
const ofDatabase = (address: string): postgres.Sql => postgres(address, { max: 4, onnotice: () => undefined, connection: { synchronous_commit: 'local' } })

beforeAll(async () => {
  server = await openOwnServer('flights-cancelled')
  url = await server.makeDatabase('fleet')
  sql = ofDatabase(url)
  await sql.unsafe(`create role ${clerk} login password 'clerk'`)
})
afterAll(async () => {
  await sql.end({ timeout: 1 })
  await server.close()
})

const makeTarget = async (schema: string): Promise<Scene> => {
  await sql.unsafe(`create schema ${schema}; create table ${schema}.note (t text); ${createHistory(schema)}`)
  return {
    schema,
    extensionSchemas: [],
    run: 1,
    applicationName: `tenantry:test:c1 run 1 ${schema}`,
    limits: { ...defaultLimits, statementTimeoutMs: 60_000 },
  }
}

const applyTo = async (connection: FleetConnection, scene: Scene, text: string) => {
  const migration = await migrationOf('0001', text)
  return applyMigration(connection, migration, stepAfter([], migration), scene)
}

const quickly = (scene: Scene, fence: FleetConnection, connection: FleetConnection): Scene => {
  const quick = new FlightCanceller(fence).quickFor(connection, scene.applicationName)
  expect(quick).toBeDefined()
  return { ...scene, quick }
}

describe('a setting that says how what follows is read', () => {
  const settings = [
    'set local standard_conforming_strings = off',
    "select set_config('standard_conforming_strings', 'off', true)",
    'do $$ begin set local standard_conforming_strings = off; end $$',
  ]

  it.each(settings)('%s: in one message or in many, it holds for what stands behind it', async (setting) => {
    const connection = await open()
    const fence = await open()
    const name = `reading_${settings.indexOf(setting)}`
    const text = `${setting};\ninsert into note values ('a\\nb');`
    const scenes = [await makeTarget(`${name}_slow`), quickly(await makeTarget(`${name}_quick`), fence, connection)]
    for (const scene of scenes) {
      expect(await applyTo(connection, scene, text)).toMatchObject({ kind: 'applied' })
      expect(await sql.unsafe(`select t from ${scene.schema}.note`)).toEqual([{ t: 'a\nb' }])
    }
    await connection.close()
    await fence.close()
  })

  it('is of the file, and not of the database', async () => {
    const old = await server.makeDatabase('old')
    const admin = ofDatabase(old)
    await admin`alter database old set standard_conforming_strings = off`
    await admin.unsafe(`create schema old; create table old.note (t text); ${createHistory('old')}`)
    const connection = await open(old)
    const scene: Scene = { ...(await makeTarget('unused')), schema: 'old' }
    expect(await applyTo(connection, scene, "insert into note values ('a\\nb')")).toMatchObject({ kind: 'applied' })
    expect(await admin`select t from old.note`).toEqual([{ t: String.raw`a\nb` }])
    await connection.close()
    await admin.end()
  })

  it('keeps nothing from going in one message that is read alike', async () => {
    const connection = await open()
    const fence = await open()
    const scene = quickly(await makeTarget('alike'), fence, connection)
    const sent = vi.spyOn(connection, 'flight')
    expect(await applyTo(connection, scene, "set local work_mem = '8MB'; insert into note values ('a')")).toMatchObject({ kind: 'applied' })
    expect(sent.mock.calls[0]?.[0]).toHaveLength(1)
    await connection.close()
    await fence.close()
  })
})

const waitEventOf = async (pid: number): Promise<unknown> => (await sql`select wait_event from pg_stat_activity where pid = ${pid}`)[0]?.['wait_event']

/** It is the checkpointer that has commits wait for a standby, whenever it reads its settings: until one waits, none need wait. */
const untilCommitsWait = async (witness: postgres.Sql): Promise<void> => {
  const [backend] = await witness<{ pid: number }[]>`select pg_backend_pid() as pid`
  if (!backend) throw new Error('the witness has no backend')
  let committing: Promise<unknown> | undefined
  const commit = () => witness`insert into witness values (1)`.finally(() => (committing = undefined))
  await expect
    .poll(() => {
      committing ??= commit()
      return waitEventOf(backend.pid)
    })
    .toBe('SyncRep')
}

describe('the bound', () => {
  it('ends what takes too long, which then goes statement by statement; the name may have letters that servers spell each in its own way', async () => {
    const connection = await open()
    const fence = await open()
    const scene = quickly(await makeTarget('größe'), fence, connection)
    const sent = vi.spyOn(connection, 'flight')
    expect(await applyTo(connection, scene, 'alter table note add column c int; select pg_sleep(2.5)')).toMatchObject({ kind: 'applied' })
    // As one, its end, and in pieces.
    expect(sent.mock.calls.map(([messages]) => messages.length > 2)).toContain(true)
    await connection.close()
    await fence.close()
  })

  it('of which nobody hears leaves the connection behind, and others and the fence alone', async () => {
    const connection = await open()
    const fence = await open()
    const [first, second] = [await makeTarget('unheard'), await makeTarget('next')]
    const busy = fence.query('select pg_sleep(6)', 60_000)
    const scene = quickly(first, fence, connection)
    // What its history holds is read by the next try.
    expect(await applyTo(connection, scene, 'alter table note add column c int; select pg_sleep(2.3)')).toMatchObject({ kind: 'unknown' })
    expect(await sql`select version from unheard.tenantry_history`).toEqual([{ version: '0001' }])
    expect(connection.dead).toBe(true)
    const other = await open()
    expect(await applyTo(other, second, 'alter table note add column c int; select pg_sleep(3)')).toMatchObject({ kind: 'applied' })
    await busy
    expect(fence.dead).toBe(false)
    await other.close()
    await fence.close()
  })

  it('is not taken for ours where it was refused, and asked for no more', async () => {
    const address = new URL(url)
    Object.assign(address, { username: clerk, password: 'clerk' })
    const connection = await open()
    const fence = await open(address.href)
    const canceller = new FlightCanceller(fence)
    const made = await makeTarget('refused')
    const scene = { ...made, quick: canceller.quickFor(connection, made.applicationName) }
    const applying = applyTo(connection, scene, 'alter table note add column c int; select pg_sleep(20)')
    await sleep(3_000)
    await sql`select pg_cancel_backend(${connection.pid})`
    expect(await applying).toMatchObject({ kind: 'failed', error: { code: '57014' } })
    expect(await sql`select version from refused.tenantry_history`).toEqual([])
    expect(canceller.quickFor(connection, made.applicationName)).toBeUndefined()
    await connection.close()
    await fence.close()
  })

  it('breaks off no wait for a standby: what was committed is not told before it is there', async () => {
    const made = await makeTarget('standby')
    const fence = await open()
    const connection = await open()
    const witness = postgres(url, { max: 1 })
    await sql`create table witness (n int)`
    await sql.unsafe(`alter system set synchronous_standby_names = 'nobody'`)
    await sql`select pg_reload_conf()`
    await untilCommitsWait(witness)
    let ended: unknown = 'waits'
    const applying = applyTo(connection, quickly(made, fence, connection), 'alter table note add column c int').then((outcome) => (ended = outcome))
    try {
      await expect.poll(() => waitEventOf(connection.pid)).toBe('SyncRep')
      await sleep(3_000)
      expect(ended).toBe('waits')
    } finally {
      await sql.unsafe(`alter system reset synchronous_standby_names`)
      await sql`select pg_reload_conf()`
    }
    expect(await applying).toMatchObject({ kind: 'applied' })
    await Promise.all([connection.close(), fence.close(), witness.end()])
  })
})
