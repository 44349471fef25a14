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
  create view sleeps as select pg_catalog.pg_sleep(0)::text as slept, pg_catalog.random() as r;
  create view sleeps_view as select slept from sleeps;
  create domain asleep as text check (pg_catalog.set_config('tenantry.x', value, true) is not null);
  create aggregate agg_sets(text, bool) (sfunc = pg_catalog.set_config, stype = text, initcond = 'tenantry.x');
  create table guarded (a int);
  alter table guarded enable row level security;
  grant select on guarded to ${schema};
  create policy own_one on guarded using (plain() = 1);
  create table guarded_too (a int);
  alter table guarded_too enable row level security;
  create policy sleeping on guarded_too using (pg_catalog.pg_sleep(0) is not null);
  create view chances as select pg_catalog.random() as r, pg_catalog.clock_timestamp() as at;
  create function twice(int) returns int language sql stable as 'select $1 * 2';
  create operator <*> (rightarg = int, function = twice);
  create view doubled as select twice(id::int) as n from customer;
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
  ['a policy', 'select a from guarded', 'plain'],
  ['a view, where it is PostgreSQL’s own', 'select slept from sleeps', 'pg_sleep'],
  ['a view of a view, where it is PostgreSQL’s own', 'select slept from sleeps_view', 'pg_sleep'],
  ['a domain, where it is PostgreSQL’s own', "select 'x'::text::asleep as a", 'set_config'],
  ['an aggregate, where it is PostgreSQL’s own', 'select agg_sets(email, true) as a from customer', 'set_config'],
  ['a policy, where it is PostgreSQL’s own', 'select a from guarded_too', 'pg_sleep'],
])('is seen behind %s', async (_, sql, name) => {
  const { code, details } = await refusalOf(start(sql))
  expect(code).toBe('report.refused')
  expect(details.problem).toContain(`${name}()`)
  expect(details.problem).toContain('volatile')
})

test.each([
  'select twice(id::int) as n from customer',
  'select <*> id::int as n from customer -- one',
  'select n from doubled',
  'select r, at from chances',
  "select upper('a') as a",
])('what only computes may be called: %s', async (sql) => {
  const { run } = await start(sql)
  expect((await fleet.ended(run)).state).toBe('succeeded')
})

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

test('what a stable function calls is refused by the server where the right to call it is taken from all but the console', async () => {
  const schema = schemaOf(slug)
  const rights = 'execute on function pg_catalog.set_config(text, text, boolean), pg_catalog.pg_sleep(float8), pg_catalog.pg_advisory_lock(bigint)'
  await fleet.sql.unsafe(`
    create function ${schema}.leaves() returns text language sql stable as $$ select pg_catalog.set_config('role', 'none', true) $$;
    create function ${schema}.naps() returns text language sql stable as $$ select pg_catalog.pg_sleep(0)::text $$;
    create function ${schema}.locks() returns text language sql stable as $$ select pg_catalog.pg_advisory_lock(4711)::text $$;
    revoke ${rights} from public`)
  for (const [own, called] of [
    ['leaves', 'set_config'],
    ['naps', 'pg_sleep'],
    ['locks', 'pg_advisory_lock'],
  ] as const) {
    const { run: refused } = await start(`select ${own}() as a`)
    await fleet.ended(refused)
    expect((await fleet.tenancy.reports.get(ada, refused)).silent).toMatchObject([{ code: '42501', message: expect.stringContaining(called), slugs: [slug] }])
  }
  const { run } = await start('select twice(id::int) as n from customer')
  expect((await fleet.ended(run)).state).toBe('succeeded')
  await fleet.sql.unsafe(`grant ${rights} to public`)
})

test('nothing is left of the look', async () => {
  expect(await fleet.sql`select from pg_class where relname = 'tenantry_asked'`).toEqual([])
})
