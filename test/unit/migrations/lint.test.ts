/** Rules that only a schema for each tenant needs; each with what it finds and what it leaves alone. */
import { describe, expect, it } from 'vitest'
import { checksumOf } from '../../../lib/tenancy/migrations/digest.ts'
import { lintMigration } from '../../../lib/tenancy/migrations/lint.ts'
import { parseStatements } from '../../../lib/tenancy/sql/statements.ts'

const lint = async (sql: string, transactional = true) =>
  lintMigration({
    version: '0001',
    name: 'x',
    file: '0001_x.sql',
    checksum: checksumOf(sql),
    transactional,
    sql,
    downSql: null,
    statements: await parseStatements(sql),
  })
const rulesOf = async (sql: string, transactional = true): Promise<readonly string[]> =>
  (await lint(sql, transactional)).map(({ rule, level }) => `${level} ${rule}`)

describe('in a migration that is one transaction', () => {
  it.each([
    ['begin', 'error transaction_control'],
    ['commit', 'error transaction_control'],
    ['rollback', 'error transaction_control'],
    ['savepoint s', 'error transaction_control'],
    ['vacuum customer', 'error not_a_migration'],
    ['create database other', 'error not_a_migration'],
    ['alter system set work_mem = 1', 'error not_a_migration'],
    ['create index concurrently i on customer (email)', 'error needs_transaction_off'],
    ['drop index concurrently i', 'error needs_transaction_off'],
    ['reindex table concurrently customer', 'error needs_transaction_off'],
    ['alter table p detach partition c concurrently', 'error needs_transaction_off'],
    ['set search_path = public', 'error search_path'],
    ['set local search_path = public', 'error search_path'],
    ['set local role admin', 'error role_change'],
    ['set session authorization admin', 'error role_change'],
    ['set work_mem = 1', 'error session_setting'],
    ['reset all', 'error session_setting'],
    [`select pg_catalog.set_config('search_path', '', false)`, 'error search_path'],
    [`select set_config('statement_timeout', '0', false)`, 'error session_setting'],
    [`select set_config('role', 'admin', true)`, 'error role_change'],
    ['discard all', 'error session_setting'],
    ['create schema other', 'error other_schema'],
    ['alter table customer set schema other', 'error other_schema'],
    ['create table public.customer (id int)', 'error names_schema'],
    ['create table other.customer (id int)', 'error names_schema'],
    ['alter table public.customer add column a int', 'error names_schema'],
    ['drop table public.customer', 'error names_schema'],
    ['drop function public.f(int)', 'error names_schema'],
    ['drop trigger t on public.customer', 'error names_schema'],
    ['insert into public.customer values (1)', 'error names_schema'],
    ['update public.customer set id = 1', 'error names_schema'],
    ['delete from public.customer', 'error names_schema'],
    ['truncate public.customer', 'error names_schema'],
    ['create index i on public.customer (id)', 'error names_schema'],
    ['create view public.v as select 1', 'error names_schema'],
    ['create function public.f() returns int language sql as $$ select 1 $$', 'error names_schema'],
    [`create type public.mood as enum ('ok')`, 'error names_schema'],
    [`alter type public.mood add value 'bad'`, 'error names_schema'],
    [`comment on table public.customer is 'x'`, 'error names_schema'],
    [`comment on column public.customer.id is 'x'`, 'error names_schema'],
    ['alter sequence public.s restart', 'error names_schema'],
    ['create trigger t before insert on public.customer for each row execute function f()', 'error names_schema'],
    ['select * from public.rates', 'warning reads_other_schema'],
    ['create view v as select * from public.rates', 'warning reads_other_schema'],
    ['alter table customer add foreign key (id) references public.rates (id)', 'warning reads_other_schema'],
    ['alter table customer add column id2 uuid default public.gen()', 'warning reads_other_schema'],
    ['alter table customer add column mood public.mood', 'warning reads_other_schema'],
    ['insert into customer select * from shared.rates', 'error reads_other_schema'],
    ['insert into customer select * from tenant_other.customer', 'error reads_other_schema'],
    ['create view v as select * from tenant_other.customer', 'error reads_other_schema'],
    ['alter table customer add foreign key (id) references tenant_other.rates (id)', 'error reads_other_schema'],
    ['create table mine (like tenant_other.customer)', 'error reads_other_schema'],
    ['update customer set id = 1 from tenant_other.customer', 'error reads_other_schema'],
    ['select extensions.gen()', 'warning reads_other_schema'],
    ['alter table customer add column at geo.point', 'warning reads_other_schema'],
    ['create temp table stage (id int)', 'error temporary'],
    ['create temp table if not exists stage as select * from customer', 'error temporary'],
    ['create temp table stage (id int) on commit delete rows', 'error temporary'],
    ['create table pg_temp.stage (id int)', 'error temporary'],
    ['select * into temp stage from customer', 'error temporary'],
    ['create temp view v as select 1', 'error temporary'],
    ['create temp sequence s', 'error temporary'],
    ['prepare p as select 1', 'error session_object'],
    ['listen news', 'error session_object'],
    ['declare c cursor with hold for select 1', 'error session_object'],
    ['select pg_advisory_lock(1)', 'error session_lock'],
    ['select pg_catalog.pg_try_advisory_lock_shared(1)', 'error session_lock'],
    ['create function f() returns int language sql set search_path = public as $$ select 1 $$', 'error search_path'],
    ['alter function f() set search_path = public', 'error search_path'],
    ['create extension citext', 'error shared_object'],
    ['create role someone', 'error shared_object'],
    ['drop role someone', 'error shared_object'],
    ['create publication p for all tables', 'error shared_object'],
    ['alter database app set work_mem = 1', 'error shared_object'],
    [`copy customer from '/tmp/x'`, 'error copy'],
    ['delete from tenantry_history', 'error history'],
    ['drop table tenantry_history', 'error history'],
    ['create table if not exists customer (id int)', 'warning if_not_exists'],
    ['create index i on customer (id)', 'warning blocking_index'],
  ])('“%s” is %s', async (sql, finding) => {
    expect(await rulesOf(sql)).toContain(finding)
  })

  it.each([
    ['create table customer (id int); create index i on customer (id)'],
    ['set local work_mem = 1'],
    [`select set_config('work_mem', '1MB', true)`],
    ['alter table customer add column a int default 1 not null'],
    [`select pg_catalog.now(), information_schema._pg_char_max_length(1, 2)`],
    ['create function f() returns int language plpgsql as $$ begin return 1; end $$'],
    ['create view v as select c.email from customer c'],
    ['insert into customer (email) select x.email from customer x on conflict do nothing'],
    [`create type mood as enum ('ok')`],
    [`alter type mood add value 'bad' after 'ok'`],
    [`comment on column customer.email is 'where to write to'`],
    ['drop trigger t on customer'],
    ['alter table customer drop constraint c'],
    ['grant select on customer to someone'],
    ['analyze customer'],
    ['create temp table t (id int) on commit drop'],
    ['create temp table t on commit drop as select 1 as a'],
    ['select pg_advisory_xact_lock(1), pg_try_advisory_xact_lock(2)'],
    ['declare c cursor for select 1'],
    ['create function f() returns int language sql set search_path from current as $$ select 1 $$'],
    ['create function f() returns int language sql set work_mem = 1 as $$ select 1 $$'],
    ['do $$ begin null; end $$'],
  ])('“%s” is fine', async (sql) => {
    expect(await rulesOf(sql)).toEqual([])
  })
})

describe('in a migration outside of transactions', () => {
  it.each([
    ['commit', 'error transaction_control'],
    ['vacuum customer', 'error not_a_migration'],
    ['create index concurrently on customer (email)', 'error index_name'],
    ['create index concurrently i on public.customer (email)', 'error names_schema'],
  ])('“%s” is %s', async (sql, finding) => {
    expect(await rulesOf(sql, false)).toContain(finding)
  })

  it.each([
    ['create index concurrently i on customer (email)'],
    ['drop index concurrently i'],
    ['reindex index concurrently i'],
    [`alter type mood add value 'bad'`],
  ])('“%s” is fine', async (sql) => {
    expect(await rulesOf(sql, false)).toEqual([])
  })
})

describe('a finding', () => {
  it('stands where the name is, in the order of the file', async () => {
    const findings = await lint('create table a (id int);\nselect 1;\n\ninsert into\n  public.b values (1);\nselect *\nfrom a, other.c;\n')
    expect(findings.map(({ file, line, column, rule }) => [file, line, column, rule])).toEqual([
      ['0001_x.sql', 5, 3, 'names_schema'],
      ['0001_x.sql', 7, 9, 'reads_other_schema'],
    ])
  })

  it('says what to write instead', async () => {
    const [finding] = await lint('create index concurrently i on customer (email)')
    expect(finding?.message).toContain('-- tenantry: transaction=off')
  })
})

describe('what is larger than a tenant', () => {
  it.each([
    'drop schema other cascade',
    'alter schema other rename to mine',
    'alter schema other owner to somebody',
    'grant usage on schema other to somebody',
    'grant select on all tables in schema other to somebody',
    'alter default privileges in schema other grant select on tables to somebody',
    'drop owned by somebody',
    'reassign owned by somebody to me',
    'grant somebody to me',
    'drop extension citext cascade',
  ])('is refused: %s', async (sql) => {
    expect(await rulesOf(sql)).toContain('error whole_schema')
  })

  it('a type of another schema is not dropped', async () => {
    expect(await rulesOf('drop type other.mood')).toContain('error names_schema')
  })

  it('leaves rights on the tenant’s own tables alone', async () => {
    expect(await rulesOf('grant select on customer to somebody; comment on table customer is $$x$$; drop type mood')).toEqual([])
  })
})
