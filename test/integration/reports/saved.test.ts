/** Saved reports: who may do what with them, what they were before, and whose edit wins. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  changeReportInput,
  savedReportContent,
  startReportInput,
  startSavedReportInput,
  type Actor,
  type SavedReportContent,
} from '../../../lib/tenancy/contract/index.ts'
import { ada, makeFleet, ownSlugs, refusalOf, schemaOf, type Fleet } from '../../support/fleet.ts'
import { useDatabases } from '../../support/template.ts'

const databases = useDatabases()
const { mark, newSlug } = ownSlugs('rs')
const slugs = ['a', 'b'].map(newSlug)
const oli: Actor = { kind: 'person', id: 'p2', label: 'oli@example.com', role: 'operator' }
const sue: Actor = { kind: 'person', id: 'p3', label: 'sue@example.com', role: 'support' }
let fleet: Fleet

beforeAll(async () => {
  fleet = await makeFleet(databases)
  await fleet.work()
  await fleet.ended(await fleet.onboard(slugs))
  for (const slug of slugs) await fleet.sql`insert into ${fleet.sql(schemaOf(slug))}.customer (email) select n || '@example.com' from generate_series(1, 3) n`
})
afterAll(async () => {
  await fleet.dropRoles(mark)
  await fleet.close()
})

const text = '-- :least bigint\nselect count(*) as customers from customer where id >= :least'
const content = (more: Partial<SavedReportContent>): SavedReportContent =>
  savedReportContent.parse({
    name: 'Customers',
    set: 'app',
    sql: text,
    params: { least: '2' },
    combine: 'select sum(customers) as customers from results',
    ...more,
  })
const saved = () => fleet.tenancy.reports.saved
const create = async (more: Partial<SavedReportContent>, actor: Actor = ada): Promise<number> => (await saved().create(actor, content(more))).id
const change = (report: number, revision: number, more: Partial<SavedReportContent>, actor: Actor = ada) =>
  saved().change(actor, changeReportInput.parse({ ...content(more), report, revision }))
const run = async (report: number, actor: Actor = ada, more: object = {}): Promise<number> => {
  const started = await saved().start(actor, startSavedReportInput.parse({ report, ...more }))
  await fleet.ended(started.run)
  return started.run
}
const codeOf = async (act: Promise<unknown>): Promise<string> => (await refusalOf(act)).code

test('a saved report runs with its own text, values and tenants, or with others for once', async () => {
  const report = await create({ name: 'Runs', selection: { kind: 'tenants', slugs: [slugs[0] ?? ''] } })
  const first = await run(report)
  const other = await run(report, ada, { params: { least: '3' }, selection: { kind: 'all' }, note: 'all of them' })
  expect(await fleet.tenancy.reports.get(ada, first)).toMatchObject({ report: { id: report, name: 'Runs' }, params: { least: '2' }, tenants: 1, rows: 1 })
  expect(await fleet.tenancy.reports.get(ada, other)).toMatchObject({ report: { id: report }, params: { least: '3' }, tenants: 2, note: 'all of them' })
  expect(await fleet.control`select is_as_saved as own from report_run where run_id in (${first}, ${other}) order by run_id`).toEqual([
    { own: true },
    { own: false },
  ])
  expect((await fleet.tenancy.reports.runs(ada, { report, limit: 10 })).rows.map((row) => row.run)).toEqual([other, first])
  expect(await saved().get(ada, 'RUNS')).toMatchObject({
    declared: [{ name: 'least', type: 'bigint', default: null }],
    id: report,
    name: 'Runs',
    owner: 'ada@example.com',
    lastRun: { run: other, answered: 2 },
    revision: 1,
  })
  const audits =
    await fleet.control`select actor_label, details ->> 'report' as report from audit where action = 'reports.start' and subject = ${String(other)}`
  expect(audits).toEqual([{ actor_label: 'ada@example.com', report: 'Runs' }])
})

test('each edit is kept, can be brought back, and overwrites nobody’s unseen', async () => {
  const report = await create({ name: 'Edited' })
  expect(await change(report, 1, { name: 'Edited twice', chart: { kind: 'bar' }, runnableBy: ['operator'] })).toEqual({ revision: 2 })
  expect(await refusalOf(change(report, 1, { name: 'Mine' }, ada))).toMatchObject({
    code: 'report.changed',
    details: { name: 'Edited twice', by: 'ada@example.com', now: 2, revision: 1 },
  })
  expect(await saved().restore(ada, { report, revision: 2, edit: 1 })).toEqual({ revision: 3 })
  // Who may run it is no part of its text.
  expect(await saved().get(ada, report)).toMatchObject({ name: 'Edited', chart: null, runnableBy: ['operator'], revision: 3 })
  const edits = await saved().history(ada, report)
  expect(edits.map(({ revision, by, restored, content: { name } }) => [revision, by, restored, name])).toEqual([
    [3, 'ada@example.com', 1, 'Edited'],
    [2, 'ada@example.com', null, 'Edited twice'],
    [1, 'ada@example.com', null, 'Edited'],
  ])
  expect(await codeOf(saved().restore(ada, { report, revision: 3, edit: 9 }))).toBe('report.edit_unknown')
  const audits = await fleet.control<Array<{ action: string; subject: string }>>`
    select action, subject from audit where subject_kind = 'report' and (details ->> 'id')::bigint = ${report} order by id`
  expect(audits).toEqual([
    { action: 'reports.save', subject: 'Edited' },
    { action: 'reports.change', subject: 'Edited twice' },
    { action: 'reports.restore', subject: 'Edited' },
  ])
})

test('what becomes of tenants that lack something is kept with it, with its edits and with its runs', async () => {
  expect(content({}).missing).toBe('name')
  const report = await create({ name: 'Mixed', missing: 'null' })
  expect(await saved().get(ada, report)).toMatchObject({ missing: 'null' })
  const first = await run(report)
  await change(report, 1, { name: 'Mixed', missing: 'name' })
  const second = await run(report)
  await saved().restore(ada, { report, revision: 2, edit: 1 })
  expect(await saved().get(ada, report)).toMatchObject({ missing: 'null', revision: 3 })
  expect((await saved().history(ada, report)).map((edit) => edit.content.missing)).toEqual(['null', 'name', 'null'])
  const missingOf = async (id: number) => (await fleet.tenancy.reports.get(ada, id)).missing
  expect([await missingOf(first), await missingOf(second)]).toEqual(['null', 'name'])
  const audits = await fleet.control`select details ->> 'missing' as missing from audit where subject = 'Mixed' or subject = ${String(first)} order by id`
  expect(audits.map(({ missing }) => missing)).toEqual(['null', 'null', 'name', 'null'])
})

test('of two that save at once one is told of the other', async () => {
  const report = await create({ name: 'Both' })
  const ends = await Promise.all(['one', 'two'].map((description) => codeOf(change(report, 1, { name: 'Both', description }))))
  expect(ends.toSorted()).toEqual(['none', 'report.changed'])
})

test('a name is one report’s, whatever its case', async () => {
  const report = await create({ name: 'Taken' })
  expect(await codeOf(create({ name: 'TAKEN' }))).toBe('report.exists')
  const other = await create({ name: 'Other' })
  expect(await codeOf(change(other, 1, { name: 'taken' }))).toBe('report.exists')
  expect(await change(report, 1, { name: 'taken' })).toEqual({ revision: 2 })
})

test('deleted, its runs keep their rows', async () => {
  const report = await create({ name: 'Deleted' })
  const kept = await run(report)
  await saved().remove(ada, report)
  expect(await codeOf(saved().get(ada, report))).toBe('report.saved_unknown')
  expect(await codeOf(run(report))).toBe('report.saved_unknown')
  expect(await fleet.tenancy.reports.get(ada, kept)).toMatchObject({ report: null, rows: 2, answered: 2 })
})

describe('is not saved:', () => {
  test.each([
    ['a text that is no report', { sql: 'delete from customer' }, 'report.refused'],
    ['a value of the wrong type', { params: { least: 'many' } }, 'report.params'],
    ['a value of nothing', { params: { most: '1' } }, 'report.params'],
    ['a second SELECT over other tables', { combine: 'select * from tenantry.person' }, 'report.refused'],
    ['one of a set that is not there', { set: 'none' }, 'set.unknown'],
  ] as const)('%s', async (_, more, code) => {
    expect(await codeOf(create({ name: 'Wrong', ...more }))).toBe(code)
    const report = await create({ name: `Right ${code} ${JSON.stringify(more).length}` })
    expect(await codeOf(change(report, 1, { name: 'Wrong', ...more }))).toBe(code)
    expect(await saved().get(ada, report)).toMatchObject({ revision: 1, sql: text })
  })

  test.each([
    ['an empty name', { name: ' ' }, 'name'],
    ['a name of two lines', { name: 'a\nb' }, 'name'],
    ['a chart of more than 4 kB', { chart: { title: 'x'.repeat(4_000) } }, 'chart'],
    ['a role that is none', { runnableBy: ['admin'] }, 'runnableBy'],
  ])('%s', (_, more, field) => {
    const { error } = savedReportContent.safeParse({ name: 'Customers', set: 'app', sql: text, ...more })
    expect(error?.issues[0]?.path[0]).toBe(field)
  })
})

test('who may run, see and change it is what it says', async () => {
  const closed = await create({ name: 'Closed' })
  const open = await create({ name: 'Open', runnableBy: ['operator', 'support'], changeableBy: 'operators' })
  expect((await saved().list(sue)).map(({ name }) => name)).toEqual(['Open'])
  expect(
    (await saved().list(oli))
      .filter(({ id }) => [open, closed].includes(id))
      .map(({ name, mayRun, mayChange, mayShare }) => [name, mayRun, mayChange, mayShare]),
  ).toEqual([
    ['Closed', false, false, false],
    ['Open', true, true, false],
  ])
  const mine = await run(open, sue)
  const adhoc = await fleet.tenancy.reports.start(ada, startReportInput.parse({ set: 'app', sql: 'select 1 as a' }))
  const hers = await run(closed)
  expect((await fleet.tenancy.reports.get(sue, mine)).startedBy).toBe('sue@example.com')
  expect((await fleet.tenancy.reports.runs(sue, { limit: 50 })).rows.map((row) => row.run)).toEqual([mine])
  expect((await fleet.tenancy.reports.get(oli, hers)).rows).toBe(2)
  const refused: ReadonlyArray<readonly [string, () => Promise<unknown>]> = [
    ['support runs one that does not name it', () => run(closed, sue)],
    ['an operator runs one that does not name it', () => run(closed, oli)],
    ['support sees one that does not name it', () => saved().get(sue, closed)],
    ['support sees its edits', () => saved().history(sue, closed)],
    ['support sees its results', () => fleet.tenancy.reports.get(sue, hers)],
    ['support sees results of none', () => fleet.tenancy.reports.get(sue, adhoc.run)],
    ['support changes one', () => change(open, 1, { name: 'Open' }, sue)],
    ['an operator changes one that is its owner’s', () => change(closed, 1, { name: 'Closed' }, oli)],
    ['an operator saves a new one', () => create({ name: 'New' }, oli)],
    ['an operator lets others run it', () => change(open, 1, { name: 'Open', runnableBy: ['operator'], changeableBy: 'operators' }, oli)],
    ['an operator deletes one', () => saved().remove(oli, open)],
  ]
  for (const [who, act] of refused) expect(await codeOf(act()), who).toBe('report.not_yours')
  const sharing = { runnableBy: ['operator', 'support'], changeableBy: 'operators' } as const
  expect(await change(open, 1, { name: 'Open', description: 'by oli', ...sharing, runnableBy: [...sharing.runnableBy] }, oli)).toEqual({ revision: 2 })
  // What it no longer says is nobody's any more.
  await change(open, 2, { name: 'Open', runnableBy: [] })
  expect(await codeOf(fleet.tenancy.reports.get(sue, mine))).toBe('report.not_yours')
  await fleet.ended(adhoc.run)
})

test('support sees what it was shown, and not what the report said before, or was asked for once', async () => {
  const secret = "select 'salary ' || id as salary from customer"
  const { id: report } = await saved().create(ada, content({ name: 'Secret', sql: secret, params: {}, combine: null }))
  const before = await run(report)
  const meanwhile = { name: 'Secret', params: {}, combine: null, sql: 'select count(*) as n from customer' }
  await change(report, 1, meanwhile)
  const unshared = await run(report)
  await change(report, 2, { ...meanwhile, runnableBy: ['support'] })
  const shown = await run(report)
  const once = await run(report, ada, { selection: { kind: 'tenants', slugs: [slugs[0]] } })
  const own = await run(report, sue, { selection: { kind: 'tenants', slugs: [slugs[0]] } })
  for (const one of [before, unshared, once]) expect(await codeOf(fleet.tenancy.reports.get(sue, one))).toBe('report.not_yours')
  expect((await fleet.tenancy.reports.runs(sue, { report, limit: 10 })).rows.map((row) => row.run)).toEqual([own, shown])
  expect((await saved().history(sue, report)).map(({ revision }) => revision)).toEqual([3])
  expect(await saved().history(oli, report)).toHaveLength(3)
  expect((await saved().get(sue, report)).lastRun?.run).toBe(own)
})
