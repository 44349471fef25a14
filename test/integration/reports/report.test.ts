/** A report over a small fleet: what comes back, who is named, what is refused. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startReportInput, type CombinedPiece, type ReportRow } from '../../../lib/tenancy/contract/index.ts'
import { openControl, type Control } from '../../../lib/tenancy/control/db.ts'
import { streamCombined } from '../../../lib/tenancy/reports/combine.ts'
import { streamStatement } from '../../../lib/tenancy/reports/rows.ts'
import { commandLine } from '../../support/command-line.ts'
import { ada, makeFleet, ownSlugs, refusalOf, schemaOf, type Fleet } from '../../support/fleet.ts'
import { useDatabases } from '../../support/template.ts'

const databases = useDatabases()
const { mark, newSlug } = ownSlugs('rx')
let fleet: Fleet
const slugs = [newSlug('a'), newSlug('b'), newSlug('c')]

beforeAll(async () => {
  fleet = await makeFleet(databases)
  await fleet.work()
  await fleet.ended(await fleet.onboard(slugs))
  for (const [index, slug] of slugs.entries()) {
    const schema = fleet.sql(schemaOf(slug))
    await fleet.sql`insert into ${schema}.customer (email) select ${slug} || '-' || n from generate_series(1, ${index + 1}) n`
    await fleet.sql`insert into ${schema}.orders (customer_id, total) select id, 12345678901234567.89 from ${schema}.customer`
  }
})
afterAll(async () => {
  await fleet.dropRoles(mark)
  await fleet.close()
})

const start = (sql: string, more: object = {}) => fleet.tenancy.reports.start(ada, startReportInput.parse({ set: 'app', sql, ...more }))
const all = async (run: number): Promise<readonly ReportRow[]> => {
  const rows: ReportRow[] = []
  for await (const piece of fleet.tenancy.reports.stream(ada, run)) rows.push(...piece)
  return rows
}
const answer = async (sql: string, more: object = {}) => {
  const { run } = await start(sql, more)
  await fleet.ended(run)
  return { run, report: await fleet.tenancy.reports.get(ada, run), rows: await all(run) }
}

test('every tenant answers, with its slug in front', async () => {
  const { report, rows } = await answer('select c.email, o.total from customer c join orders o on o.customer_id = c.id order by 1')
  expect(report).toMatchObject({
    state: 'succeeded',
    rows: 6,
    tenants: 3,
    answered: 3,
    silent: [],
    columns: [
      { name: 'tenant', type: 'text' },
      { name: 'email', type: 'text' },
      { name: 'total', type: 'numeric' },
    ],
  })
  expect(rows).toEqual(slugs.flatMap((slug, index) => Array.from({ length: index + 1 }, (_, n) => [slug, `${slug}-${n + 1}`, '12345678901234567.89'])))
})

test('one tenant at a time can be asked, with parameters', async () => {
  const text = '-- :least bigint = 1\n-- :like text\nselect count(*) as customers from customer where id >= :least and email like :like'
  const { rows } = await answer(text, { params: { like: "%-2' or true --" }, selection: { kind: 'tenants', slugs: [slugs[2]] } })
  expect(rows).toEqual([[slugs[2], '0']])
  expect((await answer(text, { params: { like: '%', least: '2' } })).rows.map(([, count]) => count)).toEqual(['0', '1', '2'])
})

test('more rows than one chunk come whole, and more than the cap come not at all', async () => {
  const { run, rows } = await answer('select n, repeat(chr(92) || chr(10) || chr(9), 2) as odd from generate_series(1, 2500) n')
  expect(rows.length).toBe(7500)
  expect(rows.filter(([slug]) => slug === slugs[1]).map(([, n]) => Number(n))).toEqual(Array.from({ length: 2500 }, (_, n) => n + 1))
  expect(new Set(rows.map(([, , odd]) => odd))).toEqual(new Set(['\\\n\t\\\n\t']))
  const [plan] = await fleet.control.unsafe<Array<Record<string, Array<{ Plan: { 'Node Type': string } }>>>>(
    `explain (format json) ${streamStatement({ chain: [run], columns: [{ name: 'n' }] })}`,
  )
  // Tenant by tenant: rows are there at once, however many there are.
  expect(plan?.['QUERY PLAN']?.[0]?.Plan['Node Type']).toBe('Nested Loop')
  const capped = await answer('select n from generate_series(1, 2000 + (select count(*) from customer) * 100) n', { rowCap: 2200 })
  expect(capped.report).toMatchObject({ state: 'failed', answered: 2, rows: 4300, silent: [{ code: 'report_too_many_rows', slugs: [slugs[2]] }] })
  expect(capped.rows.length).toBe(4300)
})

test('rows stand as each tenant has answered, however wide some of them are', async () => {
  const { run, rows } = await answer("select g as num, repeat('wide ', g % 400) as wide from generate_series(1, 3000) g order by num")
  const numbers = Array.from({ length: 3000 }, (_, index) => String(index + 1))
  for (const slug of slugs) expect(rows.filter(([tenant]) => tenant === slug).map(([, num]) => num)).toEqual(numbers)
  const page = await fleet.tenancy.reports.rows(ada, { run, descending: false, offset: 1000, limit: 1000 })
  expect(page.rows.map(([, num]) => num)).toEqual(numbers.slice(1000, 2000))
})

test('a tenant whose structure lacks what is asked for is named, and the others answer', async () => {
  const schema = schemaOf(slugs[1] ?? '')
  await fleet.sql`alter table ${fleet.sql(schema)}.orders rename column total to sum`
  const { report, rows } = await answer('select sum(total) as total from orders')
  await fleet.sql`alter table ${fleet.sql(schema)}.orders rename column sum to total`
  expect(report).toMatchObject({ state: 'failed', tenants: 3, answered: 2, silent: [{ code: '42703', slugs: [slugs[1]] }] })
  expect(report.silent[0]?.message).toContain('(version 0002) lacks what is asked for')
  expect(report.silent[0]?.example?.hint).toContain('Let NULL stand for it')
  expect(rows.map(([slug]) => slug)).toEqual([slugs[0], slugs[2]])
})

test('a tenant that lacks a column answers with NULL where the author writes that it may', async () => {
  const schema = schemaOf(slugs[1] ?? '')
  await fleet.sql`alter table ${fleet.sql(schema)}.orders rename column total to sum`
  const { report, rows } = await answer(
    'select o.id, (select total from (select o.*) as own) as total from orders o cross join (select null::numeric as total) as lacking order by 1',
  )
  await fleet.sql`alter table ${fleet.sql(schema)}.orders rename column sum to total`
  expect(report).toMatchObject({ state: 'succeeded', answered: 3, silent: [] })
  expect(rows.map(([slug, , total]) => [slug, total])).toEqual(
    slugs.flatMap((slug, index) => Array.from({ length: index + 1 }, () => [slug, slug === slugs[1] ? null : '12345678901234567.89'])),
  )
})

test('the one that is asked first may be the broken one, or be locked: others tell the columns', async () => {
  const schema = schemaOf(slugs[0] ?? '')
  const others = (rows: readonly ReportRow[]) => expect(rows.map(([slug]) => slug)).toEqual(slugs.slice(1))
  await fleet.sql`alter schema ${fleet.sql(schema)} rename to ${fleet.sql(`${schema}_away`)}`
  const broken = await answer('select count(*) as orders from orders')
  await fleet.sql`alter schema ${fleet.sql(`${schema}_away`)} rename to ${fleet.sql(schema)}`
  expect(broken.report).toMatchObject({ answered: 2, silent: [{ code: '42P01', slugs: [slugs[0]] }] })
  others(broken.rows)
  const holder = await fleet.sql.reserve()
  await holder.unsafe(`begin; lock table ${schema}.orders`)
  const { run } = await start('select count(*) as orders from orders')
  await holder.unsafe('rollback')
  holder.release()
  expect(await fleet.ended(run)).toMatchObject({ state: 'succeeded' })
})

test('rows can be sorted by whatever there is, also by what PostgreSQL itself has no order for', async () => {
  const columns = [
    "'{}'::json as json",
    'array[null::json] as jsons',
    'point(1, 2) as point',
    'box(point(1, 2), point(0, 0)) as box',
    "'[(0,0),(1,1)]'::lseg as lseg",
    "'[(0,0),(1,1)]'::path as path",
    "'((0,0),(1,1))'::polygon as polygon",
    "'{1,2,3}'::line as line",
    "'<(0,0),1>'::circle as circle",
  ]
  const { run, report } = await answer(`select ${columns.join(', ')}`)
  for (const { name } of report.columns)
    expect((await fleet.tenancy.reports.rows(ada, { run, sort: name, descending: true, offset: 0, limit: 10 })).rows.length, name).toBe(3)
})

test('two that combine at once both get their rows, and an audit row each', async () => {
  const { run } = await answer('select email from customer')
  const combined = await Promise.all(Array.from({ length: 6 }, () => fleet.tenancy.reports.combine(ada, { run, sql: 'select count(*) as n from results' })))
  expect(combined.map(({ rows }) => rows)).toEqual(Array.from({ length: 6 }, () => [['6']]))
  const audits = await fleet.control<
    Array<{ details: object }>
  >`select details from audit where action = 'reports.export' and subject = ${run} and details ? 'combine'`
  expect(audits.map(({ details }) => details)).toEqual(Array.from({ length: 6 }, () => ({ set: 'app', rows: 6, combine: 'select count(*) as n from results' })))
})

test('what is combined is held back where it is too large for one answer', async () => {
  const { run } = await answer('select email from customer')
  const large = await fleet.tenancy.reports.combine(ada, { run, sql: "select n, repeat('x', 1000000) as text from generate_series(1, 60) n order by n" })
  expect(large.isCut).toBe(true)
  expect(large.rows.length).toBeGreaterThan(20)
  expect(large.rows.length).toBeLessThan(45)
  const many = await fleet.tenancy.reports.combine(ada, { run, sql: 'select n from generate_series(1, 10001) n order by n' })
  expect([many.isCut, many.rows.length, many.rows.at(-1)]).toEqual([true, 10_000, ['10000']])
})

describe('all that is combined', () => {
  let control: Control
  beforeAll(() => {
    control = openControl(fleet.controlUrl, { max: 2 })
  })
  afterAll(() => control.close())
  const inPieces = (run: number, sql: string) => fleet.tenancy.reports.streamCombined(ada, { run, sql })
  const allOf = async (pieces: AsyncIterable<CombinedPiece>) => {
    const found: CombinedPiece[] = []
    for await (const piece of pieces) found.push(piece)
    return { columns: found[0]?.columns, rows: found.flatMap(({ rows }) => rows), sizes: found.map(({ rows }) => rows.length) }
  }

  test('comes in pieces, however much it is, and leaves an audit row', async () => {
    const { run } = await answer('select email from customer')
    const sql = 'select n, tenant from generate_series(1, 6000) n cross join tenants order by tenant, n'
    const { columns, rows, sizes } = await allOf(inPieces(run, sql))
    expect(columns?.map(({ name }) => name)).toEqual(['n', 'tenant'])
    expect(rows).toEqual(slugs.flatMap((slug) => Array.from({ length: 6_000 }, (_, index) => [String(index + 1), slug])))
    expect(Math.max(...sizes)).toBeLessThan(4_000)
    expect(await fleet.control`select details from audit where action = 'reports.export' and subject = ${run} and details ->> 'combine' = ${sql}`).toHaveLength(
      1,
    )
    const wide = await allOf(inPieces(run, "select repeat('x', 1000000) as text from generate_series(1, 60) n"))
    expect([wide.rows.length, Math.max(...wide.sizes) < 25]).toEqual([60, true])
    expect(await allOf(inPieces(run, 'select tenant from results where false'))).toMatchObject({
      columns: [{ name: 'tenant', type: 'text' }],
      rows: [],
      sizes: [0],
    })
  })

  test('is in the same cage, and keeps nobody from the same rows while somebody reads slowly', async () => {
    const { run } = await answer('select email from customer')
    const slow = inPieces(run, 'select n from generate_series(1, 50000) n')[Symbol.asyncIterator]()
    await slow.next()
    const sql = "select current_setting('transaction_read_only') as read_only, current_user::text like 'tenantry_report_%' as caged, count(*) as n from results"
    const begun = Date.now()
    expect((await fleet.tenancy.reports.combine(ada, { run, sql })).rows).toEqual([['on', 't', '6']])
    expect((await allOf(inPieces(run, sql))).rows).toEqual([['on', 't', '6']])
    expect(Date.now() - begun).toBeLessThan(20_000)
    const [role] = await fleet.control<Array<{ name: string }>>`select 'tenantry_report_' || (value #>> '{}') as name from setting where key = 'installation'`
    await expect(
      fleet.control.begin((asked) => asked.unsafe(`set local role ${role?.name}; select * from tenantry_report_${run}.results`)),
    ).rejects.toMatchObject({ code: '42501' })
    await slow.return?.()
    expect((await refusalOf(allOf(inPieces(run, 'select * from pg_class')))).code).toBe('report.refused')
    expect((await refusalOf(allOf(inPieces(run, 'select 1 as a, 2 as a')))).code).toBe('report.combine_columns')
    expect(await refusalOf(allOf(inPieces(run, 'select 1 / (n - 3000) as n from generate_series(1, 5000) n')))).toMatchObject({
      code: 'report.combine',
      details: { code: '22012' },
    })
    expect(await fleet.control`select nspname from pg_namespace where nspname like 'tenantry_combine_%'`).toEqual([])
  })

  test('is told where it is more than there may be, behind as much as there may be', async () => {
    const { run } = await answer('select email from customer')
    const upTo = async (rows: number) => {
      const found: ReportRow[] = []
      const sql = `select n from generate_series(1, ${rows}) n order by n`
      const error = await streamed(sql, found).catch((problem: unknown) => problem)
      return { found: found.length, last: found.at(-1), error }
    }
    const streamed = async (sql: string, into: ReportRow[]) => {
      for await (const { rows } of streamCombined({ control }, ada, { run, sql }, { idleMs: 60_000, mostRows: 2_500 })) into.push(...rows)
    }
    expect(await upTo(2_500)).toEqual({ found: 2_500, last: ['2500'], error: undefined })
    const { found, last, error } = await upTo(2_501)
    expect([found, last, error]).toMatchObject([2_500, ['2500'], { code: 'report.combine_many', details: { run, most: 2_500 } }])
  })

  test('is given up for whoever reads nothing for too long', async () => {
    const { run } = await answer('select email from customer')
    const slow = streamCombined({ control }, ada, { run, sql: 'select n from generate_series(1, 50000) n' }, { idleMs: 200, mostRows: 100_000 })
    await slow.next()
    await setTimeout(1_000)
    expect((await refusalOf(allOf(slow))).code).toBe('report.slow')
  })
})

describe('is refused before anybody is asked:', () => {
  test.each([
    ['select 1 as a; select 2 as b', 'report.refused'],
    ['with x as (insert into customer (email) values (1) returning 1 as a) select * from x', 'report.refused'],
    ['select id from customer for update', 'report.refused'],
    ['select pg_sleep(1) as a', 'report.refused'],
    ['select id from tenant_other.customer', 'report.refused'],
    ['select nobody_has(1) as a', 'report.refused'],
    ['select 1', 'report.columns'],
    ['select 1 as a, 2 as a', 'report.columns'],
    ['select id as tenant from customer', 'report.columns'],
    ['select row(1, 2) as a', 'report.columns'],
    ['select nothing from customer', 'report.probe'],
    ['-- :number integer = x1\nselect :number as a', 'report.params'],
  ])('%s', async (sql, code) => {
    expect((await refusalOf(start(sql))).code).toBe(code)
  })

  test('what the first tenant refuses is told with its place, as it was written', async () => {
    const refused = async (sql: string) => (await refusalOf(start(sql))).details
    expect(await refused("-- ünï\nselect 'ü' as a,\n  nothing from customer")).toMatchObject({
      line: 3,
      column: 3,
      problem: expect.stringContaining('line 3, column 3: column "nothing" does not exist'),
    })
    expect(await refused('-- :some text = x\nselect :some as a,\n\n  nothing from customer')).toMatchObject({ line: 4, column: 3 })
    expect(await refused("-- :some text = ünï'x\n-- :none text = y\nselect :some as a, :none as b, c.nothing as c\n  from customer c")).toMatchObject({
      line: 3,
      column: 32,
      problem: expect.stringContaining('line 3, column 32: column c.nothing does not exist'),
    })
  })

  test('all that is wrong with the columns is told at once, and who was asked for them', async () => {
    const { details } = await refusalOf(start('select 1, 2, count(*), count(*) from customer'))
    expect(details).toMatchObject({ position: 1, slug: slugs[0] })
    expect(details.problem).toBe('has no name. Column 2 has no name. Column 4 is called “count” like column 3.')
    const many = await refusalOf(start(`select ${Array.from({ length: 12 }, (_, index) => index).join(', ')} from customer`))
    expect(many.details.problem).toMatch(/Column 10 has no name\. And there is more like it, with 2 of the others\.$/)
  })

  test.each([
    [{}, 'day', 'has no value'],
    [{ day: '2026-02-30' }, 'day', '2026-02-30'],
    [{ day: '2026-02-01', other: '1' }, 'other', 'is not one'],
  ])('parameters %j', async (params, name, words) => {
    const { code, details } = await refusalOf(start('-- :day date\nselect :day as day', { params }))
    expect(code).toBe('report.params')
    expect(details).toMatchObject({ name })
    expect(JSON.stringify(details)).toContain(words)
  })
})

test('a second SELECT combines what came back, and sees nothing else', async () => {
  const { run } = await answer('select email from customer')
  const combine = (sql: string) => fleet.tenancy.reports.combine(ada, { run, sql })
  expect(
    await combine(
      'with n as (select tenant, count(*) as n from results group by 1) select database, sum(n) as rows, max(version) as version from n join tenants using (tenant) group by 1',
    ),
  ).toEqual({
    columns: [
      { name: 'database', type: 'text' },
      { name: 'rows', type: 'numeric' },
      { name: 'version', type: 'text' },
    ],
    rows: [['db1', '6', '0002']],
    isCut: false,
  })
  expect((await combine('select slug from tenants join results using (tenant) group by 1 order by 1')).rows).toEqual(slugs.map((slug) => [slug]))
  for (const sql of [
    'select * from tenantry.person',
    'select * from collected',
    'select * from pg_class',
    'select my_own(1)',
    'delete from results',
    'select * from tenantry_report_1.results',
  ])
    expect((await refusalOf(combine(sql))).code, sql).toBe('report.refused')
  expect(await refusalOf(combine('select nothing from results'))).toMatchObject({ code: 'report.combine', details: { code: '42703' } })
  // Whatever its text was taken for: it reads alone, and its role has no right to anything else, nor to these rows once it has answered.
  expect((await combine("select current_setting('transaction_read_only') as read_only, current_user::text like 'tenantry_report_%' as caged")).rows).toEqual([
    ['on', 't'],
  ])
  const role = await fleet.control<Array<{ name: string }>>`select 'tenantry_report_' || (value #>> '{}') as name from setting where key = 'installation'`
  for (const table of [`tenantry_report_${run}.results`, `tenantry_report_${run}.collected`, 'tenantry.database', 'pg_authid'])
    await expect(fleet.control.begin((sql) => sql.unsafe(`set local role ${role[0]?.name}; select * from ${table}`))).rejects.toMatchObject({ code: '42501' })
  const { run: line } = commandLine(fleet.controlUrl)
  writeFileSync(join(fleet.folder, 'sum.sql'), 'select count(*) as rows, count(distinct tenant) as tenants from results')
  expect((await line(['report', '-', '--combine', join(fleet.folder, 'sum.sql'), '--format', 'csv'], 'select email from customer')).stdout).toBe(
    'rows,tenants\n6,3\n',
  )
})

test('the same from the terminal, as CSV that is no formula, and as one document', async () => {
  const { run } = commandLine(fleet.controlUrl)
  const text = `-- :prefix text = '='\nselect :prefix || '1+1' as formula, count(*) as customers from customer`
  const csv = await run(['report', '-', '--format', 'csv', '--param', 'prefix=='], text)
  expect(csv.stdout).toBe(`tenant,formula,customers\n${slugs.map((slug, index) => `${slug},'=1+1,${index + 1}\n`).join('')}`)
  expect(csv.code).toBe(0)
  expect(csv.stderr).toContain('3 of 3 tenants answered with 3 rows')
  const json = JSON.parse((await run(['--json', 'report', '-', '--tenants', slugs.slice(0, 2).join(',')], 'select count(*) as customers from customer')).stdout)
  expect(json).toMatchObject({
    run: { state: 'succeeded', answered: 2 },
    rows: [
      { tenant: slugs[0], customers: '1' },
      { tenant: slugs[1], customers: '2' },
    ],
  })
})
