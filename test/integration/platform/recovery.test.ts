/**
 * The one PostgreSQL server that holds everything, control plane and tenants, goes away under real processes in the middle of a run: a worker, the command line
 * that waits, and an event stream. What was away comes back by itself.
 */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import postgres from 'postgres'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { runDocument } from '../../../lib/cli/documents.ts'
import { createOutput } from '../../../lib/cli/output.ts'
import { waitForRun } from '../../../lib/cli/wait-for-run.ts'
import { migrationsDir } from '../../../lib/connection.ts'
import { writeState } from '../../../lib/embedded/files.ts'
import { openEmbedded, type EmbeddedServer } from '../../../lib/embedded/index.ts'
import { nextFreePort } from '../../../lib/embedded/ports.ts'
import { findRunning } from '../../../lib/embedded/postmaster.ts'
import { isAlive, waitUntil } from '../../../lib/embedded/processes.ts'
import type { RunEvent } from '../../../lib/tenancy/contract/index.ts'
import { createTenancy } from '../../../lib/tenancy/index.ts'
import { migrateControl } from '../../../lib/tenancy/migrations/control-plane.ts'
import { commandLine, type CommandLine } from '../../support/command-line.ts'
import { ada, makeFleet, slugsOf, type Fleet } from '../../support/fleet.ts'
import { makeFolder } from '../../support/folder.ts'
import { testSecret, useDatabases } from '../../support/template.ts'

const databases = useDatabases()
const slugs = slugsOf(12, 'back')
/** Together shorter than any heartbeat takes to grow old: whoever was at work must go on by itself. */
const downMs = 1_500
const backWithinMs = 13_000

let dataDir: string
let server: EmbeddedServer
let fleet: Fleet
let line: CommandLine
const running = new Set<ReturnType<CommandLine['start']>>()

const open = (): Promise<EmbeddedServer> => openEmbedded({ dataDir, isDurable: true, settings: { fsync: 'off' } })

/** What `pg_ctl stop -m immediate` does. */
const stopImmediately = async (): Promise<void> => {
  const found = findRunning(join(dataDir, 'postgres-15'))
  if (!found) throw new Error('the server does not run')
  process.kill(found.pid, 'SIGQUIT')
  await waitUntil(40_000, () => !isAlive(found.pid))
}

const makeDatabase = async (name: string): Promise<string> => {
  const sql = postgres(server.urlOf('postgres'), { max: 1, onnotice: () => undefined })
  await sql`create database ${sql(name)}`
  await sql.end()
  return server.urlOf(name)
}

const start = (words: readonly string[]): ReturnType<CommandLine['start']> => {
  const started = line.start(words)
  running.add(started)
  return started
}

const settledOf = async (run: number): Promise<number> => (await fleet.control`select 1 from run_item where run_id = ${run} and state = 'succeeded'`).length

beforeAll(async () => {
  dataDir = makeFolder('recovery')
  // Out of the way of other throw-away servers, which take the first port that is free.
  writeState(dataDir, { cluster: join(dataDir, 'postgres-15'), port: await nextFreePort(29_000 + (process.pid % 100) * 20, '127.0.0.1'), pid: null })
  server = await open()
  const controlUrl = await makeDatabase('control')
  await migrateControl(controlUrl, join(migrationsDir, 'control'))
  fleet = await makeFleet(databases, { controlUrl, urls: [await makeDatabase('tenants')], budget: 4 })
  line = commandLine(controlUrl)
  const worker = await fleet.work()
  await fleet.ended(await fleet.onboard(slugs))
  await worker.stop()
})
afterEach(async () => {
  for (const { child, ended } of running) {
    // The program that was started is the child of another, which passes on what it can.
    child.kill('SIGTERM')
    await ended
  }
  running.clear()
})
afterAll(async () => {
  await fleet.close()
  await server.release()
  rmSync(dataDir, { recursive: true, force: true })
})

it('a worker, a command that waits and an event stream go on within seconds after it is back', async () => {
  await fleet.sync({ '0003_slow.sql': 'select pg_sleep(0.7); create table third (id int);' })
  start(['worker'])
  const events: Array<RunEvent & { readonly heardAt: number }> = []
  const run = await fleet.start()
  const leave = await fleet.tenancy.events.run(run, null, (event) => events.push({ ...event, heardAt: Date.now() }))
  const watching = start(['runs', 'watch', String(run), '--json'])
  let said = ''
  watching.child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()))
  await fleet.until('some of it', async () => (await settledOf(run)) >= 4)
  await stopImmediately()
  await sleep(downMs)
  server = await open()
  const backAt = Date.now()
  const before = await settledOf(run)
  await fleet.until('more of it', async () => (await settledOf(run)) > before)
  expect(Date.now() - backAt).toBeLessThan(backWithinMs)
  await fleet.until('the stream to tell of it', async () => events.some(({ heardAt, counts }) => heardAt > backAt && counts.succeeded > before))
  expect(Date.now() - backAt).toBeLessThan(backWithinMs)
  expect(await fleet.ended(run)).toMatchObject({ state: 'succeeded', counts: { succeeded: slugs.length } })
  for (const slug of slugs) expect(await fleet.versionsOf(slug)).toEqual(['0001', '0002', '0003'])
  const ended = await watching.ended
  expect([ended.code, said]).toEqual([0, ''])
  expect(ended.document(runDocument).run.counts.succeeded).toBe(slugs.length)
  leave()
})

it('a command that waits says so, and gives up when it stays away', async () => {
  await fleet.sync({ '0004_slow.sql': 'select pg_sleep(0.5); create table fourth (id int);' })
  const run = await fleet.start()
  const tenancy = createTenancy({ controlUrl: fleet.controlUrl, secret: testSecret, migrationsDir })
  const said: string[] = []
  const output = { ...createOutput(false), note: (words: string) => void said.push(words) }
  const waiting = waitForRun({ tenancy, actor: ada, output }, run, true, 3_000).catch((error: unknown) => error)
  await fleet.until('some of it', async () => (await settledOf(run)) >= 2)
  await stopImmediately()
  const goneAt = Date.now()
  expect(await waiting).toMatchObject({ code: 'control.unreachable', message: expect.stringContaining('no answer for 3 s') })
  await tenancy.close()
  expect(Date.now() - goneAt).toBeLessThan(20_000)
  expect(said[0]).toBe('The control database does not answer; waiting up to 3 s for it. The run keeps its place.')
  server = await open()
  const next = await fleet.work()
  expect(await fleet.ended(run)).toMatchObject({ state: 'succeeded', counts: { succeeded: slugs.length } })
  await next.stop()
})
