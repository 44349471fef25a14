/** One connection and its flights, against cancels, lost beginnings and lost connections. */
import { setTimeout as sleep } from 'node:timers/promises'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { applyMigration, defaultLimits, type ApplyOutcome, type Scene } from '../../../lib/tenancy/migrations/apply.ts'
import type { HistoryFact } from '../../../lib/tenancy/migrations/digest.ts'
import { createHistory } from '../../../lib/tenancy/migrations/history.ts'
import { connectFleet, type FleetConnection } from '../../../lib/tenancy/session/fleet-connection.ts'
import { migrationOf } from '../../support/migration.ts'
import { random } from '../../support/random.ts'
import { stepAfter } from '../../support/step.ts'
import { quickBy } from '../../support/quick.ts'
import { useDatabases } from '../../support/template.ts'
import { UsualTime } from '../../support/usual-time.ts'

const databases = useDatabases()
let url: string
let sql: postgres.Sql

beforeAll(async () => {
  url = await databases.empty()
  sql = postgres(url, { max: 4, onnotice: () => undefined })
})
afterAll(() => sql.end())

const sceneOf = (schema: string): Scene => ({
  schema,
  extensionSchemas: [],
  run: 1,
  applicationName: 'flights',
  limits: { ...defaultLimits, statementTimeoutMs: 10_000 },
})

const makeTarget = async (schema: string): Promise<Scene> => {
  await sql.unsafe(`create schema ${schema}; create table ${schema}.customer (id int); ${createHistory(schema)}`)
  return sceneOf(schema)
}

/** What is recorded and what is there, which must be the same. */
const readTarget = async (schema: string): Promise<{ recorded: string[]; there: string[] }> => {
  const recorded = await sql<Array<{ version: string }>>`select version from ${sql(schema)}.tenantry_history order by version`
  const there = await sql<Array<{ name: string }>>`
    select attname as name from pg_attribute where attrelid = ${`${schema}.customer`}::regclass and attname like 'c0%' and not attisdropped order by attname`
  return { recorded: recorded.map(({ version }) => version), there: there.map(({ name }) => name.slice(1)) }
}

type Disturb = (pid: number) => Promise<unknown>

/** So many are left alone first. */
const undisturbed = 5

/** Applies many migrations one after the other while somebody disturbs each at a random moment; a lost connection is replaced. */
const applyUnderFire = async (
  schema: string,
  count: number,
  seed: number,
  disturb: Disturb,
  isQuick = false,
): Promise<Record<ApplyOutcome['kind'], number>> => {
  const made = await makeTarget(schema)
  // What takes long enough to be met in the middle of.
  if (isQuick) await sql.unsafe(`insert into ${schema}.customer select n from generate_series(1, 30000) n`)
  // A function may leave something behind, and what may goes message by message.
  const between = isQuick ? '' : 'select pg_sleep(0.001);'
  const next = random(seed)
  const outcomes = { applied: 0, recorded_before: 0, failed: 0, unknown: 0 }
  const facts: HistoryFact[] = []
  let connection: FleetConnection | null = null
  const usual = new UsualTime()
  for (let number = 1; number <= count + undisturbed; number += 1) {
    const version = String(number).padStart(4, '0')
    const migration = await migrationOf(version, `alter table customer add column c${version} int; ${between} create index on customer (c${version});`)
    if (!connection || connection.dead) connection = await connectFleet(url, { applicationName: 'flights' })
    const began = performance.now()
    const { pid } = connection
    const scene = isQuick ? { ...made, quick: quickBy(sql, pid) } : made
    const applying = applyMigration(connection, migration, stepAfter(facts, migration), scene).then(({ kind }) => ({ kind, ms: performance.now() - began }))
    if (number > undisturbed) {
      await sleep(next() * 1.5 * usual.ms)
      await disturb(connection.pid)
    }
    const { kind, ms } = await applying
    // The first one warms the session up.
    if (number > 1 && kind === 'applied') usual.took(ms)
    outcomes[kind] += 1
    if (kind === 'unknown') {
      await connection.close()
      await sleep(5)
    }
    const { recorded } = await readTarget(schema)
    if (recorded.includes(version)) facts.push(migration)
    if (kind === 'applied' || kind === 'failed') expect(recorded.includes(version), `${version} was ${kind}`).toBe(kind === 'applied')
  }
  await connection?.close()
  return outcomes
}

const namesOutside = async (schema: string): Promise<readonly string[]> => {
  const rows = await sql<Array<{ name: string }>>`
    select n.nspname || '.' || c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast', ${schema})`
  return rows.map(({ name }) => name)
}

describe('a flight', () => {
  it('that is cancelled at any moment, 200 times, has recorded its version if and only if the column is there', async () => {
    const outcomes = await applyUnderFire('cancelled', 200, 1, (pid) => sql`select pg_cancel_backend(${pid})`)
    const { recorded, there } = await readTarget('cancelled')
    expect(there).toEqual(recorded)
    // Cancelled after COMMIT, while the history was read back: committed, and not known yet.
    expect(recorded).toHaveLength(outcomes.applied + outcomes.unknown)
    expect(outcomes.applied).toBeGreaterThan(10)
    expect(outcomes.failed).toBeGreaterThan(10)
    expect(await namesOutside('cancelled')).toEqual([])
  })

  it('whose connection is cut at any moment has recorded its version if and only if the column is there', async () => {
    const outcomes = await applyUnderFire('cut', 60, 2, (pid) => sql`select pg_terminate_backend(${pid})`)
    const { recorded, there } = await readTarget('cut')
    expect(there).toEqual(recorded)
    expect(outcomes.unknown).toBeGreaterThan(5)
    expect(outcomes.failed).toBe(0)
  })

  it('in one message that is cancelled at any moment has recorded its version if and only if the column is there', async () => {
    const outcomes = await applyUnderFire('cancelled_whole', 100, 3, (pid) => sql`select pg_cancel_backend(${pid})`, true)
    const { recorded, there } = await readTarget('cancelled_whole')
    expect(there).toEqual(recorded)
    expect(recorded).toHaveLength(outcomes.applied + outcomes.unknown)
    expect(outcomes.applied).toBeGreaterThan(5)
    expect(outcomes.failed).toBeGreaterThan(5)
  })

  it('in one message whose connection is cut at any moment has recorded its version if and only if the column is there', async () => {
    const outcomes = await applyUnderFire('cut_whole', 40, 4, (pid) => sql`select pg_terminate_backend(${pid})`, true)
    const { recorded, there } = await readTarget('cut_whole')
    expect(there).toEqual(recorded)
    expect(outcomes.unknown).toBeGreaterThan(5)
    expect(outcomes.failed).toBe(0)
  })

  it('in one message is one to the server, and says as exactly what failed, and what is to be tried again', async () => {
    const connection = await connectFleet(url, { applicationName: 'flights' })
    const scene = { ...(await makeTarget('whole')), quick: quickBy(sql, connection.pid) }
    const apply = async (version: string, text: string) => {
      const migration = await migrationOf(version, text)
      return applyMigration(connection, migration, stepAfter([], migration), scene)
    }
    const sent = vi.spyOn(connection, 'flight')
    expect(await apply('0001', 'alter table customer add column c0001 int; -- the end\nalter table customer add column d int -- the very end')).toMatchObject({
      kind: 'applied',
    })
    expect(sent.mock.calls.map(([messages]) => messages.length)).toEqual([1])
    expect(await apply('0001', 'alter table customer add column e int')).toEqual({ kind: 'recorded_before' })
    await sql`delete from whole.tenantry_history`
    expect(await apply('0002', 'alter table customer add column c0002 int;\n\nalter table nowhere add column f int')).toMatchObject({
      kind: 'failed',
      error: { code: '42P01', line: 3, statement: 'alter table nowhere add column f int' },
    })
    await sql.begin(async (holder) => {
      await holder`lock table whole.customer`
      expect(await apply('0004', 'alter table customer add column c0004 int')).toMatchObject({ kind: 'failed', error: { code: '55P03', version: '0004' } })
    })
    expect(await readTarget('whole')).toEqual({ recorded: [], there: ['0001'] })
    expect(await sql`select state from pg_stat_activity where pid = ${connection.pid}`).toEqual([{ state: 'idle' }])
    await connection.close()
  })

  it('in one message that takes long goes statement by statement, with all of its time', async () => {
    const made = await makeTarget('long')
    const connection = await connectFleet(url, { applicationName: 'flights' })
    const quick = quickBy(sql, connection.pid)
    const scene = { ...made, quick, limits: { ...made.limits, lockTimeoutMs: 9_000 } }
    const sent = vi.spyOn(connection, 'flight')
    const migration = await migrationOf('0001', 'alter table customer add column c0001 int')
    const holder = await sql.reserve()
    await holder`begin`
    await holder`lock table long.customer`
    const applying = applyMigration(connection, migration, stepAfter([], migration), scene)
    await vi.waitFor(() => expect(sent.mock.calls.length).toBeGreaterThan(2), { timeout: 9_000 })
    await holder`rollback`
    holder.release()
    expect(await applying).toMatchObject({ kind: 'applied' })
    await connection.close()
  })

  it('does not wait for answers: a hundred statements take one round trip', async () => {
    const connection = await connectFleet(url, { applicationName: 'flights' })
    const outcomes = await connection.flight(
      Array.from({ length: 500 }, (_, index) => `select ${index} as n`),
      10_000,
    )
    expect(outcomes.map((outcome) => (outcome.ok ? Object.values(outcome.rows[0] ?? {})[0] : null))).toEqual(Array.from({ length: 500 }, (_, index) => index))
    await connection.close()
  })

  it('that takes longer than its bound is given up, and its connection with it', async () => {
    const connection = await connectFleet(url, { applicationName: 'flights' })
    const [outcome] = await connection.flight(['select pg_sleep(0.5)'], 100)
    expect(outcome).toMatchObject({ ok: false, error: { code: 'FLIGHT_TIMEOUT' } })
    expect(connection.dead).toBe(true)
    expect(await connection.flight(['select 1'], 1000)).toMatchObject([{ ok: false, error: { code: 'CONNECTION_CLOSED' } }])
  })
})

describe('a connection that is cut', () => {
  /** Answered in time, whatever the answer. */
  const within = <T>(ms: number, act: Promise<T>): Promise<T | 'no answer'> => Promise.race([act, sleep(ms).then(() => 'no answer' as const)])

  it('answers what is sent to it at any moment afterwards', async () => {
    for (let turn = 0; turn < 25; turn += 1) {
      const connection = await connectFleet(url, { applicationName: 'flights' })
      const asleep = connection.flight(['select pg_sleep(1)'], 5_000)
      await sql`select pg_terminate_backend(${connection.pid})`
      await within(2_000, asleep)
      for (let question = 0; question < 6; question += 1) {
        expect(await within(15_000, connection.flight(['select 1', 'select 2'], 30_000)), `turn ${turn}, question ${question}`).not.toBe('no answer')
        if (turn % 2 === 0) await new Promise((resolve) => setImmediate(resolve))
      }
      expect(connection.dead).toBe(true)
      await connection.close()
    }
  })

  it('answers every message of a flight that was too large to be sent at once', async () => {
    const connection = await connectFleet(url, { applicationName: 'flights' })
    const large = connection.flight(['select pg_sleep(15)', ...Array.from({ length: 300 }, () => `select length('${'x'.repeat(100_000)}')`)], 20_000)
    await sql`select pg_terminate_backend(${connection.pid})`
    const outcomes = await within(18_000, large)
    if (outcomes === 'no answer') throw new Error(outcomes)
    expect(outcomes).toHaveLength(301)
    expect(outcomes.filter(({ ok }) => ok)).toEqual([])
    await connection.close()
  })
})

describe('a session', () => {
  it.each([
    ['makes a table', 'create table stray (id int)', '25006'],
    ['makes a table somewhere', 'create table public.stray (id int)', '25006'],
    ['finds a table of public', 'update mine set id = 2', '42P01'],
    ['changes a table', 'update public.mine set id = 2', '25006'],
    ['makes a schema', 'create schema stray', '25006'],
    ['takes part of a script', 'insert into public.mine values (3); select 1', '25006'],
    ['calls what writes', 'do $$ begin insert into public.mine values (4); end $$', '25006'],
  ])('without the BEGIN that was lost never %s', async (_, statement, code) => {
    await sql.unsafe('create table if not exists public.mine (id int)')
    const connection = await connectFleet(url, { applicationName: 'flights' })
    const [outcome] = await connection.flight([statement, 'COMMIT'], 5_000)
    expect(outcome).toMatchObject({ ok: false, error: { code } })
    await connection.close()
    expect(await sql`select * from public.mine`).toEqual([])
  })

  it('takes nothing on from one flight to the next', async () => {
    const scene = await makeTarget('settings')
    const connection = await connectFleet(url, { applicationName: 'flights' })
    const settings = () =>
      connection.query(
        `select string_agg(name || '=' || setting, ' ' order by name) as all from pg_settings where name in ('search_path', 'lock_timeout', 'statement_timeout', 'application_name', 'default_transaction_read_only')`,
      )
    const before = await settings()
    const first = await migrationOf('0001', 'alter table customer add column c0001 int')
    await applyMigration(connection, first, stepAfter([], first), scene)
    expect(await settings()).toEqual(before)
    const second = await migrationOf('0002', 'select 1 / 0')
    expect(await applyMigration(connection, second, stepAfter([first], second), scene)).toMatchObject({ kind: 'failed' })
    expect(await settings()).toEqual(before)
    await connection.close()
  })

  it.each([
    ['holds other rows', `insert into elsewhere.tenantry_history (version, name, checksum, finished_at) values ('0000', 'zero', 'x', now())`],
    ['is not there', 'drop table elsewhere.tenantry_history'],
    ['went with its schema', 'drop schema elsewhere cascade'],
  ])('does nothing where the history %s', async (_, change) => {
    const scene = await makeTarget('elsewhere')
    await sql.unsafe(change).simple()
    const before = await sql`select oid::regclass::text as name, xmin::text from pg_class order by oid`
    const connection = await connectFleet(url, { applicationName: 'flights' })
    const migration = await migrationOf('0001', 'create table elsewhere_too (id int)')
    expect(await applyMigration(connection, migration, stepAfter([], migration), scene)).toEqual({ kind: 'recorded_before' })
    expect(await sql`select oid::regclass::text as name, xmin::text from pg_class order by oid`).toEqual(before)
    await connection.close()
    await sql`drop schema if exists elsewhere cascade`
  })

  it.each([
    ['by its name', 'delete from tenantry_history'],
    ['by a name that it puts together', `do $$ begin execute 'delete from tenantry_' || 'history'; end $$`],
    [
      'by what it calls',
      `create function gone() returns int language plpgsql as $$ begin execute 'delete from tenantry_' || 'history'; return 1; end $$; select gone()`,
    ],
  ])('says what became of a history that the migration itself changed %s', async (how, text) => {
    const scene = await makeTarget(`meddling_${how.length}`)
    const connection = await connectFleet(url, { applicationName: 'flights' })
    const migration = await migrationOf('0001', text)
    expect(await applyMigration(connection, migration, stepAfter([], migration), scene)).toMatchObject({ kind: 'failed', error: { code: 'history_mismatch' } })
    await connection.close()
  })

  it('records a version once, however often it is sent', async () => {
    const scene = await makeTarget('once')
    const connections = await Promise.all(Array.from({ length: 4 }, () => connectFleet(url, { applicationName: 'flights' })))
    const migration = await migrationOf('0001', 'alter table customer add column c0001 int; select pg_sleep(0.05)')
    const outcomes = await Promise.all(connections.map((connection) => applyMigration(connection, migration, stepAfter([], migration), scene)))
    expect(outcomes.map(({ kind }) => kind).toSorted()).toEqual(['applied', 'recorded_before', 'recorded_before', 'recorded_before'])
    expect(await readTarget('once')).toEqual({ recorded: ['0001'], there: ['0001'] })
    await Promise.all(connections.map((connection) => connection.close()))
  })
})
