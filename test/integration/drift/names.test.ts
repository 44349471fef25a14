/** The same structure is the same under every name, by every way to it, and on every server; and what only looks like the schema's name is not taken for it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { differingFacets, linesOf, openSchemas, roleOf, type Schemas } from '../../support/schemas.ts'
import { useDatabases, withServer } from '../../support/template.ts'
import { base } from './single-changes.ts'

const databases = useDatabases()
const [role, other] = [roleOf('named'), roleOf('nobody')]
let schemas: Schemas

beforeAll(async () => {
  await withServer((sql) => sql.unsafe(`create role ${role}; create role "${other}-x"`).simple())
  schemas = await openSchemas(databases, role)
  await schemas.sql
    .unsafe(
      `create schema shared; create table shared.country (code text primary key); create function shared.f() returns int language sql as 'select 1'; create extension citext schema shared`,
    )
    .simple()
})
afterAll(async () => {
  await schemas.sql.unsafe(`drop owned by ${role}, "${other}-x" cascade`).simple()
  await schemas.close()
  await withServer((sql) => sql.unsafe(`drop role ${role}; drop role "${other}-x"`).simple())
})

/** Names that could be taken for something else, and everything that PostgreSQL prints with a name in it. */
const everything = `${base}
  create table t (t text default 't', employees text, "select" int, constraint t check (t <> 't.t'));
  create table employees (id serial primary key, t int, name text collate "C" default 'employees.x', country text references shared.country, mail shared.citext);
  create table public_x (x int);
  select set_config('search_path', path || ', pg_catalog', true) from current_setting('search_path') path;
  create table pg_class (oid int);
  create function gen_random_uuid() returns uuid language sql as 'select null::uuid';
  create table own_uuids (id uuid default gen_random_uuid());
  create function lower(x int) returns int language sql immutable as 'select x';
  create function count_all() returns bigint language plpgsql set search_path from current as 'begin return (select count(*) from employees); end';
  create function quoted() returns int language sql set search_path = shared, "$user" as 'select 1';
  create function of_pg_class(x pg_class) returns mood language sql as 'select null::mood';
  create index by_lower on employees (lower(id), (t + shared.f_immutable())) where name <> 'employees';
  create view all_employees as select e.id, e.name, t."select" from employees e join t on t.t = e.name where e.name <> 'employees.name';
  create view one_of_them as select employees.id, employees.name, lower(employees.id) as low, (select max(employees.id) from employees) as most, 'employees.id' as text from employees where employees.name = 't' order by employees.name;
  create view of_class as select pg_class.oid from pg_class;
  create view more (a, b) as values (1, 2), (3, 4);
  create view with_more as with t as (select 1 as employees) select t.employees from t;
  create view several as select employees.id from employees union select t."select" from t;
  create view made as select x.n, x.n + 1 as next from generate_series(1, 3) x(n) where x.n in (select employees.id from employees);
  create view inner_one as select x.id from (select employees.id, employees.t from employees) x where x.t > 0;
  create view counted_by as select e.name, count(*) as n, count(e.*) as whole from employees e group by e.name having count(*) > 1;
  create materialized view seen as select e.id from employees e;
  create rule t as on update to t do also insert into employees (t) values (length(new.t));
  create policy t on employees using (t in (select x from public_x) and exists (select from shared.country where country.code = employees.country));
  create trigger t after insert on t for each row when (new.t = 'employees') execute function touch('t.t', 'employees');
  alter table employees alter column t set default lower(3);
  comment on table t is 'employees of t';
  alter table t set (autovacuum_enabled = off);
  alter view of_class set (security_barrier = 1);
  grant select on employees to ${role};
  grant update (name) on employees to "${other}-x";
  grant all on t to ${role};
  do $$ begin execute format('alter default privileges in schema %I grant select on tables to ${role}', current_schema()); end $$;`

const names = ['t', 'employees', 'public_x', 'Needs "quotes"', `long_${'x'.repeat(58)}`, 'select', 'own', 'catalogue', 'Ünïcode']

describe('the name of a schema', () => {
  beforeAll(async () => {
    await schemas.sql.unsafe(`create function shared.f_immutable() returns int language sql immutable as 'select 1'`).simple()
    for (const name of names) await schemas.build(name, everything)
  })

  it('is nowhere in its structure', async () => {
    const seen = await schemas.look(names)
    const first = seen.get('t')
    if (!first) throw new Error('nothing was seen')
    expect(linesOf(first.structure).length).toBeGreaterThan(90)
    for (const name of names) {
      expect(linesOf(seen.get(name)?.structure ?? first.structure), name).toEqual(linesOf(first.structure))
      expect(seen.get(name)?.prints).toEqual(first.prints)
      expect(seen.get(name)?.trace, name).toBe(first.trace)
    }
  })

  it('may become another: renaming shows only in what it does not carry, the path that a function was made with', async () => {
    const before = await schemas.lookAt('t')
    await schemas.sql.unsafe(`alter schema t rename to "renamed.t"`).simple()
    const after = await schemas.lookAt('renamed.t')
    expect(differingFacets(before.prints, after.prints)).toEqual(['structure'])
    const known = new Set(linesOf(before.structure))
    expect(linesOf(after.structure).filter((line) => !known.has(line))).toEqual([
      expect.stringMatching(/^function {2}count_all\(\) .*"search_path=t, pg_catalog"/),
    ])
    await schemas.build('renamed.t', 'drop function count_all()')
    await schemas.build('employees', 'drop function count_all()')
    expect(await schemas.lookAt('renamed.t')).toEqual(await schemas.lookAt('employees'))
  })

  it('is told from text: a constant stays what it is', async () => {
    for (const name of ['said_a', 'said_b']) await schemas.build(name, `create table t (x text default 'said_a', y text default 'said_a.t')`)
    const seen = await schemas.look(['said_a', 'said_b'])
    expect(seen.get('said_a')).toEqual(seen.get('said_b'))
    expect(linesOf((await schemas.lookAt('said_b')).structure).join('\n')).toContain(`'said_a.t'::text`)
    await schemas.build('said_c', `create table t (x text default 'said_c', y text default 'said_c.t')`)
    const third = await schemas.lookAt('said_c')
    expect(third.prints.structure).not.toBe(seen.get('said_a')?.prints.structure)
    expect(third.trace).not.toBe(seen.get('said_a')?.trace)
  })

  it('has a trace of its own where a function’s body holds it, also as a part of another name', async () => {
    for (const name of ['half_1', 'half_10', 'half_2']) await schemas.build(name, `create function f() returns text language sql as 'select ''half_10''::text'`)
    const seen = await schemas.look(['half_1', 'half_10', 'half_2'])
    expect(new Set([...seen.values()].map(({ trace }) => trace)).size).toBe(3)
  })

  it('is told from another schema’s', async () => {
    for (const name of ['near_a', 'near_b']) await schemas.build(name, 'create table near (id int primary key)')
    await schemas.build('near_c', 'create table near (id int primary key); create table far (id int references near); create view v as select id from near')
    await schemas.build(
      'near_d',
      'create table near (id int primary key); create table far (id int references near_c.near); create view v as select id from near_c.near',
    )
    await schemas.build(
      'near_e',
      'create table near (id int primary key); create table far (id int references near_c.near); create view v as select id from near_c.near',
    )
    const seen = await schemas.look(['near_c', 'near_d', 'near_e'])
    expect(seen.get('near_d')).toEqual(seen.get('near_e'))
    const lines = linesOf((await schemas.lookAt('near_d')).structure).join('\n')
    expect(lines).toContain('REFERENCES near_c.near(id)')
    expect(lines).toContain('FROM near_c.near')
    const [own, foreign] = [seen.get('near_c'), seen.get('near_d')]
    if (!own || !foreign) throw new Error('nothing was seen')
    expect(differingFacets(own.prints, foreign.prints)).toEqual(['structure'])
    expect(own.trace).not.toBe(foreign.trace)
  })
})

describe('the same structure', () => {
  it('is the same in another order of statements, but for the order of its columns', async () => {
    await schemas.build(
      'way_a',
      'create table a (x int, y int); create table b (x int); create index i on a (x); create view v as select x from a; create function f() returns int language sql as $$select 1$$',
    )
    await schemas.build(
      'way_b',
      'create function f() returns int language sql as $$select 1$$; create table b (x int, z int); create table a (y int, x int); create view v as select x from a; create index i on a (x); alter table b drop column z',
    )
    const [one, two] = [await schemas.lookAt('way_a'), await schemas.lookAt('way_b')]
    expect(differingFacets(one.prints, two.prints)).toEqual(['order'])
  })

  it('reads the same on every server', async () => {
    const { structure } = await schemas.lookAt('employees')
    // The extension's version is the one that the server brings.
    const text = linesOf(structure)
      .join('\n')
      .replaceAll(`${other}-x`, 'somebody')
      .replace(/(?<=citext .*"version":)"[^"]*"/, '"…"')
    await expect(text).toMatchFileSnapshot('expected-structure.txt')
  })
})

describe('what cannot be compared', () => {
  it('is said', async () => {
    await schemas.build(
      'odd',
      `create function eq(a point, b point) returns boolean language sql as 'select true'; create operator === (leftarg = point, rightarg = point, function = eq);
      create collation german (locale = 'C'); create text search configuration words (copy = simple); create table t (id int primary key); create type unfinished`,
    )
    await schemas.sql.unsafe('create publication "some" for table odd.t').simple()
    const { structure } = await schemas.lookAt('odd')
    expect(structure.uncompared).toEqual([
      'collation german',
      'operator ===(point,point)',
      'publication "some" of table t',
      'text search configuration words',
      'type unfinished',
    ])
  })

  it('does not stand in the way: an operator made to be met by PostgreSQL’s own questions is not', async () => {
    await schemas.build(
      'hostile',
      `create table t (id int); create view v as select id from t; create function eq(a oid, b oid) returns boolean language plpgsql as 'begin raise exception ''met''; end';
      create operator = (leftarg = oid, rightarg = oid, function = eq); create function eq(a name, b name) returns boolean language plpgsql as 'begin raise exception ''met''; end';
      create operator = (leftarg = name, rightarg = name, function = eq); create function pg_get_expr(a pg_node_tree, b oid) returns text language plpgsql as 'begin raise exception ''met''; end'`,
    )
    expect(linesOf((await schemas.lookAt('hostile')).structure).join('\n')).toContain('view  v')
  })

  it('leaves out the history and what extensions bring', async () => {
    await schemas.build('lean', `create table tenantry_history (version text primary key); create extension hstore; create table t (id int)`)
    const { structure } = await schemas.lookAt('lean')
    expect(linesOf(structure).filter((line) => !line.startsWith('column'))).toEqual([
      expect.stringMatching(/^schema /),
      expect.stringMatching(/^extension {2}hstore .*"schema":"own"/),
      expect.stringMatching(/^table {2}t /),
    ])
  })
})

describe('a trace', () => {
  it('does without a schema that is not there, or that somebody keeps locked just now', async () => {
    const ddl = 'create table t (id int default 1); create view v as select id from t'
    for (const name of ['held_a', 'held_b', 'held_c']) await schemas.build(name, ddl)
    const all = ['held_a', 'held_b', 'held_c', 'not there']
    const free = await schemas.traces(all)
    expect([...free.keys()]).toEqual(['held_a', 'held_b', 'held_c'])
    expect(new Set(free.values()).size).toBe(1)
    await schemas.sql.begin(async (trx) => {
      await trx.unsafe('lock table held_b.t in access exclusive mode').simple()
      expect([...(await schemas.traces(all)).keys()]).toEqual(['held_a', 'held_c'])
    })
    expect(await schemas.traces(all)).toEqual(free)
  })
})
