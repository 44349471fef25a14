/** What the log and the counters tell of items that failed because their server stayed away. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { migrationsDir } from '../../../lib/connection.ts'
import { createTenancy } from '../../../lib/tenancy/index.ts'
import { makeFleet, shortLimits, slugsOf, type Fleet } from '../../support/fleet.ts'
import { openRelay, type Relay } from '../../support/relay.ts'
import { testSecret, useDatabases } from '../../support/template.ts'

const databases = useDatabases()
const slugs = slugsOf(3, 'away')
let fleet: Fleet
let relay: Relay

beforeAll(async () => {
  const url = new URL(await databases.empty())
  relay = await openRelay(`http://localhost:${url.port}`)
  url.port = new URL(relay.address).port
  fleet = await makeFleet(databases, { urls: [url.href] })
  const worker = await fleet.work()
  await fleet.verified(await fleet.onboard(slugs))
  await worker.stop()
})
afterAll(() => fleet.close())

it('has a line and a count for each item, as for other failures, and one line for the end of the run', async () => {
  await relay.close()
  await fleet.sync({ '0003_third.sql': 'create table third (id int);' })
  const run = await fleet.start()
  const lines: object[] = []
  const attempts: unknown[][] = []
  const log = (fields: object, event: string): void => {
    lines.push({ ...fields, event })
  }
  const tenancy = createTenancy({
    controlUrl: fleet.controlUrl,
    secret: testSecret,
    migrationsDir,
    limits: { ...shortLimits, unreachableMs: 100 },
    logger: { debug: () => undefined, info: log, warn: log, error: log },
    meters: { attempt: (...counted) => void attempts.push(counted.slice(0, 3)) },
  })
  const worker = await tenancy.startWorker({ schedules: false })
  expect(await fleet.ended(run)).toMatchObject({ state: 'failed', counts: { failed: slugs.length } })
  await worker.stop()
  await tenancy.close()
  const of = (name: string) => lines.filter((line) => 'event' in line && line.event === name)
  const [{ name: server = '' } = {}] = await fleet.control<Array<{ name?: string }>>`select name from server`
  expect(of('item.failed')).toEqual(slugs.map((tenant) => ({ event: 'item.failed', run, tenant, attempt: 1, server, code: 'ECONNREFUSED', version: null })))
  expect(of('run.ended')).toEqual([{ event: 'run.ended', run, kind: 'migrate', state: 'failed', server }])
  expect(attempts).toEqual(slugs.map(() => ['migrate', 'interrupted', 'driver']))
})
