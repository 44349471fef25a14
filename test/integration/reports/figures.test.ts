/** Figures of saved reports: what runs come to, how that goes on, and when it is too much. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  changeReportInput,
  reportFigure,
  reportFiguresInput,
  savedReportContent,
  startSavedReportInput,
  type Actor,
  type ReportFigure,
  type SavedReportContent,
} from '../../../lib/tenancy/contract/index.ts'
import { silentLogger, silentMeters } from '../../../lib/tenancy/context.ts'
import { openControl } from '../../../lib/tenancy/control/db.ts'
import { settleFigures } from '../../../lib/tenancy/reports/saved/compute-figures.ts'
import { ada, makeFleet, ownSlugs, refusalOf, schemaOf, type Fleet } from '../../support/fleet.ts'
import { testSecret, useDatabases } from '../../support/template.ts'

const databases = useDatabases()
const { mark, newSlug } = ownSlugs('rf')
const slugs = ['a', 'b'].map(newSlug)
const sue: Actor = { kind: 'person', id: 'p3', label: 'sue@example.com', role: 'support' }
const oli: Actor = { kind: 'person', id: 'p2', label: 'oli@example.com', role: 'operator' }
let fleet: Fleet

beforeAll(async () => {
  fleet = await makeFleet(databases)
  await fleet.work()
  await fleet.ended(await fleet.onboard(slugs))
  await customers(3)
})
afterAll(async () => {
  await fleet.dropRoles(mark)
  await fleet.close()
})

/** So many in each tenant. */
const customers = async (count: number): Promise<void> => {
  for (const slug of slugs)
    await fleet.sql.unsafe(
      `truncate ${schemaOf(slug)}.customer restart identity cascade; insert into ${schemaOf(slug)}.customer (email) select n from generate_series(1, ${count}) n`,
    )
}
const saved = () => fleet.tenancy.reports.saved
const create = async (name: string, more: Partial<SavedReportContent> = {}): Promise<number> =>
  (
    await saved().create(
      ada,
      savedReportContent.parse({
        name,
        set: 'app',
        sql: 'select id, email, 12345678901234567.89 as exact from customer',
        combine: "select sum(id) as sum, 'x' as word, count(*)::text as text from results -- all of them",
        ...more,
      }),
    )
  ).id
const setFigures = async (report: number, figures: readonly object[], actor: Actor = ada) => {
  const known = (await saved().get(ada, report)).figures.map(({ id }) => id)
  return saved().setFigures(actor, reportFiguresInput.parse({ report, known, figures }))
}
const settled = async (run: number): Promise<void> => {
  await fleet.ended(run)
  await fleet.until('its figures', async () => (await fleet.control`select from report_run where run_id = ${run} and figures_at is not null`).length === 1)
}
const run = async (report: number, more: object = {}): Promise<number> => {
  const started = await saved().start(ada, startSavedReportInput.parse({ report, ...more }))
  if (Object.keys(more).length === 0) await settled(started.run)
  else await fleet.ended(started.run)
  return started.run
}
const figuresOf = async (report: number): Promise<Readonly<Record<string, ReportFigure>>> =>
  Object.fromEntries((await saved().get(ada, report)).figures.map((figure) => [figure.name, figure]))
const valuesOf = async (report: number, name: string): Promise<ReadonlyArray<string | null>> =>
  (await figuresOf(report))[name]?.trend.map(({ value }) => value) ?? []

test('each run comes to its figures, worked out exactly, of rows and of what is combined', async () => {
  const report = await create('Exact')
  await setFigures(report, [
    { name: 'Sum of ids', source: 'combined', column: 'sum' },
    { name: 'Text', source: 'combined', column: 'text' },
    { name: 'Word', source: 'combined', column: 'word' },
    { name: 'Nothing', source: 'combined', column: 'no"thing' },
    { name: 'Rows', source: 'rows', aggregate: 'count' },
    { name: 'Exact', source: 'rows', aggregate: 'sum', column: 'exact' },
    { name: 'Mean', source: 'rows', aggregate: 'avg', column: 'id' },
    { name: 'Largest email', source: 'rows', aggregate: 'max', column: 'email' },
  ])
  const first = await run(report)
  const figures = await figuresOf(report)
  const newest = Object.fromEntries(Object.entries(figures).map(([name, { trend }]) => [name, [trend.at(-1)?.value, trend.at(-1)?.problem]]))
  expect(newest).toEqual({
    'Sum of ids': ['12', null],
    Text: ['6', null],
    Word: [null, 'invalid input syntax for type numeric: "x"'],
    Nothing: [null, expect.stringContaining('no"thing')],
    Rows: ['6', null],
    Exact: ['74074073407407407.34', null],
    Mean: ['2.0000000000000000', null],
    'Largest email': ['3', null],
  })
  expect(figures.Rows?.trend.at(-1)).toMatchObject({ run: first, answered: 2, tenants: 2, at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) })
  // Tried on one tenant, or with other values, it is no part of the trend; dropped rows take nothing of it away.
  await run(report, { selection: { kind: 'tenants', slugs: [slugs[0]] } })
  await customers(4)
  await run(report)
  expect(await valuesOf(report, 'Rows')).toEqual(['6', '8'])
  await customers(3)
})

test('a figure that is worked out otherwise begins anew; one that is named no more goes', async () => {
  const report = await create('Changed')
  await setFigures(report, [
    { name: 'N', source: 'rows', aggregate: 'count' },
    { name: 'Gone', source: 'rows', aggregate: 'count' },
  ])
  await run(report)
  await setFigures(report, [{ name: 'N', source: 'rows', aggregate: 'count', isPinned: true }])
  expect(await valuesOf(report, 'N')).toEqual(['6'])
  await setFigures(report, [{ name: 'N', source: 'rows', aggregate: 'max', column: 'id' }])
  expect(await valuesOf(report, 'N')).toEqual([])
  expect(Object.keys(await figuresOf(report))).toEqual(['N'])
})

test('beyond its line it alerts, since the first value that was, until one is not', async () => {
  const report = await create('Alerts', { runnableBy: ['support'] })
  const line = { name: 'Customers', source: 'rows', aggregate: 'count', isPinned: true, line: { kind: 'above', value: '6' } }
  await setFigures(report, [line])
  await run(report)
  expect((await figuresOf(report)).Customers?.alertingSince).toBeNull()
  await customers(4)
  const first = await run(report)
  await run(report)
  const at = (await figuresOf(report)).Customers?.trend.find((value) => value.run === first)?.at
  expect(await figuresOf(report)).toMatchObject({ Customers: { alertingSince: at } })
  const pinned = await saved().pinned(sue)
  expect(pinned).toMatchObject([{ name: 'Customers', report: { id: report, name: 'Alerts' }, alertingSince: at, line: line.line }])
  expect(pinned[0]?.trend.map(({ value }) => value)).toEqual(['6', '8', '8'])
  // Another line is another judgement of what is known.
  expect(await setFigures(report, [{ ...line, line: { kind: 'above', value: '100' } }])).toMatchObject([{ alertingSince: null }])
  expect(await setFigures(report, [{ ...line, line: { kind: 'below', value: '7.5' } }])).toMatchObject([{ alertingSince: null }])
  expect(await setFigures(report, [line])).toMatchObject([{ alertingSince: at }])
  await customers(3)
  await run(report)
  expect((await figuresOf(report)).Customers?.alertingSince).toBeNull()
  const other = await create('Not hers')
  await setFigures(other, [{ name: 'N', source: 'rows', aggregate: 'count', isPinned: true }])
  expect((await saved().pinned(sue)).map(({ report: { name } }) => name)).toEqual(['Alerts'])
  expect((await saved().pinned(oli)).map(({ report: { name } }) => name)).toContain('Not hers')
})

test('whoever is named later sees the figures of the runs from then on, and of no others', async () => {
  const [name, sql] = ['Named later', 'select id from customer']
  const report = await create(name, { sql, combine: null })
  const count = { source: 'rows', aggregate: 'count', line: { kind: 'above', value: '5' } }
  await setFigures(report, [
    { name: 'Pinned', isPinned: true, ...count },
    { name: 'Beyond', ...count },
  ])
  const before = await run(report)
  await saved().change(ada, changeReportInput.parse({ name, set: 'app', sql, report, revision: 1, runnableBy: ['support'] }))
  const pinnedOf = async (actor: Actor) =>
    (await saved().pinned(actor))
      .filter((figure) => figure.report.id === report)
      .map((figure) => ({ name: figure.name, runs: figure.trend.map((value) => value.run), alertingSince: figure.alertingSince }))
  const since = (await figuresOf(report)).Pinned?.alertingSince ?? ''
  expect(since).toMatch(/Z$/)
  expect(await pinnedOf(oli)).toEqual([
    { name: 'Pinned', runs: [before], alertingSince: since },
    { name: 'Beyond', runs: [before], alertingSince: since },
  ])
  expect((await refusalOf(fleet.tenancy.reports.get(sue, before))).code).toBe('report.not_yours')
  expect(await pinnedOf(sue)).toEqual([{ name: 'Pinned', runs: [], alertingSince: null }])
  const unknown = { trend: [], alertingSince: null }
  expect((await saved().get(sue, report)).figures).toMatchObject([unknown, unknown])

  const after = await run(report)
  const at = (await figuresOf(report)).Pinned?.trend.at(-1)?.at
  expect((await fleet.tenancy.reports.get(sue, after)).run).toBe(after)
  expect(await pinnedOf(sue)).toEqual([
    { name: 'Pinned', runs: [after], alertingSince: at },
    { name: 'Beyond', runs: [after], alertingSince: at },
  ])
  expect((await saved().get(sue, report)).figures).toMatchObject([{ alertingSince: at }, { alertingSince: at }])
  expect(await figuresOf(report)).toMatchObject({ Pinned: { alertingSince: since, trend: [{ run: before }, { run: after }] } })
})

test('a value that not all tenants answered for may begin an alert, and ends none', async () => {
  const report = await create('In part')
  const [, broken = ''] = slugs
  const breakOne = () => fleet.sql.unsafe(`alter table ${schemaOf(broken)}.customer rename to away`)
  const mend = () => fleet.sql.unsafe(`alter table ${schemaOf(broken)}.away rename to customer`)
  const line = { name: 'Rows', source: 'rows', aggregate: 'count', line: { kind: 'above', value: '5' } }
  await setFigures(report, [line])
  const stateOf = async () => {
    const { Rows } = await figuresOf(report)
    const begun = Rows?.trend.find(({ at }) => at === Rows.alertingSince)?.run ?? null
    const last = Rows?.trend.at(-1)
    return { begun, newest: [last?.value, last?.isBeyond, last?.answered] }
  }
  const whole = await run(report)
  await breakOne()
  await run(report)
  expect(await stateOf()).toEqual({ begun: whole, newest: ['3', false, 1] })
  await mend()
  await customers(2)
  await run(report)
  expect(await stateOf()).toEqual({ begun: null, newest: ['4', false, 2] })
  await customers(7)
  await breakOne()
  const part = await run(report)
  expect(await stateOf()).toEqual({ begun: part, newest: ['7', true, 1] })
  // Beyond another line nothing but the part's value is.
  expect(await setFigures(report, [{ ...line, line: { kind: 'above', value: '6' } }])).toMatchObject([{ alertingSince: expect.stringMatching(/Z$/) }])
  await mend()
  await customers(3)
  await run(report)
  expect(await stateOf()).toEqual({ begun: null, newest: ['6', false, 2] })
})

test('when the silent are asked again, the whole one’s value stands in place of the part’s', async () => {
  const report = await create('Merged')
  await setFigures(report, [{ name: 'Rows', source: 'rows', aggregate: 'count' }])
  const [, broken = ''] = slugs
  await fleet.sql.unsafe(`alter table ${schemaOf(broken)}.customer rename to away`)
  const first = await run(report)
  await fleet.sql.unsafe(`alter table ${schemaOf(broken)}.away rename to customer`)
  expect((await figuresOf(report)).Rows?.trend).toMatchObject([{ run: first, value: '3', answered: 1, tenants: 2 }])
  const again = await fleet.tenancy.runs.rerun(ada, { run: first, note: '' })
  await settled(again.run)
  expect((await figuresOf(report)).Rows?.trend).toMatchObject([{ run: again.run, value: '6', answered: 2, tenants: 2 }])
})

test('of an old report asked again the value stands where it stood, and alerts nobody today', async () => {
  const report = await create('Old')
  const [one = '', two = ''] = slugs
  await setFigures(report, [{ name: 'Rows', source: 'rows', aggregate: 'count', line: { kind: 'above', value: '10' } }])
  await fleet.sql.unsafe(
    `insert into ${schemaOf(one)}.customer (email) select n from generate_series(1, 20) n; alter table ${schemaOf(two)}.customer rename to away`,
  )
  const monday = await run(report)
  await fleet.sql.unsafe(`alter table ${schemaOf(two)}.away rename to customer`)
  await customers(3)
  const tuesday = await run(report)
  const again = await fleet.tenancy.runs.rerun(ada, { run: monday, note: '' })
  await settled(again.run)
  const { Rows } = await figuresOf(report)
  expect(Rows?.trend.map(({ run: each, value }) => [each, value])).toEqual([
    [again.run, '26'],
    [tuesday, '6'],
  ])
  expect(Rows?.alertingSince).toBeNull()
})

test('a run is combined as was said when it was started, whatever its report says by then', async () => {
  const [name, sql] = ['Rewritten', 'select id from customer']
  const report = await create(name, { sql, combine: 'select count(*) as n from results' })
  await setFigures(report, [{ name: 'N', source: 'combined', column: 'n' }])
  const first = await run(report)
  const change = (revision: number, more: Partial<SavedReportContent>) =>
    saved().change(ada, changeReportInput.parse({ name, set: 'app', sql, report, revision, ...more }))
  await change(1, { combine: 'select count(*) * 100 as n from results' })
  const second = await run(report)
  await change(2, { sql: 'select id * 2 as id from customer', combine: 'select 7 as n from results' })
  // As if nobody had come to them before.
  await fleet.control`delete from report_figure_value where run_id in (${first}, ${second})`
  await fleet.control`update report_run set figures_at = null where run_id in (${first}, ${second})`
  await settled(first)
  await settled(second)
  expect(await valuesOf(report, 'N')).toEqual(['6', '600'])
  // Their pages say the same.
  const combined = async (each: number) => (await fleet.tenancy.reports.get(ada, each)).asSaved?.combine
  expect([await combined(first), await combined(second)]).toEqual(['select count(*) as n from results', 'select count(*) * 100 as n from results'])
})

test('what a loaded server says is no value for half an hour', async () => {
  const report = await create('Loaded')
  await setFigures(report, [{ name: 'Rows', source: 'rows', aggregate: 'count' }])
  const first = await run(report)
  await fleet.control`delete from report_figure_value where run_id = ${first}`
  const control = openControl(fleet.controlUrl)
  const library = { control, secret: testSecret, logger: silentLogger, meters: silentMeters, clock: () => new Date() }
  const holder = await fleet.control.reserve()
  try {
    // Its cage gives a lock two seconds.
    await holder.unsafe(`begin; lock table tenantry_report_${first}.collected in access exclusive mode`)
    await fleet.control`update report_run set figures_at = null where run_id = ${first}`
    await settleFigures(library, first)
    expect(await valuesOf(report, 'Rows')).toEqual([])
    expect(await fleet.control`select figures_at from report_run where run_id = ${first}`).toEqual([{ figures_at: null }])
    // When it has gone on for half an hour, it is told.
    await fleet.control`update run set finished_at = finished_at - interval '1 hour' where id = ${first}`
    await settleFigures({ ...library }, first)
    expect((await figuresOf(report)).Rows?.trend).toMatchObject([{ value: null, problem: expect.stringContaining('lock timeout') }])
  } finally {
    await holder.unsafe('rollback')
    holder.release()
    await control.close()
  }
})

test('of two who set figures at once nobody loses any', async () => {
  const report = await create('Two')
  const count = (name: string) => ({ name, source: 'rows', aggregate: 'count' })
  const [first] = await setFigures(report, [count('One')])
  const set = (known: readonly number[], ...names: readonly string[]) =>
    refusalOf(saved().setFigures(ada, reportFiguresInput.parse({ report, known, figures: names.map(count) })))
  expect((await set([first?.id ?? 0], 'One', 'Two')).code).toBe('none')
  // Somebody who has looked before that, and somebody who has looked at nothing.
  for (const known of [[first?.id ?? 0], []]) expect((await set(known, 'One', 'Three')).code).toBe('report.figures_changed')
  expect(Object.keys(await figuresOf(report))).toEqual(['One', 'Two'])
})

test('figures that cannot be are refused, and whose they are not', async () => {
  const report = await create('Refused', { combine: null, runnableBy: ['operator'] })
  expect(await refusalOf(setFigures(report, [{ name: 'Sum', source: 'combined', column: 'sum' }]))).toMatchObject({
    code: 'report.figure',
    details: { name: 'Sum' },
  })
  expect((await refusalOf(setFigures(report, [], oli))).code).toBe('report.not_yours')
  // What columns there are is known once it has run.
  const sumOf = (column: string) => [{ name: 'Sum', source: 'rows', aggregate: 'sum', column }]
  await setFigures(report, sumOf('nowhere'))
  await fleet.ended((await saved().start(ada, startSavedReportInput.parse({ report }))).run)
  expect(await refusalOf(setFigures(report, sumOf('elsewhere')))).toMatchObject({
    code: 'report.figure',
    details: { name: 'Sum', problem: expect.stringContaining('elsewhere'), remedy: expect.stringContaining('They have: tenant, id, email, exact.') },
  })
  // It was allowed before that was known, and is in nobody's way.
  await setFigures(report, [...sumOf('nowhere'), { name: 'Exact', source: 'rows', aggregate: 'sum', column: 'exact' }])
  const wrong: ReadonlyArray<readonly [object, string]> = [
    [{ name: '', source: 'rows', aggregate: 'count' }, 'name'],
    [{ name: 'a', source: 'rows' }, 'aggregate'],
    [{ name: 'a', source: 'combined', aggregate: 'sum', column: 'a' }, 'aggregate'],
    [{ name: 'a', source: 'rows', aggregate: 'sum' }, 'column'],
    [{ name: 'a', source: 'rows', aggregate: 'count', line: { kind: 'above', value: '1; drop' } }, 'line'],
  ]
  for (const [figure, field] of wrong) expect(reportFigure.safeParse(figure).error?.issues[0]?.path[0], JSON.stringify(figure)).toBe(field)
  const twice = [1, 2].map(() => ({ name: 'a', source: 'rows', aggregate: 'count' }))
  expect(reportFiguresInput.safeParse({ report, known: [], figures: twice }).success).toBe(false)
})
