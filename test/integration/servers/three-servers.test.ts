/** One run over three servers of their own, driven by two worker processes: in parallel, each server within its own budget, and none waits for a slow or a dead one. */
import { setTimeout as sleep } from 'node:timers/promises'
import postgres from 'postgres'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { ada, emptyCounts, makeFleet, shortLimits, slugsOf, type Fleet, type Limits } from '../../support/fleet.ts'
import { openOwnServer, type OwnServer } from '../../support/own-server.ts'
import { useDatabases } from '../../support/template.ts'
import { countedFiles } from '../../support/whole.ts'
import { killWorkers, spawnWorker, type WorkerProcess } from '../../support/workers.ts'

const databases = useDatabases()
const each = 8
/** One that is to be quick, one that is to be slow, one that is to die. */
const [quick, slow, dead] = [0, 1, 2] as const
const places = [
  { slugs: slugsOf(each, 'quick'), budget: 4 },
  { slugs: slugsOf(each, 'slow'), budget: 5 },
  { slugs: slugsOf(each, 'dead'), budget: 6 },
] as const
/** Who waits at a gate is not to give up; and no worker takes all three servers. */
const patient: Limits = { ...shortLimits, lockTimeoutMs: 45_000, statementTimeoutMs: 50_000, unreachableMs: 120_000, serversAtOnce: 2 }

let servers: readonly OwnServer[] = []
let fleet: Fleet
let workers: readonly WorkerProcess[] = []
const gate = 4_711

/** Leaves a column and a row, and waits wherever the gate of its server is closed. */
const gated = (version: string): Readonly<Record<string, string>> => ({
  [`${version}_change.sql`]: `alter table customer add column c${version} int;\nselect pg_advisory_xact_lock_shared(${gate});\ninsert into done values ('${version}');\n`,
})

/** @returns the way to open it again */
const closeGate = async (server: number): Promise<() => Promise<void>> => {
  const held = await fleet.open(server).reserve()
  await held`select pg_advisory_lock(${gate})`
  return async () => {
    await held`select pg_advisory_unlock(${gate})`
    held.release()
  }
}

const sessions: postgres.Sql[] = []
const at = (server: number): postgres.Sql => (sessions[server] ??= fleet.open(server))

const waitingAtGate = async (server: number): Promise<number> =>
  (await at(server)`select 1 from pg_locks where locktype = 'advisory' and objid = ${gate} and mode = 'ShareLock' and not granted`).length

/** Looks at every connection of Tenantry to a server, again and again. @returns the way to stop, and then the most that there were at once */
const watchConnections = (server: number): (() => Promise<number>) => {
  // The types of a server that dies are asked for by nobody who hears the refusal.
  const sql = postgres(fleet.urls[server] ?? '', { max: 1, fetch_types: false, onnotice: () => undefined })
  let most = 0
  const over = new AbortController()
  const watching = (async () => {
    while (!over.signal.aborted) {
      const found = await sql`select 1 from pg_stat_activity where application_name like 'tenantry:%' and pid <> pg_backend_pid()`.catch(() => [])
      most = Math.max(most, found.length)
      await sleep(5)
    }
  })()
  return async () => {
    over.abort()
    await watching
    await sql.end({ timeout: 2 })
    return most
  }
}

type Items = {
  readonly succeeded: number
  readonly running: number
  readonly open: number
  readonly began: Date
  readonly ended: Date
  readonly workers: readonly string[]
}

const itemsAt = async (run: number, server: number): Promise<Items> => {
  const [row] = await fleet.control<Items[]>`
    select count(*) filter (where i.state = 'succeeded')::int as succeeded, count(*) filter (where i.state = 'running')::int as running,
      count(*) filter (where i.state in ('pending', 'running', 'interrupted'))::int as open, min(i.started_at) as began, max(i.finished_at) as ended,
      array(select distinct a.worker from attempt a join run_item j on j.run_id = a.run_id and j.position = a.position
        where a.run_id = ${run} and j.server_id = d.server_id) as workers
    from database d left join run_item i on i.server_id = d.server_id and i.run_id = ${run} where d.name = ${`db${server + 1}`} group by d.server_id`
  if (!row) throw new Error(`there is no db${server + 1}`)
  return row
}

const waitingFor = async (server: number): Promise<string | null> => {
  const [row] = await fleet.control<Array<{ waiting_for: string | null }>>`
    select c.waiting_for from conductor c join database d on d.server_id = c.server_id where d.name = ${`db${server + 1}`}`
  return row?.waiting_for ?? null
}

const expectVersions = async (versions: readonly string[]): Promise<void> => {
  for (const [server, { slugs }] of places.entries())
    for (const slug of slugs) expect([slug, await fleet.versionsOf(slug, at(server))]).toEqual([slug, versions])
}

const startWorkers = async (count: number, limits: Limits): Promise<void> => {
  workers = Array.from({ length: count }, () => spawnWorker({ controlUrl: fleet.controlUrl, limits }))
  await Promise.all(workers.map(({ ready }) => ready))
}

beforeAll(async () => {
  servers = await Promise.all(places.map((_, index) => openOwnServer(`servers-${index + 1}`)))
  fleet = await makeFleet(databases, { urls: await Promise.all(servers.map((server) => server.makeDatabase('tenants'))), files: countedFiles, limits: patient })
  for (const [index, { budget }] of places.entries()) await fleet.tenancy.databases.setBudget(ada, { name: `db${index + 1}`, budget })
  await startWorkers(2, patient)
  await fleet.ended(await fleet.onboard(places.flatMap(({ slugs }, index) => slugs.map((slug) => ({ slug, database: `db${index + 1}` })))))
}, 120_000)
afterAll(async () => {
  await Promise.all(workers.map((worker) => worker.end('SIGTERM')))
  await fleet.close()
  await Promise.all(
    servers.map(async (server) => {
      // Nobody needs what it would write out.
      if (server.isRunning()) await server.stopImmediately()
      await server.close()
    }),
  )
}, 120_000)
afterEach(({ task }) => {
  if (task.result?.state === 'fail') killWorkers()
})

it('are driven at the same time, by both workers, each within its own budget', async () => {
  await fleet.sync(gated('0002'))
  const stopWatching = places.map((_, server) => watchConnections(server))
  const open = await Promise.all(places.map((_, server) => closeGate(server)))
  const run = await fleet.start()
  // None of the three can end before all three are under way with all that their budgets leave to items.
  for (const [server, { budget }] of places.entries())
    await fleet.until(`full hands on server ${server + 1}`, async () => (await waitingAtGate(server)) === budget - 2)
  for (const [server, { budget }] of places.entries()) expect(await waitingAtGate(server)).toBe(budget - 2)
  await Promise.all(open.map((openGate) => openGate()))

  const detail = await fleet.verified(run)
  expect(detail).toMatchObject({ state: 'succeeded', counts: { ...emptyCounts, total: 3 * each, succeeded: 3 * each }, verified: { mismatches: 0 } })
  const items = await Promise.all(places.map((_, server) => itemsAt(run, server)))
  const lastBegin = Math.max(...items.map(({ began }) => began.getTime()))
  const firstEnd = Math.min(...items.map(({ ended }) => ended.getTime()))
  expect(lastBegin).toBeLessThan(firstEnd)
  for (const { workers: drivers } of items) expect(drivers).toHaveLength(1)
  expect(new Set(items.flatMap(({ workers: drivers }) => drivers))).toEqual(new Set(workers.map(({ name }) => name)))
  await expectVersions(['0001', '0002'])
  for (const [server, { budget }] of places.entries()) {
    const most = await stopWatching[server]?.()
    // The fence and what carries items; a look would be the last one.
    expect(most).toBeGreaterThanOrEqual(budget - 1)
    expect(most).toBeLessThanOrEqual(budget)
  }
})

it('do not wait for a slow one, nor for a dead one, which gets its part when it is back', async () => {
  await fleet.sync(gated('0003'))
  const stopWatching = places.map((_, server) => watchConnections(server))
  const openSlow = await closeGate(slow)
  await servers[dead]?.stopImmediately()
  const run = await fleet.start()
  await fleet.until('the end of the quick server’s items', async () => (await itemsAt(run, quick)).succeeded === each)
  await fleet.until('full hands on the slow server', async () => (await waitingAtGate(slow)) === places[slow].budget - 2)
  await fleet.until('the dead server to be waited for', async () => (await waitingFor(dead)) === 'the server: ECONNREFUSED')
  expect(await itemsAt(run, slow)).toMatchObject({ succeeded: 0, open: each })
  expect(await itemsAt(run, dead)).toMatchObject({ succeeded: 0, open: each })

  await openSlow()
  await fleet.until('the end of the slow server’s items', async () => (await itemsAt(run, slow)).succeeded === each)
  expect(await itemsAt(run, dead)).toMatchObject({ succeeded: 0, running: 0, open: each })
  expect(await waitingFor(dead)).toBe('the server: ECONNREFUSED')
  expect(await fleet.stateOf(run)).toBe('running')

  await servers[dead]?.start()
  expect(await fleet.verified(run)).toMatchObject({ state: 'succeeded', counts: { ...emptyCounts, total: 3 * each, succeeded: 3 * each } })
  await expectVersions(['0001', '0002', '0003'])
  for (const [server, { budget }] of places.entries()) expect(await stopWatching[server]?.()).toBeLessThanOrEqual(budget)
})

it('end apart: the items of one that stays away fail with what its connection said, and a rerun brings them when it is back', async () => {
  await Promise.all(workers.map((worker) => worker.end('SIGTERM')))
  await startWorkers(1, { ...patient, unreachableMs: 500, serversAtOnce: 3 })
  await fleet.sync(gated('0004'))
  await servers[dead]?.stopImmediately()
  const run = await fleet.start()
  expect(await fleet.ended(run)).toMatchObject({ state: 'failed', counts: { ...emptyCounts, total: 3 * each, succeeded: 2 * each, failed: each } })
  expect((await fleet.itemsOf(run))['failed']).toEqual(places[dead].slugs)
  expect(await fleet.tenancy.runs.failures(run)).toMatchObject([{ example: { code: 'ECONNREFUSED' } }])
  // What was done on the others is read back while the dead one is still away.
  expect(await fleet.verified(run)).toMatchObject({ verified: { targets: 2 * each, mismatches: 0 } })

  await servers[dead]?.start()
  const again = await fleet.tenancy.runs.rerun(ada, { run, note: '' })
  expect(again.items).toBe(each)
  expect(await fleet.verified(again.run)).toMatchObject({ state: 'succeeded', counts: { ...emptyCounts, total: each, succeeded: each } })
  await expectVersions(['0001', '0002', '0003', '0004'])
})
