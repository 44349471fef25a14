/** Everything twice at the same instant, and workers that sleep through their own takeover. */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { migrationsDir } from '../../lib/connection.ts'
import { isFinalRun, type Tenancy } from '../../lib/tenancy/contract/index.ts'
import { startRunInput } from '../../lib/tenancy/contract/commands.ts'
import { createTenancy } from '../../lib/tenancy/index.ts'
import { ada, makeFleet, refusalOf, schemaOf, slugsOf, type Fleet } from '../support/fleet.ts'
import { random } from '../support/random.ts'
import { testSecret, useDatabases } from '../support/template.ts'
import { counted, countedFiles, countedSteps, expectNothingLeft, expectWhole } from '../support/whole.ts'
import { killWorkers, passHeartbeats, spawnWorker } from '../support/workers.ts'
import { scaled } from './scale.ts'

const targets = scaled(300, 60)
const rounds = scaled(30, 5)
const sleeps = scaled(40, 5)
const runLimitMs = 300_000

const databases = useDatabases()
const moments = random(71)

const next = async (fleet: Fleet, versions: string[], files: (version: string) => Readonly<Record<string, string>>): Promise<void> => {
  const version = String(versions.length + 1).padStart(4, '0')
  versions.push(version)
  await fleet.sync(files(version))
}

afterEach(killWorkers)

describe('two consoles', () => {
  const prefix = 'twin'
  const slugs = slugsOf(targets, prefix)
  const versions = ['0001']
  const more: string[] = []
  let fleet: Fleet
  let consoles: readonly Tenancy[] = []

  beforeAll(async () => {
    fleet = await makeFleet(databases, { files: countedFiles, budget: 8, limits: { maxTries: 20 } })
    await fleet.watchStates()
    consoles = [1, 2, 3].map(() => createTenancy({ controlUrl: fleet.controlUrl, secret: testSecret, migrationsDir, limits: fleet.limits }))
  })
  afterAll(async () => {
    for (const console of consoles) await console.close()
    await fleet.close()
  })

  const two = async (): Promise<ReturnType<typeof spawnWorker>[]> => {
    const workers = [spawnWorker(fleet), spawnWorker(fleet)]
    await Promise.all(workers.map(({ ready }) => ready))
    return workers
  }

  it(`that onboard one slug from three places at once, ${rounds} times, build it once`, async () => {
    const workers = await two()
    for (let round = 0; round < rounds; round += 1) {
      const slug = `${prefix}x${round}`
      more.push(slug)
      const input = { set: 'app', tenants: [{ slug, hosts: [], labels: {} }], isolation: 'schema' as const, note: '' }
      const answers = await Promise.all(
        consoles.map(async (console) => {
          await sleep(moments() * 4)
          const started: { run: number | null } = { run: null }
          const refusal = await refusalOf(console.onboarding.start(ada, input).then(({ run }) => (started.run = run)))
          return { run: started.run, code: refusal.code }
        }),
      )
      const runs = answers.flatMap(({ run }) => run ?? [])
      expect(runs, JSON.stringify(answers)).toHaveLength(1)
      for (const { code } of answers) expect(['none', 'tenant.exists', 'run.targets_busy']).toContain(code)
      expect(await fleet.ended(runs[0] ?? 0)).toMatchObject({ state: 'succeeded', counts: { total: 1, succeeded: 1 } })
      expect(await fleet.versionsOf(slug)).toEqual(['0001'])
    }
    await fleet.ended(await fleet.onboard(slugs), runLimitMs)
    await expectNothingLeft(fleet, prefix)
    await Promise.all(workers.map((worker) => worker.end('SIGTERM')))
  })

  it(`that start the same rollout at once, ${rounds} times, start one`, async () => {
    await next(fleet, versions, (version) => counted(version, 0.002))
    const input = startRunInput.parse({ set: 'app' })
    const start = async (console: Tenancy): Promise<{ readonly code: string; readonly run: number | null }> => {
      await sleep(moments() * 4)
      const started: { run: number | null } = { run: null }
      const { code } = await refusalOf(console.runs.start(ada, input).then(({ run }) => (started.run = run)))
      return { code, run: started.run }
    }
    for (let round = 0; round < rounds; round += 1) {
      const answers = await Promise.all(consoles.map(start))
      expect(answers.map(({ code }) => code).toSorted()).toEqual(['none', 'run.targets_busy', 'run.targets_busy'])
      const run = answers.find(({ code }) => code === 'none')?.run ?? 0
      await fleet.tenancy.runs.cancel(ada, { run })
      expect(await fleet.stateOf(run)).toBe('cancelled')
    }
    const workers = await two()
    const answers = await Promise.all(consoles.map(start))
    expect(answers.filter(({ code }) => code === 'none')).toHaveLength(1)
    const run = answers.find(({ code }) => code === 'none')?.run ?? 0
    await fleet.ended(run, runLimitMs)
    await expectWhole(fleet, run, [...slugs, ...more], versions)
    await expectNothingLeft(fleet, prefix)
    await Promise.all(workers.map((worker) => worker.end('SIGTERM')))
  })

  it(`of which two retry and one cancels at once, ${rounds} times, leave no item open and apply nothing twice`, async () => {
    const version = String(versions.length + 1).padStart(4, '0')
    versions.push(version)
    const all = [...slugs, ...more]
    // Fails where nobody is a customer yet.
    await fleet.sync({
      [`${version}_change.sql`]: `select 1 / (select count(*)::int from customer);\nalter table customer add column c${version} int;\nselect pg_sleep(0.005);\ninsert into done values ('${version}');\n`,
    })
    const failing = all.filter((_, index) => index % 3 === 0)
    const fine = all.filter((_, index) => index % 3 !== 0)
    const mend = (chosen: readonly string[]) => fleet.sql.unsafe(chosen.map((slug) => `insert into "${schemaOf(slug)}".customer (id) values (1)`).join('; '))
    await mend(fine)
    const workers = await two()
    for (let round = 0; round < rounds; round += 1) {
      const chosen = [...failing.slice(0, 15), ...fine.slice(round * 3, round * 3 + 3)]
      const run = await fleet.start({ selection: { kind: 'tenants', slugs: chosen } })
      await fleet.until('failures', async () => ((await fleet.itemsOf(run)).failed?.length ?? 0) > 2 || isFinalRun(await fleet.stateOf(run)))
      const [one, other, third] = consoles
      const after = async (act: () => Promise<unknown> | undefined): Promise<string> => {
        await sleep(moments() * 10)
        return (await refusalOf(act() ?? Promise.resolve())).code
      }
      const codes = await Promise.all([
        after(() => one?.runs.retry(ada, { run })),
        after(() => other?.runs.cancel(ada, { run })),
        after(() => third?.runs.retry(ada, { run })),
      ])
      for (const code of codes) expect(['none', 'run.state_conflict', 'run.no_items']).toContain(code)
      expect((await fleet.ended(run, runLimitMs)).counts).toMatchObject({ pending: 0, running: 0, interrupted: 0 })
    }
    await mend(failing)
    const run = await fleet.start()
    expect(await fleet.ended(run, runLimitMs)).toMatchObject({ state: 'succeeded' })
    const recorded = await Promise.all(
      all.map((slug) =>
        fleet.sql.unsafe<Array<{ n: number; history: number }>>(
          `select (select count(*)::int from "${schemaOf(slug)}".done where version = '${version}') as n, (select count(*)::int from "${schemaOf(slug)}".tenantry_history) as history`,
        ),
      ),
    )
    expect(new Set(recorded.map(([row]) => `${row?.n} ${row?.history}`))).toEqual(new Set([`1 ${versions.length}`]))
    expect(await fleet.strayArrows()).toEqual([])
    await expectNothingLeft(fleet, prefix)
    await Promise.all(workers.map((worker) => worker.end('SIGTERM')))
  })

  it('a set that is edited on disk in the middle of a run changes nothing of what the run froze', async () => {
    const version = String(versions.length + 1).padStart(4, '0')
    const all = [...slugs, ...more]
    await next(fleet, versions, (name) => counted(name, 0.02))
    const file = `${version}_change.sql`
    const [text] = Object.values(counted(version, 0.02))
    const workers = await two()
    const run = await fleet.start({ maxConcurrent: 4 })
    let edits = 0
    while (!isFinalRun(await fleet.stateOf(run))) {
      edits += 1
      fleet.write({ [file]: `insert into done values ('edited ${edits}');\n`, '9000_more.sql': `create table later${edits} (id int);\n` })
      expect(await refusalOf(consoles[edits % 3]?.sets.sync(ada, { name: 'app' }) ?? Promise.resolve())).toMatchObject({ code: 'set.edited' })
      await sleep(moments() * 100)
    }
    expect(edits).toBeGreaterThan(2)
    fleet.write({ [file]: text ?? '' })
    fleet.remove('9000_more.sql')
    expect(await fleet.tenancy.sets.sync(ada, { name: 'app' })).toMatchObject({ changed: [], added: [] })
    await expectWhole(fleet, run, all, versions)
    await expectNothingLeft(fleet, prefix)
    await Promise.all(workers.map((worker) => worker.end('SIGTERM')))
  })
})

describe('a worker that sleeps', () => {
  const prefix = 'slee'
  const slugs = slugsOf(targets, prefix)
  const versions = ['0001']
  let fleet: Fleet

  beforeAll(async () => {
    fleet = await makeFleet(databases, { files: countedFiles, budget: 8, limits: { maxTries: 60 } })
    await fleet.watchStates()
    const worker = await fleet.work()
    await fleet.ended(await fleet.onboard(slugs), runLimitMs)
    await worker.stop()
  })
  afterAll(() => fleet.close())

  it(`is taken for dead ${sleeps} times and wakes up at a random moment of its takeover or after it, and does no harm`, async () => {
    const workers = [spawnWorker(fleet), spawnWorker(fleet)]
    await Promise.all(workers.map(({ ready }) => ready))
    const driver = async (): Promise<string | null> => (await fleet.control<Array<{ worker: string | null }>>`select worker from conductor`)[0]?.worker ?? null
    let slept = 0
    for (; slept < sleeps;) {
      await next(fleet, versions, (version) => countedSteps(version, 0.04))
      const run = await fleet.start({ maxConcurrent: 5 })
      const isOver = async (): Promise<boolean> => isFinalRun(await fleet.stateOf(run))
      while (slept < sleeps && !(await isOver())) {
        await fleet.until('somebody to drive', async () => (await isOver()) || (await driver()) !== null)
        await sleep(moments() * 500)
        const name = await driver()
        const sleeper = workers.find((worker) => worker.name === name)
        if (!sleeper) continue
        sleeper.signal('SIGSTOP')
        await passHeartbeats(fleet)
        // Before the other has noticed, while it ends the sleeper's backends, or long after.
        if (moments() < 0.7) await fleet.until('the other one to take over', async () => (await isOver()) || ![name, null].includes(await driver()))
        await sleep(moments() * 600)
        sleeper.signal('SIGCONT')
        slept += 1
      }
      await fleet.ended(run, runLimitMs)
      await expectWhole(fleet, run, slugs, versions)
    }
    await expectNothingLeft(fleet, prefix)
    expect(await Promise.all(workers.map((worker) => worker.end('SIGTERM')))).toEqual([0, 0])
  }, 900_000)
})
