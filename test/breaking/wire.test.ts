/** A network that cuts, resets, stalls and delays at random bytes, before a fleet database and before the control database. */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { isFinalRun } from '../../lib/tenancy/contract/index.ts'
import { ada, makeFleet, slugsOf, type Fleet } from '../support/fleet.ts'
import { openStormRelay, type Fault, type StormRelay } from '../support/storm-relay.ts'
import { useDatabases } from '../support/template.ts'
import { counted, countedFiles, countedSteps, expectGoesOn, expectNothingLeft, expectWhole } from '../support/whole.ts'
import { killWorkers, spawnWorker, type WorkerProcess } from '../support/workers.ts'
import { scaled } from './scale.ts'

const targets = scaled(600, 60)
const stormMs = scaled(60_000, 6_000)
const runLimitMs = 400_000
const faults: readonly Fault[] = ['drop', 'reset', 'stall', 'delay']

const databases = useDatabases()
const prefix = 'wire'
const slugs = slugsOf(targets, prefix)
const versions = ['0001']
let fleet: Fleet
let relay: StormRelay
let workers: WorkerProcess[] = []

const portOf = (url: string): number => Number(new URL(url).port)

beforeAll(async () => {
  // A flight whose answer never comes is given up half a minute after its statements had to end.
  fleet = await makeFleet(databases, { files: countedFiles, budget: 8, limits: { maxTries: 60, unreachableMs: 120_000, statementTimeoutMs: 5_000 } })
  await fleet.watchStates()
})
afterEach(async () => {
  killWorkers()
  await relay.close()
  await fleet.tenancy.databases.changeUrl(ada, { name: 'db1', url: fleet.urls[0] ?? '' })
})
afterAll(() => fleet.close())

const next = async (files: (version: string) => Readonly<Record<string, string>>): Promise<void> => {
  const version = String(versions.length + 1).padStart(4, '0')
  versions.push(version)
  await fleet.sync(files(version))
}

const twoWorkers = async (controlUrl = fleet.controlUrl): Promise<void> => {
  workers = [1, 2].map(() => spawnWorker({ controlUrl, limits: fleet.limits }))
  await Promise.all(workers.map(({ ready }) => ready))
}

/** Until the time is over or the run is. */
const weather = async (run: number): Promise<void> => {
  for (const end = Date.now() + stormMs; Date.now() < end && !isFinalRun(await fleet.stateOf(run));) await sleep(50)
}

const expectWell = async (run: number, least: number): Promise<void> => {
  relay.calm()
  const tookMs = await expectGoesOn(fleet, run)
  process.stdout.write(`faults: ${JSON.stringify(relay.counts)}; went on after ${tookMs} ms\n`)
  expect(Object.values(relay.counts).reduce((sum, count) => sum + count, 0)).toBeGreaterThan(least)
  await fleet.ended(run, runLimitMs)
  await expectWhole(fleet, run, slugs, versions)
  expect(await Promise.all(workers.map((worker) => worker.end('SIGTERM')))).toEqual([0, 0])
  await expectNothingLeft(fleet, prefix)
}

describe('before a fleet database', () => {
  const stand = async (seed: number): Promise<void> => {
    relay = await openStormRelay(portOf(fleet.urls[0] ?? ''), seed)
    await fleet.tenancy.databases.changeUrl(ada, { name: 'db1', url: relay.urlOf(fleet.urls[0] ?? '') })
  }

  it(`${targets} tenants are built in a storm, each once and whole`, async () => {
    await stand(51)
    await twoWorkers()
    relay.storm({ faults, everyBytes: 30_000 })
    const run = await fleet.onboard(slugs)
    await weather(run)
    await expectWell(run, scaled(30, 3))
  }, 600_000)

  it(`${targets} tenants are migrated in a storm, each version once`, async () => {
    await stand(52)
    await next((version) => counted(version, 0.02))
    await next((version) => countedSteps(version, 0.01))
    await twoWorkers()
    const run = await fleet.start()
    await fleet.until('some of it', async () => (await fleet.settledOf(run)) > 5)
    relay.storm({ faults, everyBytes: 8_000 })
    await weather(run)
    await expectWell(run, scaled(100, 10))
  }, 600_000)

  it('connections that fall silent for good are given up, and what they carried is looked at before it is tried again', async () => {
    await stand(53)
    await next((version) => counted(version, 0.01))
    await twoWorkers()
    const run = await fleet.start()
    await fleet.until('some of it', async () => (await fleet.settledOf(run)) > 5)
    relay.storm({ faults: ['mute'], everyBytes: 40_000 })
    await fleet.until('connections to be silent', async () => relay.counts.mute >= 3 || isFinalRun(await fleet.stateOf(run)), 60_000)
    relay.calm()
    expect(relay.counts.mute).toBeGreaterThan(0)
    await fleet.ended(run, runLimitMs)
    await expectWhole(fleet, run, slugs, versions)
    // Nobody has told the server that the other end of an idle connection is gone: the next conductor ends what is left of this one.
    await fleet.until('the conductor to go', async () => (await fleet.control`select 1 from conductor where worker is not null`).length === 0)
    await next((version) => counted(version))
    await expectWhole(fleet, (await fleet.roll()).id, slugs, versions)
    expect(await Promise.all(workers.map((worker) => worker.end('SIGTERM')))).toEqual([0, 0])
    await expectNothingLeft(fleet, prefix)
  }, 600_000)
})

describe('before the control database', () => {
  it(`a run over ${targets} tenants lives through a storm`, async () => {
    await next((version) => counted(version, 0.05))
    relay = await openStormRelay(portOf(fleet.controlUrl), 54)
    await twoWorkers(relay.urlOf(fleet.controlUrl))
    const run = await fleet.start({ maxConcurrent: 2 })
    await fleet.until('some of it', async () => (await fleet.settledOf(run)) > 5)
    relay.storm({ faults, everyBytes: 5_000 })
    await weather(run)
    await expectWell(run, scaled(30, 3))
  }, 600_000)

  it('a firewall that swallows every packet for a while stops nobody for good', async () => {
    await next((version) => counted(version, 0.1))
    relay = await openStormRelay(portOf(fleet.controlUrl), 55)
    await twoWorkers(relay.urlOf(fleet.controlUrl))
    const run = await fleet.start({ maxConcurrent: 2 })
    await fleet.until('some of it', async () => (await fleet.settledOf(run)) > 5)
    relay.swallow()
    await sleep(stormMs / 2)
    relay.pass()
    process.stdout.write(`swallowed for ${stormMs / 2} ms; went on after ${await expectGoesOn(fleet, run)} ms\n`)
    await fleet.ended(run, runLimitMs)
    await expectWhole(fleet, run, slugs, versions)
    expect(await Promise.all(workers.map((worker) => worker.end('SIGTERM')))).toEqual([0, 0])
    await expectNothingLeft(fleet, prefix)
  }, 600_000)
})
