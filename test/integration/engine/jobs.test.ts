/** Processes that ask for work, or offer it, with a control database that is away or with another one's secret. */
import postgres from 'postgres'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { migrationsDir } from '../../../lib/connection.ts'
import { silentLogger, silentMeters } from '../../../lib/tenancy/context.ts'
import { openControl } from '../../../lib/tenancy/control/db.ts'
import { createTenancy } from '../../../lib/tenancy/index.ts'
import { createJobs } from '../../../lib/tenancy/runs/queues.ts'
import { verifyRun } from '../../../lib/tenancy/runs/verify.ts'
import { makeFleet, refusalOf, schemaOf, slugsOf, type Fleet } from '../../support/fleet.ts'
import { testSecret, useDatabases } from '../../support/template.ts'

const databases = useDatabases()
const otherSecret = 'another secret, which is long enough as well'
let fleet: Fleet

beforeAll(async () => {
  fleet = await makeFleet(databases)
})
afterAll(() => fleet.close())

it('a request that found no control database is forgotten; the next one is sent', async () => {
  const url = await databases.control()
  const name = new URL(url).pathname.slice(1)
  const server = postgres(inject('serverUrl'), { max: 1, onnotice: () => undefined })
  const control = openControl(url)
  const jobs = createJobs({ control, secret: testSecret, logger: silentLogger, meters: silentMeters, clock: () => new Date() }, url)
  await server`alter database ${server(name)} rename to ${server(`${name}_away`)}`
  await expect(jobs.observe(1, [{ databaseId: 1, targets: null }])).rejects.toMatchObject({ code: '3D000' })
  await server`alter database ${server(`${name}_away`)} rename to ${server(name)}`
  await jobs.observe(1, [{ databaseId: 1, targets: null }])
  await jobs.close()
  const failing = createJobs({ control, secret: testSecret, logger: silentLogger, meters: silentMeters, clock: () => new Date() }, url.replace(name, 'nowhere'))
  await expect(failing.observe(1, [{ databaseId: 1, targets: null }])).rejects.toMatchObject({ code: '3D000' })
  await failing.close()
  await control.close()
  await server.end()
})

it('a process with another secret is told so before it takes any work', async () => {
  const worker = await fleet.work()
  const other = createTenancy({ controlUrl: fleet.controlUrl, secret: otherSecret, migrationsDir })
  expect(await refusalOf(other.control.ready())).toMatchObject({ code: 'secret.wrong' })
  expect(await refusalOf(other.startWorker({ schedules: false }))).toMatchObject({ code: 'secret.wrong' })
  await fleet.tenancy.control.ready()
  expect(await fleet.ended(await fleet.onboard(slugsOf(2)))).toMatchObject({ state: 'succeeded' })
  await other.close()
  await worker.stop()
})

it('a control plane that holds connection strings is not claimed with another secret', async () => {
  await fleet.control`delete from setting where key = 'secret_check'`
  const other = createTenancy({ controlUrl: fleet.controlUrl, secret: otherSecret, migrationsDir })
  await other.control.ready()
  expect(await refusalOf(other.startWorker({ schedules: false }))).toMatchObject({ code: 'secret.wrong' })
  expect(await fleet.control`select 1 from setting where key = 'secret_check'`).toHaveLength(0)
  await other.close()
})

it('a run is read back once all its databases are there; one that is away is no mismatch', async () => {
  const two = await makeFleet(databases, { urls: [await databases.empty(), await databases.empty()] })
  const worker = await two.work()
  const run = await two.onboard(['near', { slug: 'away', database: 'db2' }])
  await two.ended(run)
  expect((await two.verified(run)).verified).toMatchObject({ targets: 2, mismatches: 0 })
  await worker.stop()
  await two.control`update run set verified_at = null, finished_at = clock_timestamp()`
  const name = new URL(two.urls[1] ?? '').pathname.slice(1)
  const server = postgres(inject('serverUrl'), { max: 1, onnotice: () => undefined })
  // Waits until they are gone: a database that is in use is not renamed.
  await server`select pg_terminate_backend(pid, 10000) from pg_stat_activity where datname = ${name}`
  await server`alter database ${server(name)} rename to ${server(`${name}_away`)}`
  const control = openControl(two.controlUrl)
  const library = { control, secret: testSecret, logger: silentLogger, meters: silentMeters, clock: () => new Date() }
  expect(await verifyRun(library, run)).toBe(false)
  expect((await two.tenancy.runs.get(run)).verified).toBeNull()
  await server`alter database ${server(`${name}_away`)} rename to ${server(name)}`
  expect(await verifyRun(library, run)).toBe(true)
  expect((await two.tenancy.runs.get(run)).verified).toMatchObject({ targets: 2, mismatches: 0 })
  // As many rows as before, and not those of the run.
  await two.sql`update ${two.sql(schemaOf('near'))}.tenantry_history set checksum = md5(checksum) where version = '0001'`
  await two.control`update run set verified_at = null, finished_at = clock_timestamp()`
  expect(await verifyRun(library, run)).toBe(true)
  expect((await two.tenancy.runs.get(run)).verified).toMatchObject({ targets: 2, mismatches: 1 })
  await control.close()
  await server.end()
  await two.close()
})
