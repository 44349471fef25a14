/** A tablespace, and then a whole data directory, that runs out of space in the middle of a run. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import postgres from 'postgres'
import { afterEach, expect, it } from 'vitest'
import { makeFleet, slugsOf, type Fleet } from '../support/fleet.ts'
import { openOwnServer, type OwnServer } from '../support/own-server.ts'
import { giveToPostgres, mountSmallDisk, type SmallDisk } from '../support/small-disk.ts'
import { useDatabases } from '../support/template.ts'
import { countedFiles, expectGoesOn, expectNothingLeft, expectWhole } from '../support/whole.ts'
import { killWorkers, spawnWorker } from '../support/workers.ts'
import { scaled } from './scale.ts'

const targets = scaled(150, 40)
const runLimitMs = 200_000

const databases = useDatabases()
let disk: SmallDisk | null = null
let server: OwnServer | null = null
let fleet: Fleet | null = null

afterEach(async () => {
  killWorkers()
  disk?.free()
  await fleet?.close()
  await server?.close()
  disk?.unmount()
  disk = null
  server = null
  fleet = null
})

/** Leaves a column, a row, and so many pages of 8 kB in each tenant. */
const heavy = (version: string, pages: number): Readonly<Record<string, string>> => ({
  [`${version}_change.sql`]:
    `alter table customer add column c${version} int;\ncreate table bulk${version} as select repeat(md5(n::text), 200) as text from generate_series(1, ${pages}) n;\n` +
    `select pg_sleep(0.05);\ninsert into done values ('${version}');\n`,
})

/** Rolls a heavy migration out while the disk is full, gives the space back, and expects the run to have lost nothing. */
const runOutOfSpace = async (on: Fleet, slugs: readonly string[], small: SmallDisk, restart: () => Promise<void>, prefix: string): Promise<void> => {
  await on.watchStates()
  const worker = spawnWorker(on)
  await worker.ready
  await on.ended(await on.onboard(slugs), runLimitMs)
  await on.sync(heavy('0002', 40))
  const run = await on.start({ maxConcurrent: 2 })
  await on.until('some of it', async () => (await on.settledOf(run)) >= targets / 10)
  // Checkpoints give space back, which is taken as well.
  const stuck = async (): Promise<boolean> => {
    small.fill(64 * 1024)
    return (await on.control`select 1 from attempt where run_id = ${run} and state <> 'succeeded' limit 1`).length > 0
  }
  await on.until('the disk to be full', stuck)
  await sleep(3_000)
  const attempts = await on.control<Array<{ code: string; tries: number }>>`
    select error ->> 'code' as code, count(*)::int as tries from attempt where run_id = ${run} and state <> 'succeeded' group by 1 order by 2 desc`
  small.free()
  await restart()
  const tookMs = await expectGoesOn(on, run)
  process.stdout.write(`out of space: ${attempts.map(({ code, tries }) => `${tries} × ${code}`).join(', ')}; went on after ${tookMs} ms\n`)
  await on.ended(run, runLimitMs)
  await expectWhole(on, run, slugs, ['0001', '0002'])
  expect(await worker.end('SIGTERM')).toBe(0)
  await expectNothingLeft(on, prefix)
}

const limits = { maxTries: 30, backoffBaseMs: 500, backoffMaxMs: 2_000, unreachableMs: 60_000 }

it(`the tablespace of ${targets} tenants runs out of space`, async (context) => {
  const mounted = await mountSmallDisk('tablespace', 160)
  if (typeof mounted === 'string') return context.skip(mounted)
  disk = mounted
  server = await openOwnServer('breaking-disk')
  const location = join(mounted.path, 'space')
  mkdirSync(location)
  await giveToPostgres(location)
  const sql = postgres(server.urlOf('postgres'), { max: 1, onnotice: () => undefined })
  await sql.unsafe(`create tablespace small location '${location}'`)
  await sql.unsafe('create database cramped tablespace small')
  await sql.end()
  const slugs = slugsOf(targets, 'dtab')
  fleet = await makeFleet(databases, { urls: [server.urlOf('cramped')], files: countedFiles, budget: 6, limits })
  await runOutOfSpace(fleet, slugs, mounted, async () => {}, 'dtab')
})

it(`the data directory of ${targets} tenants runs out of space, write-ahead log and all`, async (context) => {
  const mounted = await mountSmallDisk('data', 400)
  if (typeof mounted === 'string') return context.skip(mounted)
  disk = mounted
  const own = await openOwnServer('breaking-data', {
    dataDir: join(mounted.path, 'data'),
    settings: { max_wal_size: '48MB', min_wal_size: '32MB', shared_buffers: '16MB', max_connections: '40' },
  })
  server = own
  const slugs = slugsOf(targets, 'ddat')
  fleet = await makeFleet(databases, { urls: [await own.makeDatabase('cramped')], files: countedFiles, budget: 6, limits })
  // A server without room for its log ends; whoever makes room starts it again.
  await runOutOfSpace(fleet, slugs, mounted, () => own.start(), 'ddat')
})
