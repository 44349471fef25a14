/** `pg_ctl restart -m immediate` of the tenants' server and of the control server in the middle of runs, and a control database that stays away for a minute. */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { isFinalRun } from '../../lib/tenancy/contract/index.ts'
import { makeFleet, slugsOf, type Fleet } from '../support/fleet.ts'
import { openOwnServer, type OwnServer } from '../support/own-server.ts'
import { random } from '../support/random.ts'
import { useDatabases } from '../support/template.ts'
import { counted, countedFiles, countedSteps, expectGoesOn, expectNothingLeft, expectWhole } from '../support/whole.ts'
import { killWorkers, spawnWorker, type WorkerProcess } from '../support/workers.ts'
import { scaled } from './scale.ts'

const targets = scaled(700, 70)
const restarts = scaled(10, 3)
const awayMs = scaled(60_000, 8_000)
const runLimitMs = 300_000

const databases = useDatabases()
const prefix = 'rest'
const slugs = slugsOf(targets, prefix)
const moments = random(42)
const versions = ['0001']
let control: OwnServer
let tenants: OwnServer
let fleet: Fleet
let workers: WorkerProcess[] = []

beforeAll(async () => {
  control = await openOwnServer('breaking-control')
  tenants = await openOwnServer('breaking-tenants')
  fleet = await makeFleet(databases, {
    controlUrl: await control.makeControl(),
    urls: [await tenants.makeDatabase('tenants')],
    files: countedFiles,
    budget: 8,
    limits: { unreachableMs: 60_000, maxTries: 40 },
  })
  await fleet.watchStates()
  const worker = await fleet.work()
  await fleet.ended(await fleet.onboard(slugs), runLimitMs)
  await worker.stop()
}, 300_000)
afterEach(killWorkers)
afterAll(async () => {
  await fleet.close()
  await tenants.close()
  await control.close()
})

const next = async (files: (version: string) => Readonly<Record<string, string>>): Promise<void> => {
  const version = String(versions.length + 1).padStart(4, '0')
  versions.push(version)
  await fleet.sync(files(version))
}

const twoWorkers = async (): Promise<void> => {
  workers = [spawnWorker(fleet), spawnWorker(fleet)]
  await Promise.all(workers.map(({ ready }) => ready))
}

const expectWell = async (run: number): Promise<void> => {
  await fleet.ended(run, runLimitMs)
  await expectWhole(fleet, run, slugs, versions)
  // A worker that died would have ended before it was asked to.
  expect(await Promise.all(workers.map((worker) => worker.end('SIGTERM')))).toEqual([0, 0])
  await expectNothingLeft(fleet, prefix)
}

/** What the tenants' server holds of the newest version, whatever the control plane knows. */
const applied = async (): Promise<number> =>
  (
    await fleet.sql`select 1 from pg_attribute a join pg_class c on c.oid = a.attrelid where c.relname = 'customer' and a.attname = ${`c${versions.at(-1) ?? ''}`}`
  ).length

/** As many times, evenly over the run. */
const breakDuring = async (run: number, what: string, act: () => Promise<void>): Promise<readonly number[]> => {
  const took: number[] = []
  for (let count = 0; count < restarts; count += 1) {
    const share = Math.round((targets * (count + 0.5)) / (restarts + 1))
    await fleet.until('its share of the run', async () => (await fleet.settledOf(run)) >= share, runLimitMs)
    await sleep(moments() * 300)
    expect(isFinalRun(await fleet.stateOf(run))).toBe(false)
    await act()
    took.push(await expectGoesOn(fleet, run))
  }
  process.stdout.write(`${what}: ${restarts}; went on after ${took.join(', ')} ms\n`)
  return took
}

/** Stops the server and starts it a moment later. */
const restart = (server: OwnServer, longestMs: number) => async (): Promise<void> => {
  await server.stopImmediately()
  await sleep(moments() * longestMs)
  await server.start()
}

/** Sends SIGKILL to a backend that carries an item: the postmaster takes shared memory for damaged, ends all sessions and recovers. */
const killBackend = async (): Promise<void> => {
  const before = (await fleet.sql<Array<{ at: Date }>>`select pg_postmaster_start_time() as at`)[0]?.at
  const atWork = async (): Promise<number | null> => {
    const rows = await fleet.sql<Array<{ pid: number }>>`
      select pid from pg_stat_activity where application_name like 'tenantry:%:c% run %' and datname = current_database() order by pid`.catch(() => [])
    return rows[Math.floor(moments() * rows.length)]?.pid ?? null
  }
  let pid: number | null = null
  await fleet.until('a backend at work', async () => (pid = await atWork()) !== null)
  if (pid === null) throw new Error('no backend')
  process.kill(pid, 'SIGKILL')
  const isBack = async (): Promise<boolean> => {
    const rows = await fleet.sql<Array<{ pid: number }>>`select pid from pg_stat_activity where pid = ${pid}`.catch(() => null)
    return rows !== null && rows.length === 0
  }
  await fleet.until('the server to recover', isBack)
  expect((await fleet.sql<Array<{ at: Date }>>`select pg_postmaster_start_time() as at`)[0]?.at).toEqual(before)
}

it(`${restarts} immediate restarts of the tenants’ server in one run over ${targets} tenants`, async () => {
  await next((version) => counted(version, 0.05))
  await next((version) => countedSteps(version, 0.02))
  await twoWorkers()
  const run = await fleet.start({ maxConcurrent: 3 })
  await breakDuring(run, 'restarts', restart(tenants, 4_000))
  await expectWell(run)
}, 600_000)

it(`${restarts} immediate restarts of the control server in one run over ${targets} tenants`, async () => {
  await next((version) => counted(version, 0.06))
  await next((version) => countedSteps(version, 0.03))
  await twoWorkers()
  const run = await fleet.start({ maxConcurrent: 2 })
  await breakDuring(run, 'restarts', restart(control, 1_000))
  await expectWell(run)
}, 600_000)

it(`${restarts} backends killed with SIGKILL, each of which takes all sessions of the tenants’ server with it, in one run over ${targets} tenants`, async () => {
  await next((version) => counted(version, 0.05))
  await next((version) => countedSteps(version, 0.02))
  await twoWorkers()
  const run = await fleet.start({ maxConcurrent: 3 })
  await breakDuring(run, 'backends', killBackend)
  await expectWell(run)
}, 600_000)

it(`the control database gone for ${awayMs / 1000} s while items run: they go on meanwhile, and nothing is applied twice`, async () => {
  await next((version) => counted(version, 0.2))
  await twoWorkers()
  const run = await fleet.start({ maxConcurrent: 2 })
  await fleet.until('some of it', async () => (await fleet.settledOf(run)) >= targets / 20, runLimitMs)
  const before = await applied()
  await control.stopImmediately()
  await sleep(awayMs)
  const meanwhile = (await applied()) - before
  await control.start()
  const tookMs = await expectGoesOn(fleet, run)
  process.stdout.write(`${awayMs} ms without the control database: ${meanwhile} items applied meanwhile, told ${tookMs} ms after it was back\n`)
  expect(meanwhile).toBeGreaterThan(awayMs / 500)
  await expectWell(run)
}, 600_000)
