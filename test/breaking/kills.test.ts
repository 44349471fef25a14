/** Conductors, web processes and backends killed at random moments, of tenants being built and of rollouts over them, with two workers. */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { isFinalRun } from '../../lib/tenancy/contract/index.ts'
import { makeFleet, slugsOf, type Fleet } from '../support/fleet.ts'
import { random } from '../support/random.ts'
import { startConsole, type StartedConsole } from '../support/start-console.ts'
import { testSecret, useDatabases } from '../support/template.ts'
import { counted, countedFiles, countedSteps, expectGoesOn, expectNothingLeft, expectWhole, goesOnWithinMs } from '../support/whole.ts'
import { killWorkers, passHeartbeats, spawnWorker, type WorkerProcess } from '../support/workers.ts'
import { scaled } from './scale.ts'

const targets = scaled(1_000, 60)
const kills = scaled(200, 20)
/** One of so many kills is of a web process that drives, and one of so many is left to be found out by itself. */
const everyWeb = 20
const everyAlone = 40
const runLimitMs = 300_000

const databases = useDatabases()
const prefix = 'kill'
const slugs = slugsOf(targets, prefix)
const moments = random(41)
let fleet: Fleet
let consoles: StartedConsole[] = []

beforeAll(async () => {
  fleet = await makeFleet(databases, {
    files: { '0001_init.sql': `${countedFiles['0001_init.sql'] ?? ''} select pg_sleep(0.1);` },
    budget: 8,
    limits: { maxTries: 40 },
  })
  await fleet.watchStates()
  // The console is built before anything is measured.
  const first = await openConsole()
  await first.end()
}, 400_000)
afterEach(async () => {
  killWorkers()
  for (const console of consoles.splice(0)) await console.end('SIGKILL')
})
afterAll(() => fleet.close())

const openConsole = async (): Promise<StartedConsole> => {
  const console = await startConsole({ DATABASE_URL: fleet.controlUrl, TENANTRY_SECRET: testSecret, LOG_LEVEL: 'silent', PORT: '' })
  consoles.push(console)
  return console
}

type Counts = { conductor: number; web: number; backend: number; alone: number }
const done: Counts = { conductor: 0, web: 0, backend: 0, alone: 0 }
const killed = (): number => done.conductor + done.web + done.backend
let slowestMs = 0

const backends = async (): Promise<readonly number[]> => {
  const rows = await fleet.sql<Array<{ pid: number }>>`
    select pid from pg_stat_activity where application_name like 'tenantry:%:c%' and datname = current_database() order by pid`
  return rows.map(({ pid }) => pid)
}

const atWork = async (): Promise<boolean> =>
  (await fleet.sql`select 1 from pg_stat_activity where application_name like 'tenantry:%:c% run %' and datname = current_database() limit 1`).length > 0

const driver = async (): Promise<string | null> => {
  const [row] = await fleet.control<Array<{ worker: string | null }>>`select worker from conductor`
  return row?.worker ?? null
}

/** Two workers, of which one drives. */
class Pair {
  #workers: WorkerProcess[] = [spawnWorker(fleet), spawnWorker(fleet)]

  async ready(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.ready))
  }

  async killDriver(): Promise<void> {
    const name = await driver()
    const victim = this.#workers.find((worker) => worker.name === name)
    await victim?.end('SIGKILL')
    if (victim) this.#workers[this.#workers.indexOf(victim)] = spawnWorker(fleet)
  }

  /** Their exit codes. */
  async end(): Promise<ReadonlyArray<number | null>> {
    await this.ready()
    return Promise.all(this.#workers.map((worker) => worker.end('SIGTERM')))
  }
}

const killBackend = async (): Promise<void> => {
  const pids = await backends()
  const pid = pids[Math.floor(moments() * pids.length)]
  if (pid !== undefined) await fleet.sql`select pg_terminate_backend(${pid})`
}

/** The web process drives the run, because both workers are stopped for a moment; then it is killed, and they are left to it again. */
const killWeb = async (pair: Pair, run: number): Promise<void> => {
  const console = await openConsole()
  for (let tries = 0; !(await driver())?.endsWith(':web') && !isFinalRun(await fleet.stateOf(run)); tries += 1) {
    await pair.killDriver()
    await passHeartbeats(fleet)
    await fleet.until('somebody to take over', async () => isFinalRun(await fleet.stateOf(run)) || ((await driver()) !== null && (await atWork())))
    expect(tries).toBeLessThan(50)
  }
  await sleep(moments() * 200)
  await console.end('SIGKILL')
}

/** Kills until the run has ended or `most` were killed in all. */
const underFire = async (pair: Pair, run: number, most: number): Promise<void> => {
  const isOver = async (): Promise<boolean> => isFinalRun(await fleet.stateOf(run))
  while (killed() < most) {
    await fleet.until('an item on its way', async () => (await isOver()) || (await atWork()))
    await sleep(moments() * 400)
    if (await isOver()) return
    const number = killed() + 1
    if (number % everyWeb === 0) {
      await killWeb(pair, run)
      done.web += 1
    } else if (moments() < 0.5) {
      await killBackend()
      done.backend += 1
      continue
    } else {
      await pair.killDriver()
      done.conductor += 1
    }
    if (number % everyAlone === 1 || number === everyWeb) {
      slowestMs = Math.max(slowestMs, await expectGoesOn(fleet, run))
      done.alone += 1
    } else {
      await pair.ready()
      await passHeartbeats(fleet)
    }
  }
}

const whole = async (run: number, versions: readonly string[]): Promise<void> => {
  await fleet.ended(run, runLimitMs)
  await expectWhole(fleet, run, slugs, versions)
}

it(`${kills} kills at random moments, while ${targets} tenants are built and migrated by two workers, lose nothing and apply nothing twice`, async () => {
  const pair = new Pair()
  await pair.ready()
  const built = await fleet.onboard(slugs)
  await underFire(pair, built, Math.round(kills / 4))
  await whole(built, ['0001'])
  const versions = ['0001']
  while (killed() < kills) {
    const next = [1, 2].map((step) => String(versions.length + step).padStart(4, '0'))
    await fleet.sync({ ...counted(next[0] ?? '', 0.05), ...countedSteps(next[1] ?? '', 0.03) })
    versions.push(...next)
    const run = await fleet.start({ maxConcurrent: 4 })
    await underFire(pair, run, kills)
    await whole(run, versions)
  }
  process.stdout.write(`kills: ${JSON.stringify(done)}; slowest to go on by itself ${slowestMs} ms of ${goesOnWithinMs}\n`)
  expect(killed()).toBe(kills)
  await expectNothingLeft(fleet, prefix)
  expect(await pair.end()).toEqual([0, 0])
  await expectNothingLeft(fleet, prefix)
}, 1_800_000)
