/**
 * The one PostgreSQL server that holds everything, control plane and tenants, goes away under real processes in the middle of a run: a worker, the command line
 * that waits, and an event stream. What was away comes back by itself.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { runDocument } from '../../../lib/cli/documents.ts'
import { createOutput } from '../../../lib/cli/output.ts'
import { ownTerminal } from '../../../lib/cli/terminal.ts'
import { waitForRun } from '../../../lib/cli/wait-for-run.ts'
import { migrationsDir } from '../../../lib/connection.ts'
import type { RunEvent } from '../../../lib/tenancy/contract/index.ts'
import { createTenancy } from '../../../lib/tenancy/index.ts'
import { commandLine, useStarted, type CommandLine } from '../../support/command-line.ts'
import { ada, makeFleet, slugsOf, type Fleet } from '../../support/fleet.ts'
import { openOwnServer, type OwnServer } from '../../support/own-server.ts'
import { testSecret, useDatabases } from '../../support/template.ts'

const databases = useDatabases()
const slugs = slugsOf(12, 'back')
/** Together shorter than any heartbeat takes to grow old: whoever was at work must go on by itself. */
const downMs = 1_500
const backWithinMs = 13_000

let server: OwnServer
let fleet: Fleet
let line: CommandLine
const keep = useStarted()

beforeAll(async () => {
  server = await openOwnServer('recovery')
  const controlUrl = await server.makeControl()
  fleet = await makeFleet(databases, { controlUrl, urls: [await server.makeDatabase('tenants')], budget: 4 })
  line = commandLine(controlUrl)
  const worker = await fleet.work()
  await fleet.ended(await fleet.onboard(slugs))
  await worker.stop()
})
afterAll(async () => {
  await fleet.close()
  await server.close()
})

it('a worker, a command that waits and an event stream go on within seconds after it is back', async () => {
  await fleet.sync({ '0003_slow.sql': 'select pg_sleep(0.7); create table third (id int);' })
  keep(line.start(['worker']))
  const events: Array<RunEvent & { readonly heardAt: number }> = []
  const run = await fleet.start()
  const leave = await fleet.tenancy.events.run(run, null, (event) => events.push({ ...event, heardAt: Date.now() }))
  const watching = keep(line.start(['runs', 'watch', String(run), '--json']))
  let said = ''
  watching.child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()))
  await fleet.until('some of it', async () => (await fleet.settledOf(run)) >= 4)
  await server.stopImmediately()
  await sleep(downMs)
  await server.start()
  const backAt = Date.now()
  const before = await fleet.settledOf(run)
  await fleet.until('more of it', async () => (await fleet.settledOf(run)) > before)
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
  const output = { ...createOutput({ terminal: ownTerminal, isJson: false }), note: (words: string) => void said.push(words) }
  const waiting = waitForRun({ tenancy, actor: ada, output }, run, true, 3_000).catch((error: unknown) => error)
  await fleet.until('some of it', async () => (await fleet.settledOf(run)) >= 2)
  await server.stopImmediately()
  const goneAt = Date.now()
  expect(await waiting).toMatchObject({ code: 'control.unreachable', message: expect.stringContaining('no answer for 3 s') })
  await tenancy.close()
  expect(Date.now() - goneAt).toBeLessThan(20_000)
  expect(said[0]).toBe('The control database does not answer; waiting up to 3 s for it. The run keeps its place.')
  await server.start()
  const next = await fleet.work()
  expect(await fleet.ended(run)).toMatchObject({ state: 'succeeded', counts: { succeeded: slugs.length } })
  await next.stop()
})
