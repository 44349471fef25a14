/** `tenantry worker` that is told to stop: with nothing to do, with work that ends soon, and with work that does not. */
import { once } from 'node:events'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { commandLine, useStarted, type CommandLine, type Ended, type Started } from '../../support/command-line.ts'
import { makeFleet, slugsOf, type Fleet } from '../../support/fleet.ts'
import { openGate, waitAt } from '../../support/gate.ts'
import { openRelay } from '../../support/relay.ts'
import { useDatabases } from '../../support/template.ts'

const databases = useDatabases()
const slugs = slugsOf(6, 'stop')
let fleet: Fleet
let line: CommandLine
const keep = useStarted()

beforeAll(async () => {
  fleet = await makeFleet(databases, { budget: 4 })
  line = commandLine(fleet.controlUrl)
  const worker = await fleet.work()
  await fleet.ended(await fleet.onboard(slugs))
  await worker.stop()
})
afterAll(() => fleet.close())

const startWorker = async (at: CommandLine = line): Promise<Started> => {
  const worker = keep(at.start(['worker']))
  let said = ''
  worker.child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()))
  await fleet.until('the worker to wait for runs', async () => said.includes('waits for runs'))
  return worker
}

const stop = async (worker: Started, signal: NodeJS.Signals): Promise<Ended & { readonly tookMs: number }> => {
  const began = Date.now()
  worker.child.kill(signal)
  const ended = await worker.ended
  return { ...ended, tookMs: Date.now() - began }
}

const runningItems = async (run: number): Promise<number> => (await fleet.itemsOf(run)).running?.length ?? 0

it('is gone at once when it has nothing to do', async () => {
  const ended = await stop(await startWorker(), 'SIGTERM')
  expect(ended.code).toBe(0)
  // Sooner than it would wait for what is on its way.
  expect(ended.tookMs).toBeLessThan(4_900)
})

it('lets items on their way finish, says how many, and begins no others', async () => {
  await fleet.sync({ '0003_short.sql': `${waitAt('short_may_end')} create table third (id int);` })
  const worker = await startWorker()
  const run = await fleet.start()
  await fleet.until('two items on their way', async () => (await runningItems(run)) === 2)
  let said = ''
  worker.child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const stopping = stop(worker, 'SIGINT')
  await fleet.until('it to say what it waits for', async () => said.includes('on the way'))
  await openGate(fleet.sql, 'short_may_end')
  const ended = await stopping
  expect(ended.code).toBe(0)
  expect(ended.stderr).toContain('2 items on the way; up to 5 s to finish. Ctrl-C again ends at once.')
  expect(ended.stderr).not.toContain('did not finish')
  expect((await fleet.tenancy.runs.get(run)).counts).toMatchObject({ succeeded: 2, pending: 4, running: 0, interrupted: 0 })
  const next = await fleet.work()
  await fleet.ended(run)
  await next.stop()
})

it('ends what takes too long on the server, and leaves the run so that the next worker goes on at once', async () => {
  await fleet.sync({
    '0004_long.sql':
      "select pg_sleep(case when exists (select from pg_catalog.pg_class where relname = 'hurry') then 0 else 60 end); create table fourth (id int);",
  })
  const worker = await startWorker()
  const run = await fleet.start()
  await fleet.until('two items on their way', async () => (await runningItems(run)) === 2)
  const ended = await stop(worker, 'SIGTERM')
  expect(ended.code).toBe(0)
  expect(ended.tookMs).toBeGreaterThan(4_900)
  expect(ended.tookMs).toBeLessThan(30_000)
  expect(ended.stderr).toContain('2 items did not finish and are rolled back; the next worker takes the work up again.')
  expect((await fleet.tenancy.runs.get(run)).counts).toMatchObject({ pending: 6, running: 0, succeeded: 0 })
  const backends = () => fleet.sql`select 1 from pg_stat_activity where application_name like ${`%run ${run} %`} and state <> 'idle'`
  await fleet.until('the last of their backends to go', async () => (await backends()).length === 0)
  expect(await fleet.control`select 1 from conductor where worker is not null`).toHaveLength(0)

  await fleet.sql`create table public.hurry ()`
  const began = Date.now()
  const next = await fleet.work()
  expect(await fleet.ended(run)).toMatchObject({ state: 'succeeded', counts: { succeeded: 6 } })
  // Nobody's lease or job has to grow old first.
  expect(Date.now() - began).toBeLessThan(14_000)
  await next.stop()
  for (const slug of slugs) expect(await fleet.versionsOf(slug)).toEqual(['0001', '0002', '0003', '0004'])
  expect(await fleet.tenancy.runs.attempts(run, slugs[0] ?? '')).toMatchObject([{ state: 'interrupted' }, { state: 'succeeded' }])
})

it('is gone at once at the second signal', async () => {
  await fleet.sync({ '0005_long.sql': `${waitAt('fifth_may_end')} create table fifth (id int);` })
  const worker = await startWorker()
  const run = await fleet.start()
  await fleet.until('two items on their way', async () => (await runningItems(run)) === 2)
  const exited = once(worker.child, 'exit')
  let said = ''
  worker.child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()))
  worker.child.kill('SIGINT')
  await fleet.until('it to say what it waits for', async () => said.includes('on the way'))
  // A terminal's own Ctrl-C may come twice within half a second.
  const first = Date.now()
  await fleet.until('half a second to pass', async () => Date.now() - first > 600)
  worker.child.kill('SIGINT')
  expect(await exited).toEqual([130, null])
  await openGate(fleet.sql, 'fifth_may_end')
  await fleet.tenancy.runs.cancel({ kind: 'system', id: null, label: 'test', role: 'admin' }, { run })
})

it('is gone within seconds, with what it had in hand rolled back, when the control database says nothing any more', async () => {
  const own = await makeFleet(databases, { budget: 4 })
  const first = await own.work()
  await own.ended(await own.onboard(slugsOf(2, 'quiet')))
  await first.stop()
  await own.sync({ '0003_long.sql': 'select pg_sleep(61); create table third (id int);' })
  const relay = await openRelay(own.controlUrl)
  const through = Object.assign(new URL(own.controlUrl), { host: new URL(relay.address).host })
  const worker = await startWorker(commandLine(through.href))
  const sleepers = () => own.sql`select 1 from pg_stat_activity where state = 'active' and query like 'select pg_sleep(61)%'`
  await own.start()
  await own.until('two items in the long one', async () => (await sleepers()).length === 2)
  relay.stall()
  const ended = await stop(worker, 'SIGTERM')
  await own.until('what it had in hand to be rolled back', async () => (await sleepers()).length === 0, 10_000)
  await relay.close()
  await own.close()
  expect(ended.tookMs).toBeLessThan(20_000)
  expect(ended.code).toBe(0)
})
