/** What of a text may be answered with NULL, and the text that a tenant is asked then. */
import { describe, expect, test } from 'vitest'
import { checkReport } from '../../../lib/tenancy/reports/check/check-report.ts'
import { planFill } from '../../../lib/tenancy/reports/missing/fill-plan.ts'
import { fillText } from '../../../lib/tenancy/reports/missing/filled-text.ts'
import type { OwnStructure } from '../../../lib/tenancy/reports/missing/own-structure.ts'
import type { HeadStructure } from '../../../lib/tenancy/reports/structure.ts'

const table = (name: string, columns: Readonly<Record<string, string>>) => ({
  name,
  kind: 'table' as const,
  columns: Object.entries(columns).map(([column, type]) => ({ name: column, type })),
})
const head: HeadStructure = {
  version: '0003',
  tables: [
    table('employee', { id: 'integer', name: 'text', bonus: 'numeric(10,2)', mood: 'mood', moods: 'mood[]', price: 'cents' }),
    table('team', { id: 'integer', boss: 'integer' }),
    table('Odd "Table', { 'a"; drop': 'text' }),
    table('nothing', {}),
  ],
  domains: new Map([['cents', 'bigint']]),
}

/** Tables with those of their columns that the text may ask for, each alone. */
const planned = async (sql: string): Promise<readonly string[]> =>
  (await planFill(head, sql)).map(
    ({ name, isOnly, columns }) =>
      `${isOnly ? 'only ' : ''}${name}: ${columns
        .filter(({ isAsked }) => isAsked)
        .map((column) => column.name)
        .join(' ')}`,
  )

const all = 'id name bonus mood moods price'

describe('a text asks for', () => {
  test.each<[string, readonly string[]]>([
    ['select bonus from employee', ['employee: bonus']],
    ['select e.bonus, upper(e.name) as n from employee as e order by e.mood', ['employee: name bonus mood']],
    ['select x.bonus from employee x, team where team.id = x.id', ['employee: id bonus', 'team: id']],
    ['select * from employee', [`employee: ${all}`]],
    ['table employee', [`employee: ${all}`]],
    ['select e.* from employee e join team t on t.id = e.id', [`employee: ${all}`, 'team: id']],
    ['select e from employee e', [`employee: ${all}`]],
    ['select employee from employee', [`employee: ${all}`]],
    ['select to_jsonb(e) as j, boss from employee e, team', [`employee: ${all}`, 'team: boss']],
    ['select a from employee e (a, b)', [`employee: ${all}`]],
    ['select count(*) as n from employee natural join team', [`employee: ${all}`, 'team: id boss']],
    ['select count(*) as n from employee join team using (id)', ['employee: id', 'team: id']],
    ['select j.* from (employee join team using (id)) as j', [`employee: ${all}`, 'team: id boss']],
    ['select count(*) as n from employee', ['employee: ']],
    ['select (e).bonus from employee e', [`employee: ${all}`]],
    ['select * from (select id, bonus from employee) q', ['employee: id bonus']],
    ['select id from employee where exists (select * from team)', ['employee: id', 'team: id boss']],
    ['select id, (select max(boss) from team) as m from employee', ['employee: id', 'team: id boss']],
    ['select id from employee union all (select boss from team order by 1)', ['employee: id', 'team: id boss']],
    ['select id from only employee', ['only employee: id']],
    ['select a.id from only employee a, only employee b where a.bonus = b.bonus', ['only employee: id bonus']],
    ['select a.id from only employee a, employee b', []],
    ['select id from employee tablesample bernoulli (5)', []],
    ['select id from employee a, employee b tablesample system (5)', []],
    ['select id from tenant_other.employee', []],
    ['select id from pg_class, unknown', []],
    ['select employee.bonus from team as employee', ['team: ']],
    ['select "a""; drop" from "Odd ""Table"', ['Odd "Table: a"; drop']],
    ['select id from Employee, TEAM', ['employee: id', 'team: id']],
    ['select id from "Employee"', []],
    // Names of CTEs shadow those of tables, and only where they are known.
    ['with employee as (select 1 as id) select id from employee', []],
    ['with employee as (select id, bonus from employee) select * from employee', ['employee: id bonus']],
    ['with recursive employee as (select 1 as id union select id + 1 from employee) select id from employee', []],
    ['with a as (select id from team), team as (select id from a) select id from team', ['team: id']],
    ['with recursive a as (select id from team), team as (select 1 as id) select id from a', []],
    ['select id from (with team as (select 1 as id) select id from team) q join employee using (id)', ['employee: id']],
    ['select id from (with team as (select 1 as id) select id from team) q, team', ['team: id']],
    ['values (1)', []],
  ])('%s', async (sql, expected) => expect((await planned(sql)).toSorted()).toEqual(expected.toSorted()))
})

const own = (tables: Readonly<Record<string, readonly string[]>>, types: Readonly<Record<string, string>> = {}): OwnStructure => ({
  tables: new Map(Object.entries(tables)),
  types: new Map(
    Object.entries({ 'numeric(10,2)': 'pg_catalog."numeric"', integer: 'pg_catalog."int4"', bigint: 'pg_catalog."int8"', text: 'pg_catalog."text"', ...types }),
  ),
})
const filled = async (sql: string, has: OwnStructure) => fillText(sql, await planFill(head, sql), has)

describe('a tenant', () => {
  test('that lacks a column is asked over its table with NULL there, in the order that columns have at head', async () => {
    expect(await filled('select * from employee e', own({ employee: ['name', 'id', 'more'] }, { mood: '"mood"' }))).toEqual({
      statement: `WITH "employee" AS NOT MATERIALIZED (SELECT own."id", own."name", own."bonus", own."mood", own."moods", own."price", own."more" FROM (SELECT own.*, NULL::pg_catalog."numeric" AS "bonus", NULL::"mood" AS "mood", NULL::pg_catalog."text" AS "moods", NULL::pg_catalog."int8" AS "price" FROM "employee" AS own) AS own)
SELECT * FROM (select * from employee e
) AS tenantry_filled`,
      lead: expect.stringMatching(/^WITH [^]+ FROM \($/),
      lacks: [{ table: 'employee', columns: ['bonus', 'mood', 'moods', 'price'] }],
    })
  })

  test('that lacks a table is asked over none of its rows', async () => {
    const { statement, lacks } = (await filled('select boss from team -- end', own({}))) ?? {}
    expect(statement).toBe(
      'WITH "team" AS NOT MATERIALIZED (SELECT NULL::pg_catalog."int4" AS "id", NULL::pg_catalog."int4" AS "boss" WHERE false)\nSELECT * FROM (select boss from team -- end\n) AS tenantry_filled',
    )
    expect(lacks).toEqual([{ table: 'team', columns: null }])
    expect((await filled('select count(*) as n from nothing', own({})))?.statement).toContain('(SELECT WHERE false)')
  })

  test('is told what the text asks for, and nothing else is put in', async () => {
    const { statement, lacks } = (await filled('select e.bonus, t.id from only employee e, team t', own({ employee: ['id', 'name'], team: ['id'] }))) ?? {}
    expect(lacks).toEqual([{ table: 'employee', columns: ['bonus'] }])
    expect(statement).toContain('FROM ONLY "employee" AS own')
    expect(statement).not.toMatch(/"team" AS|"mood"/)
  })

  test.each([
    ['has all of it', 'select bonus from employee', { employee: ['id', 'bonus'] }],
    ['lacks what is not asked for', 'select id from employee', { employee: ['id'] }],
    ['lacks what nobody has at head', 'select other from employee', { employee: ['id'] }],
  ])('that %s is asked nothing else', async (_, sql, tables) => expect(await filled(sql, own(tables))).toBeNull())
})

test.each([
  'select * from employee, team, "Odd ""Table", nothing',
  "select 'it''s )' as a, bonus /* ) */ from employee -- )",
  'with recursive up as (select id, bonus from employee union select id + 1, bonus from up) select * from up',
  '(select bonus from employee limit 1) union all select boss from team order by 1',
])('the text that is asked then is a report as well: %s', async (sql) => {
  const odd = ['x" from secret) own) select pg_sleep(9) --', '"', "'", '$$', '); drop table employee; --', '/*', '\\']
  const hostile: Readonly<Record<string, readonly string[]>> = { employee: odd, team: odd, 'Odd "Table': odd, nothing: odd }
  for (const tables of [{}, hostile]) {
    const { statement } = (await filled(sql, own(tables, { mood: '"mo""od"' }))) ?? {}
    expect(await checkReport(statement ?? '')).toMatchObject({ problems: [], called: [], select: statement })
  }
})
