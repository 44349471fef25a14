/** What a process says of itself when something is wrong with its control database. */
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, it, vi } from 'vitest'
import postgres from 'postgres'
import { migrationsDir } from '../../../lib/connection.ts'
import type { Tenancy } from '../../../lib/tenancy/contract/index.ts'
import { createTenancy } from '../../../lib/tenancy/index.ts'
import { testSecret, useDatabases } from '../../support/template.ts'

const databases = useDatabases()
const opened: Tenancy[] = []
const open = (controlUrl: string, secret = testSecret): Tenancy => {
  const tenancy = createTenancy({ controlUrl, secret, migrationsDir })
  opened.push(tenancy)
  return tenancy
}
afterEach(async () => {
  for (const tenancy of opened.splice(0)) await tenancy.close()
})

const change = async (url: string, statement: string): Promise<void> => {
  const sql = postgres(url, { max: 1, onnotice: () => undefined })
  await sql.unsafe(statement)
  await sql.end()
}

it('is ready without a worker, unless one is to be here', async () => {
  const tenancy = open(await databases.control())
  expect(await tenancy.onCall.readiness(false)).toMatchObject({ ready: true, checks: { worker: 'none' } })
  expect(await tenancy.onCall.readiness(true)).toMatchObject({ ready: false, problems: ['The worker has not started yet.'] })
})

it('is not ready before the control database is set up', async () => {
  const { ready, checks, problems } = await open(await databases.empty()).onCall.readiness(false)
  expect({ ready, checks }).toEqual({ ready: false, checks: { control: 'ok', migrations: 'absent', secret: 'unknown', structure: 'unknown', worker: 'none' } })
  expect(problems.join()).toContain('tenantry init')
})

it('is not ready on a control database of an older release, nor on one of a newer', async () => {
  const older = await databases.control()
  await change(older, 'delete from tenantry.tenantry_history where version = (select max(version) from tenantry.tenantry_history)')
  expect((await open(older).onCall.readiness(false)).checks).toMatchObject({ control: 'ok', migrations: 'behind' })
  const newer = await databases.control()
  await change(newer, `insert into tenantry.tenantry_history (version, name, checksum, finished_at) values ('9999', 'later', 'x', now())`)
  expect(await open(newer).onCall.readiness(false)).toMatchObject({ ready: false, checks: { migrations: 'newer' } })
})

it('warns of a control database that differs, and is not ready without one of its tables', async () => {
  const url = await databases.control()
  const structureOf = async (tenancy: Tenancy) => {
    await vi.waitUntil(async () => (await tenancy.onCall.readiness(false)).checks.structure !== 'unknown', { timeout: 40_000, interval: 50 })
    return tenancy.onCall.readiness(false)
  }
  expect(await structureOf(open(url))).toMatchObject({ ready: true, checks: { structure: 'ok' }, warnings: [] })
  await change(url, 'drop index tenantry.observation_seen')
  expect(await structureOf(open(url))).toMatchObject({
    ready: true,
    checks: { structure: 'differs' },
    problems: [],
    warnings: [expect.stringContaining('tenantry drift')],
  })
  await change(url, 'drop table tenantry.drift_day')
  const without = open(url)
  expect(await structureOf(without)).toMatchObject({ ready: false, checks: { structure: 'incomplete' }, problems: [expect.stringContaining('missing')] })
  expect((await without.drift.controlLately()).findings.map(({ object }) => object.name)).toContain('drift_day')
})

it('is not ready with another secret', async () => {
  const url = await databases.control()
  await open(url).control.migrate()
  const other = open(url, 'another secret, which is as long as it must be')
  expect(await other.onCall.readiness(false)).toMatchObject({ ready: false, checks: { control: 'ok', migrations: 'ok', secret: 'wrong' } })
})

it('tells a worker of its own that stops', async () => {
  const tenancy = open(await databases.control())
  const worker = await tenancy.startWorker({ schedules: false })
  expect((await tenancy.onCall.readiness(true)).checks.worker).toBe('ok')
  const stopped = worker.stop()
  expect(await tenancy.onCall.readiness(true)).toMatchObject({ ready: false, checks: { worker: 'stopping' } })
  await stopped
})

it('answers in two seconds about a control database that takes connections and says nothing', async () => {
  const server = createServer(() => undefined)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const tenancy = createTenancy({ controlUrl: `postgres://ada:pa55@127.0.0.1:${(server.address() as AddressInfo).port}/x`, secret: testSecret, migrationsDir })
  const began = performance.now()
  const [first, second] = await Promise.all([tenancy.onCall.readiness(false), tenancy.onCall.readiness(false)])
  await expect(tenancy.onCall.numbers()).rejects.toMatchObject({ code: 'control.unreachable' })
  expect(performance.now() - began).toBeLessThan(9_000)
  expect(first).toMatchObject({ ready: false, checks: { control: 'silent' } })
  expect(second).toEqual(first)
  server.close()
  const closing = tenancy.close()
  await closing
})
