/** Workers killed, stopped and doubled while a run is on. */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest'
import { isFinalRun } from '../../../lib/tenancy/contract/index.ts'
import { makeFleet, slugsOf, type Fleet } from '../../support/fleet.ts'
import { random } from '../../support/random.ts'
import { useDatabases } from '../../support/template.ts'
import { counted, countedFiles, countedSteps, expectNobodyLeft, expectWhole } from '../../support/whole.ts'
import { killWorkers, passHeartbeats, spawnWorker, type WorkerProcess } from '../../support/workers.ts'

const databases = useDatabases()
const slugs = slugsOf(300, 'w')
/** Workers and the control plane are the same whatever the server; the second line of servers is there for what it does with a killed one's backends. */
const isFirstLine = inject('serverMajor') === 15
const killCount = isFirstLine ? 6 : 3
let fleet: Fleet
const versions = ['0001']

/** The next migration; each test rolls one out over the same tenants. */
const next = async (files: (version: string) => Readonly<Record<string, string>>): Promise<void> => {
  const version = String(versions.length + 1).padStart(4, '0')
  versions.push(version)
  await fleet.sync(files(version))
}

beforeAll(async () => {
  fleet = await makeFleet(databases, { files: countedFiles, budget: 8, limits: { maxTries: 40 } })
  await fleet.watchStates()
  const worker = await fleet.work()
  await fleet.ended(await fleet.onboard(slugs))
  await worker.stop()
})
afterEach(killWorkers)
afterAll(() => fleet.close())

/** Conductors with an item on its way. One that found nothing to do and is about to go is none. */
const drivers = async (): Promise<readonly string[]> => {
  const rows = await fleet.sql<
    Array<{ name: string }>
  >`select distinct split_part(application_name, ' ', 1) as name from pg_stat_activity where application_name like 'tenantry:%:c% run %' and datname = current_database()`
  return rows.map(({ name }) => name)
}

describe(`a run over ${slugs.length} tenants`, () => {
  it(`whose worker is killed at ${killCount} random moments is taken over each time and ends with everything applied once`, async () => {
    await next((version) => counted(version, 0.1))
    await next((version) => countedSteps(version, 0.06))
    const moments = random(20)
    const run = await fleet.start({ maxConcurrent: 4 })
    let driving = spawnWorker(fleet)
    await driving.ready
    let kills = 0
    let standby = spawnWorker(fleet)
    while (kills < killCount && !isFinalRun(await fleet.stateOf(run))) {
      // Counted from the first item on its way, so that a slow machine is not killed before it begins.
      await fleet.until('an item on its way', async () => isFinalRun(await fleet.stateOf(run)) || (await drivers()).length > 0)
      await sleep(moments() * 400)
      await driving.end('SIGKILL')
      kills += 1
      await standby.ready
      await passHeartbeats(fleet)
      driving = standby
      standby = spawnWorker(fleet)
      await fleet.until(
        'the next to take over',
        async () => isFinalRun(await fleet.stateOf(run)) || (await fleet.control`select 1 from conductor where worker = ${driving.name}`).length === 1,
      )
    }
    expect(kills).toBe(killCount)
    const detail = await fleet.ended(run)
    await expectWhole(fleet, run, slugs, versions)
    expect(detail.retried).toBeGreaterThan(0)
    await standby.ready
    await Promise.all([driving.end('SIGTERM'), standby.end('SIGTERM')])
    await expectNobodyLeft(fleet)
  }, 180_000)

  it('that is worked by two workers is driven by one at a time, and each migration is applied once', async () => {
    await next((version) => counted(version, 0.01))
    const workers = [spawnWorker(fleet), spawnWorker(fleet)]
    await Promise.all(workers.map(({ ready }) => ready))
    const run = await fleet.start()
    const names = new Set<string>()
    await fleet.until('the end', async () => {
      const now = await drivers()
      expect(now.length).toBeLessThanOrEqual(1)
      for (const name of now) names.add(name)
      return isFinalRun(await fleet.stateOf(run))
    })
    expect(names.size).toBe(1)
    await expectWhole(fleet, run, slugs, versions)
    await Promise.all(workers.map((worker) => worker.end('SIGTERM')))
    await expectNobodyLeft(fleet)
  })

  it.runIf(isFirstLine)('whose worker sleeps, is taken for dead and wakes up again, takes no harm', async () => {
    await next((version) => countedSteps(version, 0.08))
    const sleeper = spawnWorker(fleet)
    await sleeper.ready
    const run = await fleet.start({ maxConcurrent: 5 })
    await fleet.until('some of it', async () => (await fleet.settledOf(run)) > 20)
    sleeper.signal('SIGSTOP')
    const other = spawnWorker(fleet)
    await other.ready
    await passHeartbeats(fleet)
    const before = await fleet.settledOf(run)
    await fleet.until('the other one to get on', async () => (await fleet.settledOf(run)) > before + 20)
    sleeper.signal('SIGCONT')
    await fleet.ended(run)
    await expectWhole(fleet, run, slugs, versions)
    await next((version) => counted(version))
    const after = await fleet.roll()
    await expectWhole(fleet, after.id, slugs, versions)
    await Promise.all([sleeper.end('SIGTERM'), other.end('SIGTERM')])
    await expectNobodyLeft(fleet)
  })

  it.runIf(isFirstLine)('is taken over by itself when its worker died, without anybody’s help', async () => {
    await next((version) => counted(version, 0.04))
    const workers = [spawnWorker(fleet), spawnWorker(fleet)]
    await Promise.all(workers.map(({ ready }) => ready))
    const run = await fleet.start({ maxConcurrent: 3 })
    await fleet.until('some of it', async () => (await fleet.settledOf(run)) > 20)
    const [row] = await fleet.control<Array<{ worker: string }>>`select worker from conductor where worker is not null`
    const isDriving = (worker: WorkerProcess) => worker.name === row?.worker
    await workers.find(isDriving)?.end('SIGKILL')
    const killedAt = Date.now()
    await fleet.until(
      'the other one to take over',
      async () => (await fleet.control`select 1 from conductor where worker <> ${row?.worker ?? ''}`).length === 1,
    )
    expect(Date.now() - killedAt).toBeLessThan(40_000)
    await fleet.ended(run)
    await expectWhole(fleet, run, slugs, versions)
    await workers.find((worker) => !isDriving(worker))?.end('SIGTERM')
    await expectNobodyLeft(fleet)
  })

  it.runIf(isFirstLine)('stops at once when its worker is asked to end: running items finish, the rest waits for the next one', async () => {
    await next((version) => counted(version, 0.06))
    const first = spawnWorker(fleet)
    await first.ready
    const run = await fleet.start({ maxConcurrent: 4 })
    await fleet.until('some of it', async () => (await fleet.settledOf(run)) > 10)
    await first.end('SIGTERM')
    const items = await fleet.itemsOf(run)
    expect(Object.keys(items).toSorted()).toEqual(['pending', 'succeeded'])
    await expectNobodyLeft(fleet)
    const second = spawnWorker(fleet)
    await second.ready
    await fleet.ended(run)
    await expectWhole(fleet, run, slugs, versions)
    expect((await fleet.tenancy.runs.get(run)).attempts).toBe(slugs.length)
    await second.end('SIGTERM')
  })
})
