/** Lists of reports, what one may name while writing, and rows that are looked for. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { errorDocument, reportRetentionDocument } from '../../../lib/cli/documents.ts'
import { commandLine } from '../../support/command-line.ts'
import { reportRowsInput, startReportInput, type Actor, type ReportFilter } from '../../../lib/tenancy/contract/index.ts'
import { silentLogger, silentMeters } from '../../../lib/tenancy/context.ts'
import { openControl } from '../../../lib/tenancy/control/db.ts'
import { streamReport } from '../../../lib/tenancy/reports/rows.ts'
import { ada, makeFleet, ownSlugs, refusalOf, schemaOf, type Fleet } from '../../support/fleet.ts'
import { testSecret, useDatabases } from '../../support/template.ts'

const databases = useDatabases()
const { mark, newSlug } = ownSlugs('rl')
const slugs = ['a', 'b'].map(newSlug)
const sue: Actor = { kind: 'person', id: 'p3', label: 'sue@example.com', role: 'support' }
const oli: Actor = { kind: 'person', id: 'p2', label: 'oli@example.com', role: 'operator' }
let fleet: Fleet

beforeAll(async () => {
  fleet = await makeFleet(databases)
  await fleet.work()
  await fleet.ended(await fleet.onboard(slugs))
  for (const slug of slugs)
    await fleet.sql`insert into ${fleet.sql(schemaOf(slug))}.customer (email) values ('Ann%@example.com'), ('bob@example.com'), (${`${slug}@example.com`})`
})
afterAll(async () => {
  await fleet.dropRoles(mark)
  await fleet.close()
})

const ended = async (sql: string, more: object = {}): Promise<number> => {
  const { run } = await fleet.tenancy.reports.start(ada, startReportInput.parse({ set: 'app', sql, ...more }))
  await fleet.ended(run)
  return run
}

test('what a report may name is told from the newest version’s structure', async () => {
  expect(await fleet.tenancy.reports.structure('app')).toEqual({ version: null, tables: [] })
  await fleet.sync({
    '0001_init.sql': 'create table customer (id bigint generated always as identity primary key, email text not null);\n',
    '0002_orders.sql':
      'create table orders (id bigint generated always as identity primary key, customer_id bigint references customer, total numeric not null default 0);\n',
    '0003_sums.sql':
      "create type mood as enum ('sad', 'glad');\ncreate view sums as select customer_id, sum(total) as total, 'sad'::mood as mood from orders group by 1;\n",
  })
  await fleet.roll()
  await fleet.tenancy.observation.now({ structure: true })
  expect(await fleet.tenancy.reports.structure('app')).toEqual({
    version: '0003',
    tables: [
      {
        name: 'customer',
        kind: 'table',
        columns: [
          { name: 'id', type: 'bigint' },
          { name: 'email', type: 'text' },
        ],
      },
      {
        name: 'orders',
        kind: 'table',
        columns: [
          { name: 'id', type: 'bigint' },
          { name: 'customer_id', type: 'bigint' },
          { name: 'total', type: 'numeric' },
        ],
      },
      {
        name: 'sums',
        kind: 'view',
        columns: [
          { name: 'customer_id', type: 'bigint' },
          { name: 'mood', type: 'mood' },
          { name: 'total', type: 'numeric' },
        ],
      },
    ],
  })
  expect((await refusalOf(fleet.tenancy.reports.structure('none'))).code).toBe('set.unknown')
})

test('runs are listed newest first, page by page; support sees none that does not name it', async () => {
  const selection = { kind: 'tenants', slugs: [slugs[0]] } as const
  const runs = [await ended('select 1 as a'), await ended('select 2 as a', { selection, note: 'one alone' })].toReversed()
  const first = await fleet.tenancy.reports.runs(oli, { limit: 1 })
  expect(first).toMatchObject({
    rows: [
      { run: runs[0], set: 'app', report: null, state: 'succeeded', rows: 1, tenants: 1, answered: 1, note: 'one alone', isExpired: false, parentRun: null },
    ],
    next: runs[0],
  })
  const second = await fleet.tenancy.reports.runs(oli, { limit: 1, before: first.next ?? 0 })
  expect(second).toMatchObject({ rows: [{ run: runs[1], rows: 2, tenants: 2, answered: 2 }], next: null })
  expect(await fleet.tenancy.reports.get(oli, runs[0] ?? 0)).toMatchObject({ selection, rowCap: 100_000, params: {}, childRuns: [] })
  expect(await fleet.tenancy.reports.runs(sue, { limit: 10 })).toEqual({ rows: [], next: null })
  const run = runs[0] ?? 0
  for (const refused of [
    () => fleet.tenancy.reports.get(sue, run),
    () => fleet.tenancy.reports.rows(sue, reportRowsInput.parse({ run })),
    () => fleet.tenancy.reports.combine(sue, { run, sql: 'select count(*) as n from results' }),
    () => fleet.tenancy.reports.stream(sue, run)[Symbol.asyncIterator]().next(),
  ])
    expect((await refusalOf(Promise.resolve(refused()))).code).toBe('report.not_yours')
})

test('who looks at rows is written down, once for all pages', async () => {
  const run = await ended('select id from customer')
  const look = (actor: Actor, offset: number) => fleet.tenancy.reports.rows(actor, reportRowsInput.parse({ run, offset, limit: 1 }))
  for (const offset of [0, 1, 2]) await look(oli, offset)
  await look(ada, 0)
  expect(await fleet.control`select actor_label, details from audit where action = 'reports.read' and subject = ${String(run)} order by id`).toEqual([
    { actor_label: 'oli@example.com', details: { set: 'app' } },
    { actor_label: 'ada@example.com', details: { set: 'app' } },
  ])
})

test('who asks for all rows and takes none holds nothing for long', async () => {
  const run = await ended('select n from generate_series(1, 4000) n')
  const control = openControl(fleet.controlUrl)
  const library = { control, secret: testSecret, logger: silentLogger, meters: silentMeters, clock: () => new Date() }
  const open = () =>
    fleet.control`select from pg_stat_activity where datname = current_database() and state = 'idle in transaction' and query like '%tenantry_export%'`
  try {
    const given = streamReport(library, ada, run, 2_000)
    expect((await given.next()).value).toHaveLength(2_000)
    await fleet.until('the end of its session', async () => (await open()).length === 0)
    await expect(given.next()).rejects.toMatchObject({ code: 'report.slow' })
    // Taken as fast as it comes, or given up in order, it is over by itself.
    const whole = streamReport(library, ada, run)
    await whole.next()
    expect((await open()).length).toBe(1)
    await whole.return(undefined)
    await fleet.until('the end of its session', async () => (await open()).length === 0)
  } finally {
    await control.close()
  }
})

test('rows that somebody has locked are told so, in time', async () => {
  const run = await ended('select id from customer')
  const holder = await fleet.control.reserve()
  await holder.unsafe(`begin; lock table tenantry_report_${run}.collected`)
  const refused = await refusalOf(fleet.tenancy.reports.rows(ada, reportRowsInput.parse({ run, sort: 'id' })))
  await holder.unsafe('rollback')
  holder.release()
  expect(refused).toMatchObject({ code: 'report.slow', details: { run, seconds: 2 } })
})

test('rows can be looked for: a value is a value, whatever is in it', async () => {
  const run = await ended("select email, case when email like 'bob%' then null else id end as id, id * 1.5 as half from customer")
  const found = async (filter: Partial<ReportFilter>, more: object = {}) => {
    const { rows, total } = await fleet.tenancy.reports.rows(ada, reportRowsInput.parse({ run, filter, sort: 'email', ...more }))
    expect(rows.length, JSON.stringify(filter)).toBe(total)
    return rows.map(([slug, email]) => [slugs.indexOf(slug ?? ''), email])
  }
  const ann = [0, 1].map((index) => [index, 'Ann%@example.com'])
  const bob = [0, 1].map((index) => [index, 'bob@example.com'])
  expect(await found({ value: 'aNN' })).toEqual(ann)
  expect(await found({ value: '%' })).toEqual(ann)
  expect(await found({ column: 'email', kind: 'equals', value: 'BOB@example.com' })).toEqual(bob)
  expect(await found({ column: 'email', kind: 'equals', value: 'bob' })).toEqual([])
  expect(await found({ column: 'id', kind: 'null' })).toEqual(bob)
  expect(await found({ kind: 'null' })).toEqual(bob)
  expect(await found({ column: 'half', kind: 'equals', value: '1.5' })).toEqual(ann)
  expect(await found({ column: 'tenant', kind: 'equals', value: slugs[1] ?? '' }, { sort: 'half', descending: true })).toEqual([
    [1, `${slugs[1]}@example.com`],
    [1, 'bob@example.com'],
    [1, 'Ann%@example.com'],
  ])
  expect(await found({ value: "x') or true --" })).toEqual([])
  const page = await fleet.tenancy.reports.rows(ada, reportRowsInput.parse({ run, filter: { value: 'example' }, limit: 1, offset: 5 }))
  expect([page.total, page.rows.length]).toEqual([6, 1])
  expect(await refusalOf(found({ column: 'nothing', value: 'x' }))).toMatchObject({ code: 'report.filter', details: { column: 'nothing' } })
})

test('rows are kept for as long as was said when the report began', async () => {
  const days = async (run: number): Promise<number> => {
    const { createdAt, expiresAt } = await fleet.tenancy.reports.get(ada, run)
    return Math.round((Date.parse(expiresAt) - Date.parse(createdAt)) / 86_400_000)
  }
  const start = () => fleet.tenancy.reports.start(ada, startReportInput.parse({ set: 'app', sql: 'select 1 as one' }))
  const { run: before } = await start()
  expect([await days(before), await fleet.tenancy.reports.retention.get()]).toEqual([7, { days: 7 }])
  const cli = commandLine(fleet.controlUrl)
  const kept = await cli.run(['reports', 'keep', '30', '--json'])
  expect([kept.code, kept.document(reportRetentionDocument)]).toEqual([0, { days: 30 }])
  const { run: after } = await start()
  expect([await days(before), await days(after)]).toEqual([7, 30])
  const { rows } = await fleet.tenancy.audit.list({ action: 'reports.keep', limit: 10 })
  expect(rows).toMatchObject([{ details: { before: 7, after: 30 } }])
  for (const wrong of ['0', '366', '1.5', 'long']) {
    const refused = await cli.run(['reports', 'keep', wrong, '--json'])
    expect([wrong, refused.code, refused.document(errorDocument).error.message]).toEqual([wrong, 2, expect.stringContaining('days')])
  }
  expect(await fleet.tenancy.reports.retention.get()).toEqual({ days: 30 })
})
