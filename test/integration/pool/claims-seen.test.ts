/** What on-call sees of a tenant that got its ready schema from the process that was asked: the lines, spans and counts of any run. */
import { Writable } from 'node:stream'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as documents from '../../../lib/cli/documents.ts'
import { migrationsDir } from '../../../lib/connection.ts'
import { onboardInput, type Tenancy } from '../../../lib/tenancy/contract/index.ts'
import { createTenancy } from '../../../lib/tenancy/index.ts'
import { openCollector, type Collector } from '../../support/collector.ts'
import { commandLine, type CommandLine, type Ended } from '../../support/command-line.ts'
import { ada, type Fleet } from '../../support/fleet.ts'
import { closePoolFleet, makePoolFleet, setSize, untilReady } from '../../support/pool.ts'
import { testSecret, useDatabases } from '../../support/template.ts'

const databases = useDatabases()
const mark = `pk${process.pid}`
let slug = ''
let fleet: Fleet
let collector: Collector
let worker: ReturnType<CommandLine['start']>
let claimed: Ended
let run: number

type Onboarded = { readonly run: number }
/** The worker, who has the server. */
let driver = ''

/** On a busy machine the turn at the server, or the connection, may come too late: then a worker has the run, and another tenant is asked for. */
const claimedHere = async (name: string, onboard: (slug: string) => Promise<Onboarded>): Promise<number> => {
  for (let number = 1; number <= 20; number += 1) {
    await untilReady(fleet, 1)
    const made = await onboard(`${mark}-${name}-${number}`)
    await fleet.ended(made.run)
    const [attempt] = await fleet.control<Array<{ worker: string }>>`select worker from attempt where run_id = ${made.run}`
    if (attempt && attempt.worker !== driver) return made.run
  }
  throw new Error(`no claim of ${name} was this process's own`)
}

beforeAll(async () => {
  collector = await openCollector()
  fleet = await makePoolFleet(databases)
  const cli = commandLine(fleet.controlUrl, { OTEL_EXPORTER_OTLP_ENDPOINT: collector.address, LOG_LEVEL: 'info' })
  worker = cli.start(['worker'])
  await setSize(fleet, 1)
  await untilReady(fleet, 1)
  driver = (await fleet.control<Array<{ name: string }>>`select name from worker`)[0]?.name ?? ''
  run = await claimedHere('seen', async (name) => {
    claimed = await cli.run(['onboard', name, '--json'])
    slug = name
    return { run: claimed.document(documents.runDocument).run.id }
  })
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

describe('the end of its run', () => {
  const said: string[] = []
  const logger = pino({ level: 'info' }, new Writable({ write: (chunk: Buffer, _, done) => (said.push(chunk.toString()), done()) }))
  let tenancy: Tenancy
  beforeAll(() => {
    tenancy = createTenancy({ controlUrl: fleet.controlUrl, secret: testSecret, migrationsDir, logger })
  })
  afterAll(() => tenancy.close())
  const onboard = (name: string): Promise<Onboarded> => tenancy.onboarding.start(ada, onboardInput.parse({ set: 'app', tenants: [{ slug: name }] }))
  const eventsOf = (id: number) =>
    said.map((line) => JSON.parse(line) as { readonly msg: string; readonly run: number; readonly state?: string }).filter((line) => line.run === id)

  it('is told where somebody holds the set at that moment', async () => {
    let waited = false
    const id = await claimedHere('held', async (name) => {
      let made: Promise<Onboarded> | null = null
      await fleet.control.begin(async (trx) => {
        await trx`select from migration_set where name = 'app' for no key update`
        let isMade = false
        made = onboard(name).finally(() => (isMade = true))
        const waiting = async (): Promise<boolean> => {
          const rows = await fleet.control`
            select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like '%migration_set%'`
          return rows.length > 0
        }
        await fleet.until('the report to wait for the set', async () => isMade || (waited = await waiting()))
      })
      if (made === null) throw new Error('nothing was made')
      return made
    })
    expect(waited).toBe(true)
    expect(eventsOf(id)).toMatchObject([{ msg: 'run.started' }, { msg: 'run.ended', state: 'succeeded' }])
  })

  it('is told as it is where somebody cancelled the run meanwhile', async () => {
    await fleet.control.unsafe(`create function cancels() returns trigger language plpgsql as $$ begin new.state := 'cancelling'; return new; end $$;
      create trigger cancels before insert on run for each row execute function cancels()`)
    const id = await claimedHere('cancelled', onboard)
    await fleet.control`drop trigger cancels on run`
    expect(await fleet.stateOf(id)).toBe('cancelled')
    expect(eventsOf(id)).toMatchObject([{ msg: 'run.started' }, { msg: 'run.ended', state: 'cancelled' }])
  })
})
