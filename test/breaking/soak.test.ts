/** Many rollouts in a row: what a worker holds, what it opens and what the control plane keeps must not grow with their number. */
import { readFileSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { makeFleet, slugsOf, type Fleet } from '../support/fleet.ts'
import { useDatabases } from '../support/template.ts'
import { counted, countedFiles, expectNothingLeft, expectWhole } from '../support/whole.ts'
import { killWorkers, spawnWorker, type WorkerProcess } from '../support/workers.ts'
import { scaled } from './scale.ts'

const targets = scaled(2_000, 200)
const rollouts = scaled(30, 8)
/** Until then caches fill. */
const warm = Math.ceil(rollouts / 3)
const budget = 8
const runLimitMs = 300_000

/** Of the last third's mean over that of the third before it. */
const memoryGrowth = 1.15
/** What a worker may take, V8's reserve included. */
const memoryMost = 300
/** Tables that hold what is, not what was: they may gain some dead rows, and no more. */
const stateGrowth = 1.5
const stateSlack = 1_000_000
/** Rows of run_item, attempt, run and audit are kept; what a rollout adds to them may not grow. */
const historyGrowth = 1.3
/** Tables grow by whole pages. */
const historySlack = 100_000
const histories: ReadonlySet<string> = new Set(['run', 'run_item', 'attempt', 'audit', 'migration', 'migration_content'])

const databases = useDatabases()
const prefix = 'soak'
const slugs = slugsOf(targets, prefix)
let fleet: Fleet
let worker: WorkerProcess

beforeAll(async () => {
  fleet = await makeFleet(databases, { files: countedFiles, budget })
  await fleet.watchStates()
  worker = spawnWorker(fleet)
  await worker.ready
  await fleet.ended(await fleet.onboard(slugs), runLimitMs)
}, 400_000)
afterEach(killWorkers)
afterAll(() => fleet.close())

type Sample = { readonly megabytes: number; readonly connections: number; readonly state: number; readonly history: number; readonly seconds: number }

const megabytesOf = (pid: number): number => Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024

const sample = async (seconds: number): Promise<Sample> => {
  const tables = await fleet.control<Array<{ name: string; bytes: string }>>`
    select c.relname as name, pg_total_relation_size(c.oid) as bytes from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname in ('tenantry', 'pgboss') and c.relkind = 'r'`
  const sum = (kept: boolean): number => tables.filter(({ name }) => histories.has(name) === kept).reduce((total, { bytes }) => total + Number(bytes), 0)
  const [row] = await fleet.sql<Array<{ n: number }>>`
    select count(*)::int as n from pg_stat_activity where application_name like 'tenantry%' and pid <> pg_backend_pid()
      and datname in (current_database(), ${new URL(fleet.controlUrl).pathname.slice(1)})`
  return { megabytes: megabytesOf(worker.pid), connections: row?.n ?? 0, state: sum(false), history: sum(true), seconds }
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

it(`${rollouts} rollouts over ${targets} tenants in a row leave memory, connections and tables as they are`, async (context) => {
  if (process.platform !== 'linux') return context.skip(`memory is read from /proc, which ${process.platform} has not got`)
  const samples: Sample[] = []
  const versions = ['0001']
  let last = 0
  for (let number = 0; number < rollouts; number += 1) {
    const version = String(versions.length + 1).padStart(4, '0')
    versions.push(version)
    await fleet.sync(counted(version))
    const began = Date.now()
    last = await fleet.start()
    await fleet.ended(last, runLimitMs)
    const seconds = (Date.now() - began) / 1000
    await fleet.verified(last)
    samples.push(await sample(seconds))
  }
  for (const [index, { megabytes, connections, state, history, seconds }] of samples.entries())
    process.stdout.write(
      `rollout ${index + 1}: ${seconds.toFixed(1)} s, worker ${megabytes.toFixed(0)} MB, ${connections} connections, state ${(state / 1e6).toFixed(1)} MB, history ${(history / 1e6).toFixed(1)} MB\n`,
    )
  const end = samples.slice(-warm)
  const middle = samples.slice(-2 * warm, -warm)
  const megabytes = (of: readonly Sample[]): number => mean(of.map((one) => one.megabytes))
  expect(megabytes(end)).toBeLessThan(megabytes(middle) * memoryGrowth)
  expect(Math.max(...samples.map((one) => one.megabytes))).toBeLessThan(memoryMost)
  expect(Math.max(...end.map(({ connections }) => connections))).toBeLessThanOrEqual(Math.max(...middle.map(({ connections }) => connections)))
  expect(end.at(-1)?.state).toBeLessThan((middle[0]?.state ?? 0) * stateGrowth + stateSlack)
  const growth = (of: readonly Sample[]): number => ((of.at(-1)?.history ?? 0) - (of[0]?.history ?? 0)) / (of.length - 1)
  expect(growth(end)).toBeLessThan(growth(middle) * historyGrowth + historySlack)
  await expectWhole(fleet, last, slugs, versions)
  expect(await worker.end('SIGTERM')).toBe(0)
  await expectNothingLeft(fleet, prefix)
}, 1_800_000)
