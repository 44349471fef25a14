/** What a collector gets of a run over two servers that two processes work on: one trace, with the run at its head and a part for each server. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openCollector, type Collector } from '../../support/collector.ts'
import { commandLine, type CommandLine } from '../../support/command-line.ts'
import { makeFleet, type Fleet } from '../../support/fleet.ts'
import { openOwnServer, type OwnServer } from '../../support/own-server.ts'
import { useDatabases } from '../../support/template.ts'

const databases = useDatabases()
const tenants = [
  { slug: 'traced-1', database: 'db1' },
  { slug: 'traced-2', database: 'db2' },
]
let fleet: Fleet
let other: OwnServer
let collector: Collector
let workers: ReadonlyArray<ReturnType<CommandLine['start']>> = []
let run: number

beforeAll(async () => {
  collector = await openCollector()
  other = await openOwnServer('traces')
  fleet = await makeFleet(databases, { urls: [await databases.empty(), await other.makeDatabase('tenants')] })
  const cli = commandLine(fleet.controlUrl, { OTEL_EXPORTER_OTLP_ENDPOINT: collector.address })
  workers = [cli.start(['worker']), cli.start(['worker'])]
  await fleet.until('two workers', async () => (await fleet.control`select 1 from worker`).length === 2)
  run = await fleet.onboard(tenants)
  await fleet.verified(run)
}, 120_000)
afterAll(async () => {
  for (const { child } of workers) child.kill('SIGTERM')
  await Promise.all(workers.map(({ ended }) => ended))
  await fleet.close()
  if (other.isRunning()) await other.stopImmediately()
  await other.close()
  await collector.close()
}, 120_000)

it('is one trace: the run, below it its servers, below each its items', async () => {
  const mine = () => collector.spans.filter(({ attributes }) => attributes['tenantry.run'] === String(run))
  const named = (name: string) => mine().filter((span) => span.name === name)
  await fleet.until('the spans of the run', async () => named('tenantry.run').length > 0 && named('tenantry.server').length === 2)
  const [whole, ...more] = named('tenantry.run')
  expect(more).toEqual([])
  expect(whole).toMatchObject({ parent: null, attributes: { 'tenantry.kind': 'onboard', 'tenantry.state': 'succeeded' } })
  expect(new Set(mine().map(({ trace }) => trace))).toEqual(new Set([whole?.trace]))
  const parts = named('tenantry.server')
  expect(parts.map(({ parent }) => parent)).toEqual([whole?.id, whole?.id])
  expect(new Set(parts.map(({ attributes }) => attributes['tenantry.server'])).size).toBe(2)
  expect(new Set(named('tenantry.item').map(({ parent }) => parent))).toEqual(new Set(parts.map(({ id }) => id)))
  for (const { startedAt } of named('tenantry.item')) expect(startedAt >= (whole?.startedAt ?? 0n) && startedAt <= (whole?.endedAt ?? 0n)).toBe(true)
})

it('gives another run another trace', async () => {
  await fleet.sync({ '0003_third.sql': 'create table third (id int);' })
  const next = await fleet.start()
  await fleet.verified(next)
  const traceOf = (id: number) => collector.spans.find(({ name, attributes }) => name === 'tenantry.run' && attributes['tenantry.run'] === String(id))?.trace
  await fleet.until('the span of the other run', async () => traceOf(next) !== undefined)
  expect(traceOf(next)).not.toBe(traceOf(run))
})
