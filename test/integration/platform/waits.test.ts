/** An open run that nobody works on says what it waits for: to the page, to its event stream and to the command line. */
import postgres from 'postgres'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { runDocument } from '../../../lib/cli/documents.ts'
import type { RunEvent } from '../../../lib/tenancy/contract/index.ts'
import { commandLine } from '../../support/command-line.ts'
import { makeFleet, slugsOf, type Fleet } from '../../support/fleet.ts'
import { useDatabases } from '../../support/template.ts'

const databases = useDatabases()
const slugs = slugsOf(3, 'wait')
let fleet: Fleet
let server: postgres.Sql

beforeAll(async () => {
  server = postgres(inject('serverUrl'), { max: 1, onnotice: () => undefined })
  fleet = await makeFleet(databases, { limits: { unreachableMs: 40_000 } })
  const worker = await fleet.work()
  await fleet.ended(await fleet.onboard(slugs))
  await worker.stop()
})
afterAll(async () => {
  await fleet.close()
  await server.end()
})

const waitOf = async (run: number) => (await fleet.tenancy.runs.get(run)).waitsFor

it('for a worker, and no longer once there is one', async () => {
  await fleet.sync({ '0003_third.sql': 'create table third (id int);' })
  const run = await fleet.start()
  expect(await waitOf(run)).toMatchObject({ for: 'worker' })
  const events: RunEvent[] = []
  const leave = await fleet.tenancy.events.run(run, null, (event) => events.push(event))
  expect(events[0]?.waitsFor).toMatchObject({ for: 'worker' })
  const cli = commandLine(fleet.controlUrl)
  expect((await cli.run(['runs', 'show', String(run)])).stdout).toContain('Waits for a worker: none is running.')
  expect((await cli.run(['runs', 'show', String(run), '--json'])).document(runDocument).run.waitsFor).toMatchObject({ for: 'worker', problem: null })

  // A worker that lives and gets to nothing.
  await fleet.control`insert into worker (name) values ('busy')`
  expect(await waitOf(run)).toBeNull()
  await fleet.control`update run set created_at = now() - interval '1 minute' where id = ${run}`
  await fleet.control`update conductor set heartbeat_at = now() - interval '1 minute'`
  expect(await waitOf(run)).toMatchObject({ for: 'conductor' })
  await fleet.until('the stream to say so', async () => events.at(-1)?.waitsFor?.for === 'conductor')

  const worker = await fleet.work()
  await fleet.ended(run)
  expect(await waitOf(run)).toBeNull()
  await fleet.until('the stream to say the end', async () => events.at(-1)?.state === 'succeeded')
  expect(events.at(-1)?.waitsFor).toBeNull()
  leave()
  await worker.stop()
})

it('for a server that cannot be reached, since when it could not', async () => {
  await fleet.sync({ '0004_fourth.sql': 'create table fourth (id int);' })
  const database = new URL(fleet.urls[0] ?? '').pathname.slice(1)
  await server`alter database ${server(database)} allow_connections false`
  await fleet.until('the last conductor to go', async () => (await fleet.control`select 1 from conductor where worker is not null`).length === 0)
  const [asked] = await fleet.control<Array<{ at: Date }>>`select clock_timestamp() as at`
  const run = await fleet.start()
  const worker = await fleet.work()
  await fleet.until('the run to say what it waits for', async () => (await waitOf(run)) !== null)
  const first = await waitOf(run)
  expect(first).toMatchObject({ for: 'server', database: null, problem: '55000' })
  expect(Date.parse(first?.since ?? '')).toBeGreaterThanOrEqual(asked?.at.getTime() ?? Infinity)
  const heard = await fleet.control`select heartbeat_at from conductor`
  await fleet.until('another try', async () => (await fleet.control`select 1 from conductor where heartbeat_at > ${heard[0]?.heartbeat_at}`).length === 1)
  expect(await waitOf(run)).toEqual(first)
  expect((await commandLine(fleet.controlUrl).run(['runs', 'show', String(run)])).stdout).toMatch(
    /Server \S+ is out of reach \(55000\) and tried again every few seconds\. First noticed \d{4}-/,
  )
  await server`alter database ${server(database)} allow_connections true`
  expect(await fleet.ended(run)).toMatchObject({ state: 'succeeded', waitsFor: null })
  await worker.stop()
})
