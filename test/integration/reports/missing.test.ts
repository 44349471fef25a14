/** NULL where a tenant lacks a column or table: a fleet at three versions, compared with tables that have all columns and NULL in them. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import postgres from 'postgres'
import { startReportInput, type ReportRun } from '../../../lib/tenancy/contract/index.ts'
import { ada, makeFleet, ownSlugs, refusalOf, schemaOf, type Fleet } from '../../support/fleet.ts'
import { useDatabases } from '../../support/template.ts'
import { closeCage, declareCursor, fetchRows, openCage, settleSession, type Cage } from '../../../lib/tenancy/reports/cage.ts'
import { collectedColumn } from '../../../lib/tenancy/reports/column-types.ts'
import { planFill } from '../../../lib/tenancy/reports/missing/fill-plan.ts'
import { readMixed, type MixedQuestion } from '../../../lib/tenancy/reports/missing/read-mixed.ts'
import { connectFleet, type FleetConnection } from '../../../lib/tenancy/session/fleet-connection.ts'
import type { FillTable } from '../../../lib/tenancy/control/report-tables.ts'

const databases = useDatabases()
const { mark, newSlug } = ownSlugs('rm')
const [first, second, third] = [newSlug('a'), newSlug('b'), newSlug('c')]
const slugs = [first, second, third]
const oracleOf = (slug: string): string => `full_${schemaOf(slug)}`
let fleet: Fleet
/** Spelled as reports are. */
let plain: postgres.Sql
/** As a conductor has it, for tenants that are asked without a run. */
let connection: FleetConnection
const roles = new Map<string, string>()
const cageOf = (slug: string): Cage => ({ schema: schemaOf(slug), role: roles.get(slug) ?? '', extensionSchemas: [], applicationName: 'tenantry report' })

const files = {
  '0001_init.sql': `create table team (id integer primary key, name text not null);
create table employee (id integer primary key, team_id integer references team, name text not null, hired date not null);
create table "Odd ""Table" (id integer primary key, "Some Column" text);`,
  '0002_pay.sql': `create type mood as enum ('sad', 'glad');
create domain cents as bigint check (value >= 0);
alter table employee add column bonus numeric(10,2), add column mood mood, add column moods mood[], add column price cents, add column "order" varchar(9), add column since timestamptz(3);
alter table "Odd ""Table" add column "select; drop" text;
alter table team add column boss integer`,
  '0003_invoices.sql': `create table invoice (id bigint generated always as identity primary key, employee_id integer, amount numeric not null, mood mood);
create view pay as select id, bonus * 2 as twice, mood from employee;
alter table employee add column badge text`,
}
const versions = { [first]: '0001', [second]: '0002', [third]: '0003' }

beforeAll(async () => {
  fleet = await makeFleet(databases, { files })
  await fleet.work()
  for (const slug of slugs) await fleet.ended(await fleet.onboard([slug], { to: versions[slug] }))
  await fleet.tenancy.observation.now({ structure: true })
  plain = postgres(fleet.urls[0] ?? '', {
    max: 1,
    onnotice: () => undefined,
    connection: { TimeZone: 'UTC', DateStyle: 'ISO, YMD', IntervalStyle: 'postgres' },
  })
  connection = await connectFleet(fleet.urls[0] ?? '', { applicationName: 'tenantry:missing' })
  await connection.query(settleSession)
  const placed = await fleet.control<
    Array<{ slug: string; role: string }>
  >`select t.slug, p.role_name as role from placement p join tenant t on t.id = p.tenant_id`
  for (const { slug, role } of placed) roles.set(slug, role)
  const head = schemaOf(third)
  for (const [index, slug] of slugs.entries()) {
    const schema = schemaOf(slug)
    await fleet.sql.unsafe(`set search_path = ${schema};
      insert into team (id, name) values (1, 'north'), (2, 'south');
      insert into employee (id, team_id, name, hired) select n, 1 + n % 2, 'e' || n, date '2026-01-01' + n from generate_series(1, ${3 + index}) n;
      insert into "Odd ""Table" values (1, 'odd')`)
    if (index > 0)
      await fleet.sql.unsafe(
        `update ${schema}.employee set bonus = id * 10.5, mood = 'glad', moods = '{sad,glad}', price = id, "order" = 'o', since = '2026-01-01 00:00Z'; update ${schema}.team set boss = 1`,
      )
    if (index > 1)
      await fleet.sql.unsafe(
        `insert into ${schema}.invoice (employee_id, amount, mood) values (1, 12345678901234567.89, 'sad'), (2, 5, null); update ${schema}.employee set badge = 'b'`,
      )
    const full = oracleOf(slug)
    await fleet.sql.unsafe(`create schema ${full}`)
    for (const table of ['team', 'employee', 'Odd "Table', 'invoice']) {
      const columns = await fleet.columnsOf(schema, table)
      const name = `"${table.replaceAll('"', '""')}"`
      await fleet.sql.unsafe(`create table ${full}.${name} (like ${head}.${name} including indexes)`)
      const list = columns.map((column) => `"${column}"`).join(', ')
      const casted = columns
        .map((column) => (/^moods?$/.test(column) ? `"${column}"::text::${head}.mood${column === 'moods' ? '[]' : ''}` : `"${column}"`))
        .join(', ')
      if (columns.length > 0) await fleet.sql.unsafe(`insert into ${full}.${name} (${list}) select ${casted} from ${schema}.${name}`)
    }
    await fleet.sql.unsafe(`create view ${full}.pay as select id, bonus * 2 as twice, mood from ${full}.employee${index > 1 ? '' : ' where false'}`)
  }
})
afterAll(async () => {
  await connection.close()
  await plain.end()
  await fleet.dropRoles(mark)
  await fleet.close()
})

type Answer = { readonly report: ReportRun; readonly rows: readonly string[] }

const answer = async (sql: string, more: object = {}): Promise<Answer> => {
  const { run } = await fleet.tenancy.reports.start(ada, startReportInput.parse({ set: 'app', sql, missing: 'null', ...more }))
  await fleet.ended(run)
  const rows: string[] = []
  for await (const piece of fleet.tenancy.reports.stream(ada, run)) rows.push(...piece.map((row) => JSON.stringify(row)))
  return { report: await fleet.tenancy.reports.get(ada, run), rows }
}

const expectedOf = async (sql: string): Promise<readonly string[]> => {
  const rows: string[] = []
  for (const slug of slugs)
    await plain.begin(async (transaction) => {
      await transaction.unsafe(`set local search_path = ${oracleOf(slug)}, ${schemaOf(third)}`)
      const found = await transaction.unsafe(sql).simple().raw()
      rows.push(...found.map((row) => JSON.stringify([slug, ...row.map((value: Buffer | null) => value?.toString() ?? null)])))
    })
  return rows
}

const lacksOf = ({ filled }: ReportRun) => filled.map(({ lacks, slugs: of }) => [lacks, of])

describe('is as if it were there and NULL:', () => {
  const judge = (sql: string, rows: readonly string[], expected: readonly string[]): void => {
    if (/ order by [^()]*$/.test(sql)) expect(rows).toEqual(expected)
    else expect(rows.toSorted()).toEqual(expected.toSorted())
  }

  test.each([
    'select e.bonus from employee e',
    'select * from employee',
    'select e, (e).badge, row(e.*)::text as r from employee e',
    'select t.name, x.bonus from team t left join lateral (select bonus from employee e where e.team_id = t.id and bonus > 20 order by id limit 1) x on true',
    'with recursive up as (select id, bonus from employee where id = 1 union all select e.id, e.bonus from employee e join up on e.id = up.id + 1) select * from up',
    'select id, bonus from employee union all select id, boss from team',
    "select id, mood, mood = 'glad' as is_glad, moods, 'sad' = any(moods) as any_sad from employee",
    'select price, price + 1 as more, "order", length("order") as long, since, since at time zone \'UTC\' as utc from employee',
    'select o."select; drop" as "x""y" from "Odd ""Table" o',
    'select count(*) as n, count(bonus) as b, sum(bonus) as s, max(mood) as m from employee',
    'select id from employee order by bonus desc nulls last, id fetch first 2 rows with ties',
    'select count(*) as n, sum(amount) as total from invoice',
    'select i.*, e.badge from invoice i join employee e on e.id = i.employee_id',
    'select id, twice, mood from pay',
    "select 'it''s; ) as -- no' as text, bonus /* ) */ from employee -- the end )",
    'values (1, (select sum(bonus) from employee))',
  ])('%s', async (sql) => {
    const { report, rows } = await answer(sql)
    expect(report.silent).toEqual([])
    expect(report.filled.flatMap(({ slugs: of }) => of)).toContain(first)
    judge(sql, rows, await expectedOf(sql))
  })

  // The way of a run is the same for all of them: each tenant is asked as its conductor would.
  test.each([
    'select id, bonus from employee',
    'select employee.bonus from employee',
    'select "e e".bonus as x from employee as "e e"',
    'select a, d, e, k from employee as e (a, b, c, d, e, f, g, h, i, j, k)',
    'select id, bonus from only employee',
    'select id, bonus from employee *',
    'table employee',
    'select e.*, t.boss from employee e join team t on t.id = e.team_id',
    'select to_jsonb(e) as j, badge from employee e',
    'select one.bonus, other.bonus as more from employee one join employee other on other.id = one.id + 1',
    'select t.name, (select max(bonus) from employee e where e.team_id = t.id) as most from team t',
    'select t.name, x.bonus from team t cross join lateral (select * from employee e where e.team_id = t.id order by id limit 1) x',
    'select j.*, j.bonus is null as lacks from (employee e join (select id as team_id from team) t using (team_id)) as j',
    'select name from team t where exists (select from employee e where e.team_id = t.id and bonus is null)',
    'select id from employee where (id, bonus) in (select id, bonus from employee)',
    'with employee as (select id, bonus from employee where id < 3) select * from employee',
    'with e as (select * from employee), t as materialized (select * from team) select e.bonus, t.boss from e join t on t.id = e.team_id',
    'with recursive team as (select 1 as id, 1::numeric as bonus union all select id + 1, bonus from team where id < 3) select team.id, e.bonus from team join employee e using (id)',
    'select q.*, badge from (with employee as (select id, bonus, 1 as one from employee) select * from employee) q join employee using (id)',
    'select * from employee where id = 1 union all select * from employee where id = 2',
    '(select bonus from employee order by id limit 2) except select 3 order by 1',
    'select id, bonus from employee natural join (select id, mood from employee) m',
    'select id, a.name from employee a join employee b using (id, bonus)',
    'select "Some Column", "select; drop" from "Odd ""Table"',
    'select mood, count(*) as n, grouping(mood) as g from employee group by rollup (mood)',
    'select id, sum(bonus) over (order by id) as running, lag(bonus) over w as before from employee window w as (order by id)',
    'select distinct on (team_id) team_id, bonus from employee order by team_id, id desc',
    'select coalesce(bonus, -1) as b, bonus is distinct from 10.5 as d, case when bonus > 1 then 1 end as c from employee',
    'select e.name, i.amount, i.mood from employee e left join invoice i on i.employee_id = e.id',
    'select name from employee e where not exists (select from invoice i where i.employee_id = e.id)',
    'select id, $$) select 1$$ as odd, bonus from employee',
  ])('%s', async (sql) => {
    const rows: string[] = []
    const fill = await planFill({ ...(await fleet.tenancy.reports.structure('app')), domains: new Map([['cents', 'bigint']]) }, sql)
    const [, , head] = await connection.flight([openCage(cageOf(third)), declareCursor(sql), fetchRows(0), closeCage], 30_000)
    const columns = head?.ok ? (head.raw?.columns ?? []).map(collectedColumn) : []
    for (const slug of slugs) {
      const found = await readMixed(connection, cageOf(slug), 150_000, { statement: sql, columns, rowCap: 1_000, fill }, async (some) => {
        rows.push(...some.map((row) => JSON.stringify([slug, ...row.map((value) => value?.toString() ?? null)])))
      })
      expect(found.kind).toBe('answered')
      if (slug === first) expect(found.filled).not.toBeUndefined()
    }
    judge(sql, rows, await expectedOf(sql))
  })
})

test('the same from a union written by hand', async () => {
  const { rows } = await answer('select e.name, e.bonus, i.amount from employee e left join invoice i on i.employee_id = e.id')
  const [one, two, three] = slugs.map(schemaOf)
  const union = await plain
    .unsafe(
      `select '${first}', name, null::numeric, null::numeric from ${one}.employee
       union all select '${second}', name, bonus, null from ${two}.employee
       union all select '${third}', e.name, e.bonus, i.amount from ${three}.employee e left join ${three}.invoice i on i.employee_id = e.id`,
    )
    .simple()
    .raw()
  expect(rows.toSorted()).toEqual(union.map((row) => JSON.stringify(row.map((value: Buffer | null) => value?.toString() ?? null))).toSorted())
})

test('tenants are told with what NULL stood for; those that have all of it are not', async () => {
  const { report } = await answer('select e.bonus, i.amount from employee e left join invoice i on i.employee_id = e.id')
  expect(report).toMatchObject({ state: 'succeeded', tenants: 3, answered: 3, missing: 'null' })
  const noInvoice = { table: 'invoice', columns: null }
  expect(lacksOf(report)).toEqual([
    [[noInvoice], [second]],
    [[{ table: 'employee', columns: ['bonus'] }, noInvoice], [first]],
  ])
})

test('without the choice they are named, as ever', async () => {
  const { report } = await answer('select bonus from employee', { missing: 'name' })
  expect(report).toMatchObject({ state: 'failed', answered: 2, missing: 'name', filled: [], silent: [{ code: '42703', slugs: [first] }] })
  expect(report.silent[0]?.example?.hint).toBe(
    'Let NULL stand for it: Answer NULL beside the text, Ask again, with NULL on the report’s page, or --missing null for a text or a rerun.',
  )
})

test('they are asked again with NULL for what they lack, and the result holds all', async () => {
  const { report } = await answer('select name, bonus from employee', { missing: 'name' })
  expect(report).toMatchObject({ answered: 2, silent: [{ slugs: [first] }] })
  const again = await fleet.tenancy.runs.rerun(ada, { run: report.run, note: '', missing: 'null' })
  await fleet.ended(again.run)
  const whole = await fleet.tenancy.reports.get(ada, again.run)
  expect(whole).toMatchObject({ state: 'succeeded', tenants: 3, answered: 3, missing: 'null', silent: [], parentRun: report.run })
  expect(lacksOf(whole)).toEqual([[[{ table: 'employee', columns: ['bonus'] }], [first]]])
  // What was asked before stays as it was asked.
  expect(await fleet.tenancy.reports.get(ada, report.run)).toMatchObject({ missing: 'name', answered: 2 })
  const [other] = await fleet.control<Array<{ id: number }>>`select id from run where kind = 'onboard' limit 1`
  expect(await refusalOf(fleet.tenancy.runs.rerun(ada, { run: other?.id ?? 0, note: '', missing: 'null' }))).toMatchObject({ code: 'input.invalid' })
})

describe('what nothing can stand for is named with the reason:', () => {
  test.each([
    [
      'a key that the others of its table depend on',
      'select id, name, bonus, count(*) as n from employee group by id',
      '42703',
      /With NULL in place of column employee.bonus it says: column "employee.name" must appear in the GROUP BY clause/,
    ],
    ['a column of the system’s', 'select ctid::text as place, bonus from employee', '42703', /it says: column "ctid" does not exist/],
    ['a sample of a table', 'select bonus from employee tablesample bernoulli (100)', '42703', /newest structure that is known of the set does not have it/],
    ['a table with and without those that inherit from it', 'select a.bonus from only employee a join employee b using (id)', '42703', /newest structure/],
  ])('%s', async (_, sql, code, hint) => {
    const { report } = await answer(sql)
    expect(report).toMatchObject({ answered: 2, filled: [], silent: [{ code, slugs: [first] }] })
    expect(report.silent[0]?.example?.hint).toMatch(hint)
    expect(report.silent[0]?.message).toMatch(/column "?(a\.)?bonus"? does not exist/)
  })

  test('what the set’s newest structure does not have', async () => {
    await fleet.sql.unsafe(`alter table ${schemaOf(third)}.employee add column unheard_of integer`)
    const { report } = await answer('select unheard_of from employee')
    await fleet.sql.unsafe(`alter table ${schemaOf(third)}.employee drop column unheard_of`)
    expect(report).toMatchObject({ answered: 1, filled: [], silent: [{ code: '42703', slugs: [first, second] }] })
    expect(report.silent[0]?.example?.hint).toContain('does not have it either')
  })

  test('a column of another type', async () => {
    await fleet.sql.unsafe(`alter table ${schemaOf(first)}.employee alter column hired type text`)
    const { report } = await answer('select hired, bonus from employee')
    await fleet.sql.unsafe(`alter table ${schemaOf(first)}.employee alter column hired type date using hired::date`)
    expect(report).toMatchObject({ answered: 2, silent: [{ code: 'report_columns', slugs: [first] }] })
    expect(report.silent[0]?.message).toBe('Column 1 is “hired” text; the report has “hired” date there.')
  })

  test('text where the others have a type of their own', async () => {
    const table = `${schemaOf(second)}.employee`
    await fleet.sql.unsafe(`alter table ${table} alter column mood type text`)
    const { report } = await answer('select id, mood from employee')
    await fleet.sql.unsafe(`alter table ${table} alter column mood type ${schemaOf(second)}.mood using mood::${schemaOf(second)}.mood`)
    expect(report).toMatchObject({ answered: 2, silent: [{ code: 'report_columns', slugs: [second] }] })
    expect(lacksOf(report)).toEqual([[[{ table: 'employee', columns: ['mood'] }], [first]]])
  })
})

describe('where all that are asked are at an older version', () => {
  const selection = { kind: 'tenants', slugs: [first] }

  test('they answer with NULL all the same, in columns of the types at head', async () => {
    const { report, rows } = await answer('select id, bonus, price, mood, moods from employee where id = 1', { selection })
    expect(report.columns.map(({ type }) => type)).toEqual(['text', 'integer', 'numeric', 'bigint', 'text', 'text'])
    expect(rows).toEqual([JSON.stringify([first, '1', null, null, null, null])])
  })

  test('they are asked for nothing else where the text has a fault of its own, which is told with its place', async () => {
    const faulty = answer("select 'ü', bonus,\n  nothing as x from employee, invoice", { selection })
    expect(await refusalOf(faulty)).toMatchObject({
      code: 'report.probe',
      details: { line: 2, column: 3, problem: expect.stringContaining('line 2, column 3: column "nothing" does not exist') },
    })
    expect((await refusalOf(answer('select bonus from employee', { selection, missing: 'name' }))).code).toBe('report.probe')
  })
})

test('parameters, many rows and the bound on rows are as ever', async () => {
  const text = '-- :least numeric = 5\nselect e.bonus, n from employee e, generate_series(1, 1200) n where coalesce(bonus, 100) > :least order by e.id, n'
  const { report, rows } = await answer(text)
  expect([report.answered, rows.length]).toEqual([3, 12 * 1200])
  expect(rows.filter((row) => row.includes(first)).map((row) => JSON.parse(row))).toEqual(
    Array.from({ length: 3600 }, (_, index) => [first, null, String((index % 1200) + 1)]),
  )
  expect((await answer(text, { rowCap: 4000 })).report).toMatchObject({ answered: 1, silent: [{ code: 'report_too_many_rows', slugs: [second, third] }] })
})

test('a tenant whose schema is gone lacks no table: it is named, and asked again it answers in the same way, in one result with the others', async () => {
  const schema = schemaOf(second)
  await fleet.sql.unsafe(`alter schema ${schema} rename to ${schema}_away`)
  const { report } = await answer('select bonus, badge from employee where id = 1')
  await fleet.sql.unsafe(`alter schema ${schema}_away rename to ${schema}`)
  const older = [[{ table: 'employee', columns: ['bonus', 'badge'] }], [first]]
  expect(report).toMatchObject({ answered: 2, silent: [{ code: '42P01', slugs: [second] }] })
  expect(lacksOf(report)).toEqual([older])
  const { run } = await fleet.tenancy.runs.rerun(ada, { run: report.run, note: '' })
  await fleet.ended(run)
  const again = await fleet.tenancy.reports.get(ada, run)
  expect(again).toMatchObject({ answered: 3, silent: [], missing: 'null' })
  expect(lacksOf(again)).toEqual([[[{ table: 'employee', columns: ['badge'] }], [second]], older])
})

describe('one tenant, asked directly:', () => {
  const fill: readonly FillTable[] = [{ name: 'employee', isOnly: false, columns: [{ name: 'bonus', type: 'numeric', instead: 'text', isAsked: true }] }]
  const question: MixedQuestion = {
    statement: 'select bonus from employee where id = 1',
    columns: [{ name: 'bonus', type: 'numeric', oid: 1700 }],
    rowCap: 10,
    fill,
  }

  type More = { readonly tenantMs?: number; readonly before?: (text: string) => Promise<unknown> } & Partial<MixedQuestion>

  /** What is sent, and what happens before it. */
  const asking = async (slug: string, { tenantMs, before = async () => {}, ...other }: More = {}) => {
    const sent: string[] = []
    const rows: unknown[] = []
    const heard: FleetConnection = {
      pid: connection.pid,
      dead: false,
      touched: 0,
      query: connection.query,
      terminate: connection.terminate,
      close: connection.close,
      flight: async (messages, timeoutMs) => {
        const text = messages.map((message) => (typeof message === 'string' ? message : message.text)).join(';')
        sent.push(text)
        await before(text)
        return connection.flight(messages, timeoutMs)
      },
    }
    const found = await readMixed(
      heard,
      cageOf(slug),
      150_000,
      { ...question, ...other },
      async (some) => void rows.push(...some.map((row) => row.map(String))),
      {
        tenantMs,
      },
    )
    return { answer: found, rows, sent }
  }

  test('who has all of it is asked once, and for nothing else', async () => {
    const { answer: found, rows, sent } = await asking(third)
    expect([found, rows, sent.length]).toEqual([{ kind: 'answered', rows: 1 }, [['10.50']], 1])
  })

  test('who lacks something is asked for its structure, and once more', async () => {
    const { answer: found, rows, sent } = await asking(first)
    expect([found, rows, sent.length]).toEqual([{ kind: 'answered', rows: 1, filled: [{ table: 'employee', columns: ['bonus'] }] }, [['null']], 3])
  })

  test('a column that comes while it is asked is never answered with NULL', async () => {
    const {
      answer: found,
      rows,
      sent,
    } = await asking(first, {
      before: async (text) => {
        if (text.includes('NOT MATERIALIZED')) await fleet.sql.unsafe(`alter table ${schemaOf(first)}.employee add column bonus numeric default 7`)
      },
    })
    await fleet.sql.unsafe(`alter table ${schemaOf(first)}.employee drop column bonus`)
    expect([found, rows, sent.length]).toEqual([{ kind: 'answered', rows: 1 }, [['7']], 4])
  })

  test('and one that is gone before it is asked again is', async () => {
    const { answer: found, sent } = await asking(first, {
      before: async (text) => {
        if (text.includes('NOT MATERIALIZED')) await fleet.sql.unsafe(`alter table ${schemaOf(first)}.employee rename to gone`)
      },
    })
    await fleet.sql.unsafe(`alter table ${schemaOf(first)}.gone rename to employee`)
    expect([found.kind, sent.length]).toEqual(['refused', 3])
  })

  test.each([
    ['before its first rows are read', 1],
    ['between its first rows and the others', 2],
  ])('a table that comes %s is never answered as if it were empty', async (_, nth) => {
    const schema = schemaOf(first)
    await fleet.sql.unsafe(`set search_path = ${schema}; create table old_invoice as select 7 as amount; grant select on old_invoice to public`)
    let asked = 0
    const { answer: found, rows } = await asking(first, {
      statement:
        'select total, n from (select sum(amount) as total from (select amount from old_invoice union all select amount from invoice) x) y, generate_series(1, 1001) n',
      columns: [
        { name: 'total', type: 'bigint', oid: 20 },
        { name: 'n', type: 'integer', oid: 23 },
      ],
      rowCap: 5_000,
      fill: [{ name: 'invoice', isOnly: false, columns: [{ name: 'amount', type: 'integer', instead: 'text', isAsked: true }] }],
      before: async (text) => {
        if (text.includes('NOT MATERIALIZED') && (asked += 1) === nth)
          await fleet.sql.unsafe(
            `set search_path = ${schema}; create table invoice as table old_invoice; grant select on invoice to public; delete from old_invoice`,
          )
      },
    })
    await fleet.sql.unsafe(`drop table ${schema}.invoice, ${schema}.old_invoice`)
    expect(found).toEqual({ kind: 'answered', rows: 1_001 })
    expect(rows).toEqual(Array.from({ length: 1_001 }, (__, index) => ['7', String(index + 1)]))
  })

  test('who has handed on rows before it refuses is not asked again: none of them come twice', async () => {
    const all = (await fleet.columnsOf(schemaOf(second), 'employee')).map((column) => `"${column}"`).join(', ')
    const {
      answer: found,
      rows,
      sent,
    } = await asking(second, {
      statement: `select n, case when n > 1500 then e = r end as same from employee e, generate_series(1, 2000) n, (select ${all}, 'b' as badge from employee where id = 1) r where e.id = 1`,
      columns: [
        { name: 'n', type: 'integer', oid: 23 },
        { name: 'same', type: 'boolean', oid: 16 },
      ],
      rowCap: 5_000,
      fill: [{ name: 'employee', isOnly: false, columns: [{ name: 'badge', type: 'text', instead: 'text', isAsked: true }] }],
    })
    expect(found).toMatchObject({ kind: 'refused', error: { code: '42804' } })
    expect([rows.length, sent.filter((text) => text.includes('NOT MATERIALIZED'))]).toEqual([1_000, []])
  })

  test('its time is for all that it is asked', async () => {
    const { answer: found, sent } = await asking(first, { tenantMs: 0 })
    expect([found, sent.length]).toEqual([{ kind: 'too_slow' }, 1])
    const statement = `select bonus, current_setting('statement_timeout') as "left" from employee where id = 1`
    const more = { statement, columns: [...question.columns, { name: 'left', type: 'text', oid: 25 }], tenantMs: 29_000 }
    const bounded = await asking(first, more)
    expect(bounded.rows).toEqual([['null', expect.stringMatching(/^([12]?\d{1,4}ms|[12]?\ds)$/)]])
    expect(bounded.sent[1]).toMatch(/SET LOCAL statement_timeout = [12]?\d{1,4};/)
  })

  test('text stands for another type where the columns are those of a tenant that lacks them', async () => {
    const mood = { name: 'mood', type: 'text', oid: 0 }
    const statement = 'select name as mood from employee where id = 1'
    expect((await asking(third, { statement, columns: [mood] })).answer.kind).toBe('other_columns')
    expect((await asking(third, { statement, columns: [{ ...mood, isOpen: true }] })).rows).toEqual([['e1']])
  })
})
