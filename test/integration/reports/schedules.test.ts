/** Saved reports that run by themselves. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  changeReportInput,
  reportScheduleInput,
  savedReportContent,
  startSavedReportInput,
  type Actor,
  type SavedReportContent,
} from '../../../lib/tenancy/contract/index.ts'
import { migrationsDir } from '../../../lib/connection.ts'
import { createTenancy } from '../../../lib/tenancy/index.ts'
import { ada, makeFleet, ownSlugs, refusalOf, type Fleet } from '../../support/fleet.ts'
import { testSecret, useDatabases } from '../../support/template.ts'

const databases = useDatabases()
const { mark, newSlug } = ownSlugs('rq')
const oli: Actor = { kind: 'person', id: 'p2', label: 'oli@example.com', role: 'operator' }
const eve: Actor = { kind: 'person', id: 'p9', label: 'eve@example.com', role: 'admin' }
let fleet: Fleet
let scheduling: { stop(): Promise<void> } | null = null

beforeAll(async () => {
  fleet = await makeFleet(databases)
  const worker = await fleet.work()
  await fleet.ended(await fleet.onboard([newSlug('a')]))
  await worker.stop()
})
afterAll(async () => {
  await scheduling?.stop()
  await fleet.dropRoles(mark)
  await fleet.close()
})

const saved = () => fleet.tenancy.reports.saved
const create = async (name: string, actor: Actor = ada, more: Partial<SavedReportContent> = {}): Promise<number> =>
  (await saved().create(actor, savedReportContent.parse({ name, set: 'app', sql: 'select count(*) as customers from customer', ...more }))).id
const schedule = (report: number, cron: string, more: object = {}, actor: Actor = ada) =>
  saved().setSchedule(actor, reportScheduleInput.parse({ report, schedule: { cron, ...more } }))
/** Its time has come, and passed by several times while nobody was there. */
const makeDue = (report: number) => fleet.control`update report_schedule set next_at = now() - interval '3 days' where report_id = ${report}`
const scheduleOf = async (report: number) => (await saved().get(ada, report)).schedule
const work = async (): Promise<void> => void (scheduling ??= await fleet.tenancy.startWorker({ schedules: true }))
const cameTo = async (report: number, what: string) => {
  await work()
  await fleet.until(what, async () => {
    const now = await scheduleOf(report)
    return now !== null && (now.lastRun !== null || (now.lastProblem !== null && !now.lastProblem.includes('about to start')))
  })
  return scheduleOf(report)
}

test('when it comes is told in its own time zone, over a change of the clocks', async () => {
  const report = await create('Zones')
  for (const cron of ['30 7 * * 1', '*/5 * * * *', '0 0 29 2 *', '0 2,3 28-31 3 *', '@daily'])
    expect(await saved().times({ cron, timezone: 'Europe/Berlin' }), cron).toHaveLength(5)
  const set = await schedule(report, '30 7 * * 1', { timezone: 'Europe/Berlin' })
  const next = new Date(set?.nextAt ?? '')
  expect(next.toLocaleString('en-GB', { timeZone: 'Europe/Berlin', weekday: 'short', hour: '2-digit', minute: '2-digit' })).toBe('Mon 07:30')
  expect(next.getTime()).toBeGreaterThan(Date.now())
  expect(await schedule(report, '0 5 1 * *', { enabled: false })).toMatchObject({
    cron: '0 5 1 * *',
    timezone: 'UTC',
    enabled: false,
    nextAt: null,
    lastRun: null,
  })
  expect(await saved().setSchedule(ada, { report, schedule: null })).toBeNull()
  expect(await scheduleOf(report)).toBeNull()
})

test.each([
  ['61 * * * *', 'UTC', 'cannot be read'],
  ['* * * * * *', 'UTC', 'has 6 parts instead of five'],
  ['now', 'UTC', 'has 1 part instead of five'],
  ['0 7 * * 1', 'Berlin', 'names no time zone'],
  ['0 0 30 2 *', 'UTC', 'never comes'],
  ['*/4 * * * *', 'UTC', 'more often than every 5 minutes'],
  ['0,1 7 * * 1', 'UTC', 'more often than every 5 minutes'],
])('is refused: %s in %s', async (cron, timezone, words) => {
  const report = await create(`Refused ${cron} ${timezone}`)
  const { code, details } = await refusalOf(schedule(report, cron, { timezone }))
  expect([code, details.cron, details.timezone]).toEqual(['report.cron', cron, timezone])
  expect(details.problem).toContain(words)
  expect(await scheduleOf(report)).toBeNull()
})

test('only those who may share it may schedule it', async () => {
  const report = await create('Not theirs', ada, { runnableBy: ['operator'], changeableBy: 'operators' })
  expect((await refusalOf(schedule(report, '0 5 * * *', {}, oli))).code).toBe('report.not_yours')
})

test('a process whose clock is behind does not start it again and again', async () => {
  const report = await create('Behind')
  await schedule(report, '0 5 * * *')
  await fleet.control`insert into person (id, email, role) values ('p1', 'ada@example.com', 'admin') on conflict do nothing`
  await makeDue(report)
  const clock = () => new Date(Date.now() - 5 * 86_400_000)
  const behind = createTenancy({ controlUrl: fleet.controlUrl, secret: testSecret, migrationsDir, limits: fleet.limits, clock })
  const worker = await behind.startWorker({ schedules: true })
  try {
    await fleet.until('a run by schedule', async () => ((await scheduleOf(report))?.lastRun ?? null) !== null)
    expect(Date.parse((await scheduleOf(report))?.nextAt ?? '')).toBeGreaterThan(Date.now())
    await fleet.ended((await scheduleOf(report))?.lastRun ?? 0)
  } finally {
    await worker.stop()
    await behind.close()
  }
  expect((await fleet.tenancy.reports.runs(ada, { report, limit: 10 })).rows).toHaveLength(1)
})

test('missed while nobody was there, it runs once; as the system, for its owner', async () => {
  const report = await create('Missed')
  await schedule(report, '0 5 * * *')
  await fleet.control`insert into person (id, email, role) values ('p1', 'ada@example.com', 'admin') on conflict do nothing`
  await makeDue(report)
  const now = await cameTo(report, 'a run by schedule')
  expect(now).toMatchObject({ lastProblem: null, enabled: true })
  expect(Date.parse(now?.nextAt ?? '')).toBeGreaterThan(Date.now())
  const run = now?.lastRun ?? 0
  await fleet.ended(run)
  expect(await fleet.tenancy.reports.get(ada, run)).toMatchObject({ report: { id: report }, startedBy: 'tenantry', answered: 1, rows: 1 })
  expect((await fleet.tenancy.reports.runs(ada, { report, limit: 10 })).rows).toHaveLength(1)
  const audits =
    await fleet.control`select actor_kind, details ->> 'onBehalfOf' as owner, details ->> 'schedule' as cron from audit where action = 'reports.start' and subject = ${String(run)}`
  expect(audits).toEqual([{ actor_kind: 'system', owner: 'ada@example.com', cron: '0 5 * * *' }])
})

test('while its last run is still going on, it is skipped, and that is said', async () => {
  const report = await create('Still going on')
  await schedule(report, '0 5 * * *')
  await work()
  const { run } = await saved().start(ada, startSavedReportInput.parse({ report }))
  await fleet.ended(run)
  await fleet.control`update run set state = 'paused' where id = ${run}`
  await makeDue(report)
  expect(await cameTo(report, 'a skipped schedule')).toMatchObject({ lastRun: null, lastProblem: `It was skipped: run ${run} of it was still going on.` })
  const audits = await fleet.control`select subject, details ->> 'problem' as problem from audit where action = 'reports.skip' and subject = 'Still going on'`
  expect(audits).toEqual([{ subject: 'Still going on', problem: `It was skipped: run ${run} of it was still going on.` }])
  await fleet.control`update run set state = 'succeeded' where id = ${run}`
})

test('it does not run for an owner who may not run it any more', async () => {
  await fleet.control`insert into person (id, email, role) values ('p9', 'eve@example.com', 'admin')`
  const [demoted, gone] = [await create('Demoted', eve), await create('Disabled', eve)]
  for (const report of [demoted, gone]) await schedule(report, '0 5 * * *')
  await fleet.control`update person set role = 'support' where id = 'p9'`
  await makeDue(demoted)
  expect(await cameTo(demoted, 'a refused schedule')).toMatchObject({ lastProblem: 'It was not started: its owner, eve@example.com, may not run it any more.' })
  await fleet.control`update person set role = 'admin', disabled_at = now() where id = 'p9'`
  await makeDue(gone)
  expect(await cameTo(gone, 'a refused schedule')).toMatchObject({ lastProblem: 'It was not started: its owner, eve@example.com, may not sign in any more.' })
})

test('what somebody wrote who may not run it does not run by itself until an admin says so', async () => {
  const more = { changeableBy: 'operators' } as const
  const report = await create('Rewritten', ada, more)
  await schedule(report, '0 5 * * *')
  const change = (revision: number, sql: string) =>
    saved().change(oli, changeReportInput.parse({ name: 'Rewritten', set: 'app', sql, ...more, report, revision }))
  await change(1, 'select count(*) as customers from customer')
  expect(await scheduleOf(report)).toMatchObject({ enabled: true })
  await change(2, 'select email from customer')
  expect(await scheduleOf(report)).toMatchObject({ enabled: false, nextAt: null, lastProblem: expect.stringContaining('oli@example.com, who may not run it') })
  expect(await schedule(report, '0 5 * * *')).toMatchObject({ enabled: true })
})

test('why it could not be started is told, and the next time stands', async () => {
  const report = await create('No tenants', ada, { selection: { kind: 'filter', filter: { label: ['plan=none'] } } })
  await schedule(report, '0 5 * * *')
  await fleet.control`insert into person (id, email, role) values ('p1', 'ada@example.com', 'admin') on conflict do nothing`
  await makeDue(report)
  const now = await cameTo(report, 'a schedule that cannot be')
  expect(now?.lastProblem).toContain('It could not be started: ')
  expect(Date.parse(now?.nextAt ?? '')).toBeGreaterThan(Date.now())
})
