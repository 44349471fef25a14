/** What stands inside functions and DO blocks, which PostgreSQL reads when they run. */
import { describe, expect, it } from 'vitest'
import { checksumOf } from '../../../lib/tenancy/migrations/digest.ts'
import { lintMigration } from '../../../lib/tenancy/migrations/lint.ts'
import { parseStatements } from '../../../lib/tenancy/sql/statements.ts'

const lint = async (sql: string) => {
  const statements = await parseStatements(sql)
  return lintMigration({ version: '0001', name: 'x', file: '0001_x.sql', checksum: checksumOf(sql), transactional: true, sql, downSql: null, statements })
}
const found = async (sql: string): Promise<readonly string[]> => (await lint(sql)).map(({ rule, level, line, column }) => `${line}:${column} ${level} ${rule}`)

const plpgsql = (body: string, head = 'function f() returns void'): string => `create ${head} language plpgsql as $$\nbegin\n  ${body}\nend $$`

describe('SQL that a body puts together', () => {
  it.each([
    ['execute', `do $$ begin execute 'drop table a'; end $$`, ['1:7 warning dynamic_sql']],
    ['execute in a function', plpgsql(`execute format('drop table %I', 'a');`), ['3:3 warning dynamic_sql']],
    ['a loop', plpgsql(`for i in 1..2 loop\n    perform 1;\n    execute 'select 1';\n  end loop;`), ['5:5 warning dynamic_sql']],
    ['a loop over it', `do $$ declare r record;\nbegin\n  for r in execute 'select 1' loop null; end loop; end $$`, ['3:3 warning dynamic_sql']],
    ['a result', plpgsql(`return query execute 'select 1';`, 'function f() returns setof int'), ['3:3 warning dynamic_sql']],
    ['a cursor', `do $$ declare c refcursor;\nbegin\n  open c for execute 'select 1'; end $$`, ['3:3 warning dynamic_sql']],
    ['a quoted body', `create procedure p() language plpgsql as 'begin\nexecute ''x''; end'`, ['2:1 warning dynamic_sql']],
    ['a body behind letters of two bytes', `comment on table a is 'äöü'; do $ä$\nbegin\n  execute 'x'; end $ä$`, ['3:3 warning dynamic_sql']],
    ['a body that is not whole', `do $$\nbegin execute 'x'; foo bar baz end $$`, ['2:1 warning dynamic_sql']],
  ])('is found: %s', async (_, sql, expected) => {
    expect(await found(sql)).toEqual(expected)
  })

  it.each([
    plpgsql('grant execute on function f() to somebody;'),
    plpgsql('create trigger t before insert on a for each row execute function g();'),
    plpgsql(`raise notice 'execute %', 1; -- execute 'x'`),
    `create function f() returns int language sql as $$ select 1 $$`,
    `create function f() returns int language sql begin atomic select 1; end`,
    `do $$ begin this is no plpgsql at all; end $$`,
    `do language plpython3u $$ plpy.execute("x") $$`,
    `do $$ $$`,
  ])('is not seen in: %s', async (sql) => {
    expect(await found(sql)).toEqual([])
  })
})

describe('another schema named in a body', () => {
  it.each([
    ['a table that is read', plpgsql('perform 1 from\n    other.a;'), ['4:5 warning body_names_schema']],
    ['a table that is changed', plpgsql('update public.a set b = 1;'), ['3:3 warning body_names_schema']],
    ['a function', `do $$ declare v int;\nbegin\n  v := other.f(1); end $$`, ['3:3 warning body_names_schema']],
    ['a condition', plpgsql('if exists (select 1 from other.a) then null; end if;'), ['3:3 warning body_names_schema']],
    ['a type', `do $$ declare v\n  other.mood; begin end $$`, ['1:7 warning body_names_schema']],
    ['the type of a row', `do $$ declare v other.a%rowtype; begin end $$`, ['1:7 warning body_names_schema']],
    ['the type of a column', `do $$ declare v "Other".a.b%type; begin end $$`, ['1:7 warning body_names_schema']],
    ['a body that is not whole', `do $$ begin\n  delete from other.a; foo bar baz end $$`, ['2:3 warning body_names_schema']],
    [
      'a body in SQL',
      `create function f() returns bigint language sql as $$\n  select count(*) from a\n  join other.b using (id) $$`,
      ['3:3 warning body_names_schema'],
    ],
    ['the default language', `create procedure p() as $$\n delete from other.a $$ language SQL`, ['2:2 warning body_names_schema']],
  ])('is found: %s', async (_, sql, expected) => {
    expect(await found(sql)).toEqual(expected)
  })

  it.each([
    plpgsql('perform pg_catalog.now(), extensions.gen_random_uuid() from information_schema.tables;'),
    `do $$ declare v a.b%type; w a%rowtype; x text[]; begin end $$`,
    `do $$ declare v extensions.citext; w pg_catalog.int4; begin end $$`,
    plpgsql('update a set b = a.c from d where d.id = a.id;'),
    plpgsql('new.a := old.b.c; return new;', 'function f() returns trigger'),
    `do $$ declare r a%rowtype; begin r.address.city := 'x'; perform r.address.city; end $$`,
    `create function f() returns int language sql as $$ select a.b from a $$`,
    `create function f() returns int language sql as $$ this is no sql $$`,
  ])('is not seen in: %s', async (sql) => {
    expect(await found(sql)).toEqual([])
  })
})
