/** Volatile functions that a text calls without writing their names as calls. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startReportInput } from '../../../lib/tenancy/contract/index.ts'
import { ada, makeFleet, ownSlugs, refusalOf, schemaOf, type Fleet } from '../../support/fleet.ts'
import { useDatabases } from '../../support/template.ts'

const databases = useDatabases()
const { mark, newSlug } = ownSlugs('rh')
let fleet: Fleet
const slug = newSlug('a')

const makeOwn = (schema: string): string => `
  set local search_path = ${schema};
  create function slips(customer) returns text language plpgsql volatile as $$ begin return pg_catalog.pg_sleep(0)::text; end $$;
  create function area(customer) returns float language plpgsql volatile as $$ begin return 1; end $$;
  create function lowered(text, text) returns text language plpgsql volatile as $$ begin return 'done'; end $$;
  create operator <+> (leftarg = text, rightarg = text, function = lowered);
  create function plain() returns int language plpgsql volatile as $$ begin return 1; end $$;
  create view calls as select plain() as done;
  create view calls_view as select done from calls;
  create function grow(int, int) returns int language plpgsql volatile as $$ begin return $1 + $2; end $$;
  create aggregate grown(int) (sfunc = grow, stype = int, initcond = '0');
  create domain good as text check (lowered(value, value) = 'done');
  create function twice(int) returns int language sql stable as 'select $1 * 2';
  create operator <*> (rightarg = int, function = twice);
  create view doubled as select twice(id::int) as n from customer;
  create function leaves() returns text language sql stable as $$ select pg_catalog.set_config('role', 'none', true) $$;
  create function leaves_by_number() returns text language sql stable as $$ select U&"set\\005fconfig"('role', 'none', true) $$;
  create function leaves_later() returns text language plpgsql stable as $$ begin return leaves(); end $$;
  create function "leaves, at last"() returns text language plpgsql stable as $$ begin return leaves_later(); end $$;
  create view left_behind as select leaves_later() as gone;
  create function resets() returns int language plpgsql volatile as $$ begin reset role; return 1; end $$;
  create function resets_inside() returns int language plpgsql stable as $$ begin return resets(); end $$;
  create function brings() returns int language sql stable set role = none as 'select 1';
  create function defines() returns bigint language sql stable security definer as 'select count(*) from pg_catalog.pg_authid';
  create function touched() returns trigger language plpgsql as $$ begin return new; end $$;
  create trigger touches before insert on customer for each row execute function touched()`

beforeAll(async () => {
  fleet = await makeFleet(databases)
  await fleet.work()
  await fleet.ended(await fleet.onboard([slug]))
  await fleet.sql.begin((trx) => trx.unsafe(makeOwn(schemaOf(slug))))
  await fleet.sql.unsafe(`insert into ${schemaOf(slug)}.customer (email) values ('a')`)
})
afterAll(async () => {
  await fleet.dropRoles(mark)
  await fleet.close()
})

const start = (sql: string) => fleet.tenancy.reports.start(ada, startReportInput.parse({ set: 'app', sql }))

test.each([
  ['an attribute', 'select c.slips as a from customer c', 'slips'],
  ['the name of a listed one', 'select area(c) as a from customer c', 'area'],
  ['an operator', "select 'a'::text <+> 'b'::text as a", 'lowered'],
  ['a view', 'select done from calls', 'plain'],
  ['a view of a view', 'with x as (select * from calls_view) select done from x', 'plain'],
  ['an aggregate', 'select grown(id::int) as a from customer', 'grow'],
  ['a domain', "select 'x'::text::good as a", 'lowered'],
])('is seen behind %s', async (_, sql, name) => {
  const { code, details } = await refusalOf(start(sql))
  expect(code).toBe('report.refused')
  expect(details.problem).toContain(`${name}()`)
  expect(details.problem).toContain('volatile')
})

test.each([
  ['calls set_config()', 'select leaves() as a', 'leaves()', 'Line 1, column 8'],
  ['writes its name by numbers', 'select leaves_by_number() as a', 'leaves_by_number()', 'Line 1, column 8'],
  ['calls one that does', 'select 1 as one, leaves_later() as a', 'leaves(), by way of leaves_later()', ''],
  ['calls one that calls one that does', 'select "leaves, at last"() as a', 'by way of leaves, at last()', ''],
  ['stands in a view', 'select gone from left_behind', 'by way of', ''],
  ['calls a volatile one that leaves it', 'select resets_inside() as a', 'resets(), by way of resets_inside()', ''],
  ['brings a role along', 'select brings() as a', 'brings()', ''],
  ['has its owner’s rights', 'select defines() as a', 'defines(), which has its owner’s rights', ''],
])('a stable function that would not stay the tenant’s role is refused: it %s', async (_, sql, told, place) => {
  const { code, details } = await refusalOf(start(sql))
  expect(code).toBe('report.refused')
  expect(details.problem).toContain(told)
  expect(details.problem).toContain(place)
})

test.each(['select twice(id::int) as n from customer', 'select <*> id::int as n from customer -- one', 'select n from doubled', "select upper('a') as a"])(
  'what only computes may be called: %s',
  async (sql) => {
    const { run } = await start(sql)
    expect((await fleet.ended(run)).state).toBe('succeeded')
  },
)

test('a table that all share answers where the tenants’ roles may read it', async () => {
  const role = fleet.sql(schemaOf(slug))
  await fleet.sql`create table public.${fleet.sql(mark)} as select 7 as rate`
  const shared = `select c.id, r.rate from customer c cross join public.${mark} r`
  expect(await refusalOf(start(shared))).toMatchObject({ code: 'report.probe', details: { code: '42501' } })
  await fleet.sql`grant select on public.${fleet.sql(mark)} to ${role}`
  const { run } = await start(shared)
  expect((await fleet.ended(run)).state).toBe('succeeded')
  const { rows } = await fleet.tenancy.reports.rows(ada, { run, descending: false, offset: 0, limit: 10 })
  expect(rows.map((row) => row.at(-1))).toEqual(['7'])
  // Alone it is the tenant's own, of which there is none.
  expect(await refusalOf(start(`select rate from ${mark}`))).toMatchObject({ code: 'report.probe', details: { code: '42P01' } })
  expect(await refusalOf(start('select * from public.pg_stat_statements'))).toMatchObject({ code: 'report.refused' })
})

test('nothing is left of the look', async () => {
  expect(await fleet.sql`select from pg_class where relname = 'tenantry_asked'`).toEqual([])
})
