/** A server that is set up against its guests: no connection left for a while, and settings of the role or the database that no statement survives. */
import { setTimeout as sleep } from 'node:timers/promises'
import postgres from 'postgres'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { makeFleet, slugsOf, type Fleet } from '../support/fleet.ts'
import { openOwnServer, type OwnServer } from '../support/own-server.ts'
import { useDatabases } from '../support/template.ts'
import { counted, countedFiles, countedSteps, expectGoesOn, expectNothingLeft, expectWhole } from '../support/whole.ts'
import { killWorkers, spawnWorker, type WorkerProcess } from '../support/workers.ts'
import { scaled } from './scale.ts'

const targets = scaled(300, 40)
const fullMs = scaled(20_000, 5_000)
const runLimitMs = 300_000

const databases = useDatabases()
let server: OwnServer
let fleet: Fleet
let workers: WorkerProcess[] = []

beforeAll(async () => {
  server = await openOwnServer('breaking-hostile', { settings: { max_connections: '30' } })
})
afterEach(async () => {
  killWorkers()
  await fleet.close()
})
afterAll(() => server.close())

const twoWorkers = async (): Promise<void> => {
  workers = [spawnWorker(fleet), spawnWorker(fleet)]
  await Promise.all(workers.map(({ ready }) => ready))
}

const expectWell = async (run: number, slugs: readonly string[], versions: readonly string[], prefix: string): Promise<void> => {
  await fleet.ended(run, runLimitMs)
  await expectWhole(fleet, run, slugs, versions)
  expect(await Promise.all(workers.map((worker) => worker.end('SIGTERM')))).toEqual([0, 0])
  await expectNothingLeft(fleet, prefix)
}

/** Takes connections until there is none left; returns those it took. */
const takeAll = async (): Promise<postgres.Sql[]> => {
  const taken: postgres.Sql[] = []
  for (;;) {
    const hog = postgres(server.urlOf('postgres'), { max: 1, onnotice: () => undefined, connect_timeout: 5 })
    const code = await hog`select 1`.then(
      () => null,
      (error: { code: string }) => error.code,
    )
    if (code === null) taken.push(hog)
    else {
      await hog.end()
      if (code === '53300') return taken
    }
  }
}

it(`a full connection table for ${fullMs / 1000} s in the middle of a run over ${targets} tenants`, async () => {
  const prefix = 'full'
  const slugs = slugsOf(targets, prefix)
  fleet = await makeFleet(databases, {
    urls: [await server.makeDatabase('full')],
    files: countedFiles,
    budget: 10,
    limits: { unreachableMs: 60_000, maxTries: 20 },
  })
  await fleet.watchStates()
  await twoWorkers()
  await fleet.ended(await fleet.onboard(slugs), runLimitMs)
  await fleet.sync({ ...counted('0002', 0.03), ...countedSteps('0003', 0.01) })
  const run = await fleet.start({ maxConcurrent: 4 })
  await fleet.until('some of it', async () => (await fleet.settledOf(run)) > targets / 10)
  await fleet.sql`select 1`
  // What the conductor has is ended, so that all of the table is somebody else's.
  const hogs: postgres.Sql[] = []
  for (let left = 1; left > 0;) {
    const rows = await fleet.sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'tenantry:%:c%'`
    hogs.push(...(await takeAll()))
    left = rows.length
  }
  expect(hogs.length).toBeGreaterThan(15)
  await sleep(fullMs)
  const before = await fleet.settledOf(run)
  await sleep(1_000)
  expect(await fleet.settledOf(run)).toBe(before)
  for (const hog of hogs) await hog.end()
  process.stdout.write(`full for ${fullMs} ms; went on after ${await expectGoesOn(fleet, run)} ms\n`)
  await expectWell(run, slugs, ['0001', '0002', '0003'], prefix)
})

type Settings = Readonly<Record<string, string>>

const deadly: Settings = {
  statement_timeout: "'1ms'",
  lock_timeout: "'1ms'",
  idle_in_transaction_session_timeout: "'1ms'",
  default_transaction_isolation: "'serializable'",
  search_path: 'evil, public',
}
const readOnly: Settings = { default_transaction_read_only: 'on' }
const odd: Settings = {
  standard_conforming_strings: 'off',
  client_encoding: "'LATIN1'",
  session_replication_role: "'replica'",
  datestyle: "'German, DMY'",
  bytea_output: "'escape'",
  row_security: 'off',
  client_min_messages: "'debug1'",
}

/** Tables and functions where `search_path` leads, named like those that Tenantry asks for. */
const trap = `create schema evil;
  create table evil.customer (id int); create table evil.tenantry_history (version text); create table public.customer (id int);
  create function evil.count(anyelement) returns bigint language sql as 'select 7::bigint';
  create function evil.pg_backend_pid() returns int language sql as 'select 7';
  create function evil.lower(text) returns text language sql as $$select 'evil'$$`

describe('settings against every guest', () => {
  const clean = async (what: string): Promise<void> => {
    const sql = postgres(server.urlOf('postgres'), { max: 1, onnotice: () => undefined })
    await sql.unsafe(`alter ${what} reset all`)
    await sql.end()
  }
  const poison = async (what: string, settings: Settings): Promise<void> => {
    const sql = postgres(server.urlOf('postgres'), { max: 1, onnotice: () => undefined })
    for (const [name, value] of Object.entries(settings)) await sql.unsafe(`alter ${what} set ${name} = ${value}`)
    await sql.end()
  }
  const guest = async (): Promise<(url: string) => string> => {
    const sql = postgres(server.urlOf('postgres'), { max: 1, onnotice: () => undefined })
    await sql.unsafe(`do $$ begin create role guest login superuser password 'guest'; exception when duplicate_object then null; end $$`)
    await sql.end()
    return (direct) => {
      const url = new URL(direct)
      url.username = 'guest'
      url.password = 'guest'
      return url.href
    }
  }

  it.each([
    { where: 'the tenants’ role', what: 'role guest', prefix: 'hrol' },
    { where: 'the tenants’ database', what: 'database hdat', prefix: 'hdat' },
  ])(`on $where change nothing for ${targets} tenants that are built and migrated`, async ({ what, prefix }) => {
    const slugs = slugsOf(targets, prefix)
    const asGuest = await guest()
    const url = await server.makeDatabase(prefix)
    // Whoever looks at what became of it is nobody's guest: its own connection carries settings of its own.
    const own = postgres(url, { max: 1, onnotice: () => undefined })
    await own.unsafe(trap)
    await own.end()
    await poison(what, { ...deadly, ...odd, ...readOnly })
    try {
      fleet = await makeFleet(databases, { urls: [asGuest(url)], files: countedFiles, budget: 8 })
      await fleet.watchStates()
      await twoWorkers()
      const built = await fleet.onboard(slugs)
      expect(await fleet.ended(built, runLimitMs)).toMatchObject({ state: 'succeeded', retried: 0 })
      await fleet.sync({ ...counted('0002', 0.01), ...countedSteps('0003', 0.01) })
      const run = await fleet.start()
      await fleet.ended(run, runLimitMs)
      await fleet.verified(run)
      await clean(what)
      for (const pid of await fleet.sql<Array<{ pid: number }>>`select pid from pg_stat_activity where usename = 'guest' and pid <> pg_backend_pid()`)
        await fleet.sql`select pg_terminate_backend(${pid.pid})`.catch(() => {})
      await expectWell(run, slugs, ['0001', '0002', '0003'], prefix)
    } finally {
      await clean(what)
    }
  })

  it('on the control plane’s own role and database change nothing for a run', async () => {
    const prefix = 'hctl'
    const slugs = slugsOf(targets, prefix)
    const asGuest = await guest()
    const controlUrl = asGuest(await server.makeControl())
    await poison('role guest', { ...deadly, ...readOnly })
    await poison('database control', { ...deadly, ...readOnly })
    try {
      fleet = await makeFleet(databases, { controlUrl, urls: [await server.makeDatabase(prefix)], files: countedFiles, budget: 6 })
      await twoWorkers()
      expect(await fleet.ended(await fleet.onboard(slugs), runLimitMs)).toMatchObject({ state: 'succeeded', counts: { succeeded: targets } })
      await fleet.sync(counted('0002', 0.01))
      const run = await fleet.start()
      expect(await fleet.ended(run, runLimitMs)).toMatchObject({ state: 'succeeded', counts: { succeeded: targets } })
      expect(await fleet.verified(run)).toMatchObject({ verified: { targets, mismatches: 0 } })
      expect(await Promise.all(workers.map((worker) => worker.end('SIGTERM')))).toEqual([0, 0])
    } finally {
      await clean('role guest')
      await clean('database control')
    }
  })
})
