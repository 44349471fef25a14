/** What on-call sees of a tenant that got its ready schema from the process that was asked: the lines, spans and counts of any run. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import * as documents from '../../../lib/cli/documents.ts'
import { openCollector, type Collector } from '../../support/collector.ts'
import { commandLine, type CommandLine, type Ended } from '../../support/command-line.ts'
import { type Fleet } from '../../support/fleet.ts'
import { closePoolFleet, makePoolFleet, setSize, untilReady } from '../../support/pool.ts'
import { useDatabases } from '../../support/template.ts'

const databases = useDatabases()
const mark = `pk${process.pid}`
const slug = `${mark}-seen`
let fleet: Fleet
let collector: Collector
let worker: ReturnType<CommandLine['start']>
let claimed: Ended
let run: number

beforeAll(async () => {
  collector = await openCollector()
  fleet = await makePoolFleet(databases)
  const cli = commandLine(fleet.controlUrl, { OTEL_EXPORTER_OTLP_ENDPOINT: collector.address, LOG_LEVEL: 'info' })
  worker = cli.start(['worker'])
  await setSize(fleet, 1)
  await untilReady(fleet, 1)
  claimed = await cli.run(['onboard', slug, '--json'])
  run = claimed.document(documents.runDocument).run.id
  await fleet.verified(run)
})
afterAll(async () => {
  worker.child.kill('SIGTERM')
  await worker.ended
  await fleet.work()
  await closePoolFleet(fleet, mark)
  await collector.close()
})

it('has a line for its start and one for its end, with ids', async () => {
  expect([claimed.code, await fleet.tenancy.runs.attempts(run, slug)]).toMatchObject([0, [{ number: 1, state: 'succeeded', claimed: true }]])
  const lines = claimed.stderr.split('\n').flatMap((line): object[] => (line.startsWith('{') ? [JSON.parse(line) as object] : []))
  expect(lines).toMatchObject([
    { msg: 'run.started', run, kind: 'onboard', server: expect.stringContaining(':'), worker: expect.stringContaining(':') },
    { msg: 'run.ended', run, kind: 'onboard', state: 'succeeded' },
  ])
})

it('is a trace: run, server, item and statements, one below the other', async () => {
  const named = (name: string) => collector.spans.filter((span) => span.name === name && span.attributes['tenantry.run'] === String(run))
  await fleet.until('the span of the run', async () => named('tenantry.run').length > 0 && named('tenantry.item').length > 0)
  const [[whole], [server], [item]] = [named('tenantry.run'), named('tenantry.server'), named('tenantry.item')]
  expect(server).toMatchObject({ parent: whole?.id, trace: whole?.trace, attributes: { 'tenantry.state': 'succeeded' }, resource: { 'tenantry.part': 'cli' } })
  expect(item).toMatchObject({
    parent: server?.id,
    attributes: { 'tenantry.tenant': slug, 'tenantry.attempt': '1', 'tenantry.outcome': 'succeeded', version: '0002' },
  })
  const below = collector.spans.filter(({ parent }) => parent === item?.id).map(({ name }) => name)
  expect(new Set(below)).toEqual(new Set(['tenantry.begin', 'tenantry.commit']))
})
