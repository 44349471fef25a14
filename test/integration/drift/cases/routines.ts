/** Views, functions, procedures and aggregates. */
import type { Case } from './case.ts'

export const routineCases: readonly Case[] = [
  {
    name: 'view missing',
    base: 'create table customer (id bigint primary key, email text)',
    norm: "create view mails with (security_barrier) as select id, email from customer; create view calm as select * from mails; comment on view mails is 'M'; create rule quiet as on insert to mails do instead nothing",
    seen: '',
    findings: ['breaks: View calm is missing.', 'breaks: View mails is missing.'],
    repair: [
      `CREATE VIEW mails WITH (security_barrier=true) AS
SELECT id,
    email
   FROM customer`,
      `CREATE RULE quiet AS
    ON INSERT TO mails DO INSTEAD NOTHING`,
      "COMMENT ON VIEW mails IS 'M'",
      `CREATE VIEW calm AS
SELECT id,
    email
   FROM mails`,
    ],
  },
  {
    name: 'view extra',
    base: 'create table customer (id bigint primary key, email text)',
    norm: '',
    seen: 'create view mails as select id, email from customer',
    findings: ['harmless: View mails was added outside of its migrations.'],
    repair: ['DROP VIEW mails'],
  },
  {
    name: 'view mismatched',
    base: 'create table customer (id bigint primary key, email text)',
    norm: 'create view mails as select id, email from customer; create view upper_mails as select upper(email) as mail from mails; grant select on mails to $role',
    seen: 'create view mails as select email from customer; create view upper_mails as select upper(email) as mail from mails; grant select on mails to $role',
    findings: ['breaks: View mails is defined otherwise.'],
    repair: [
      'DROP VIEW upper_mails',
      'DROP VIEW mails',
      `CREATE VIEW mails AS
SELECT id,
    email
   FROM customer`,
      "DO $do$BEGIN EXECUTE format($$GRANT SELECT ON TABLE mails TO %I$$, current_setting('tenantry.role')); END$do$",
      `CREATE VIEW upper_mails AS
SELECT upper(email) AS mail
   FROM mails`,
    ],
  },
  {
    name: 'view options',
    base: 'create table customer (id bigint primary key, email text)',
    norm: 'create view mails with (security_barrier = true) as select id, email from customer',
    seen: 'create view mails with (check_option = local) as select id, email from customer',
    findings: ['breaks: View mails has the options check_option=local instead of security_barrier=true.'],
    repair: ['ALTER VIEW mails RESET (check_option)', 'ALTER VIEW mails SET (security_barrier=true)'],
  },
  {
    name: 'materialized view missing',
    base: 'create table customer (id bigint primary key, email text)',
    norm: 'create materialized view counted as select count(*) as n from customer; create unique index counted_n on counted (n)',
    seen: '',
    findings: ['breaks: Materialized view counted is missing.'],
    repair: [
      `CREATE MATERIALIZED VIEW counted AS
SELECT count(*) AS n
   FROM customer`,
      'CREATE UNIQUE INDEX counted_n ON counted USING btree (n)',
    ],
  },
  {
    name: 'materialized view extra',
    base: 'create table customer (id bigint primary key, email text)',
    norm: '',
    seen: 'create materialized view counted as select count(*) as n from customer',
    findings: ['harmless: Materialized view counted was added outside of its migrations.'],
    repair: ['DROP MATERIALIZED VIEW counted'],
  },
  {
    name: 'materialized view mismatched',
    base: 'create table customer (id bigint primary key, email text)',
    norm: 'create materialized view counted as select count(*) as n from customer; create index counted_n on counted (n)',
    seen: 'create materialized view counted as select count(email) as n from customer; create index counted_n on counted (n)',
    findings: ['breaks: Materialized view counted is defined otherwise.'],
    repair: [
      'DROP MATERIALIZED VIEW counted',
      `CREATE MATERIALIZED VIEW counted AS
SELECT count(*) AS n
   FROM customer`,
      'CREATE INDEX counted_n ON counted USING btree (n)',
    ],
  },
  {
    name: 'materialized view never filled',
    base: 'create table customer (id bigint primary key, email text)',
    norm: 'create materialized view counted as select count(*) as n from customer',
    seen: 'create materialized view counted as select count(*) as n from customer with no data',
    findings: ['breaks: Materialized view counted was never filled.'],
    repair: ['REFRESH MATERIALIZED VIEW counted'],
  },
  {
    name: 'index of a materialized view missing',
    base: 'create table customer (id bigint primary key, email text);create materialized view counted as select count(*) as n from customer',
    norm: 'create index counted_n on counted (n)',
    seen: '',
    findings: ['slows: Index counted_n of counted is missing.'],
    repair: ['CREATE INDEX counted_n ON counted USING btree (n)'],
  },
  {
    name: 'function missing',
    base: 'create table customer (id bigint primary key, email text)',
    norm: "create function add(a int, b int default 5) returns int language sql immutable strict parallel safe cost 10 as $$ select a + b $$; create function mails() returns setof customer language sql stable set search_path from current set work_mem = '8MB' as $$ select * from customer $$; comment on function add(int, int) is 'Adds'; revoke execute on function add(int, int) from public",
    seen: '',
    findings: ['breaks: Function add(integer, integer) is missing.', 'breaks: Function mails() is missing.'],
    repair: [
      'SET LOCAL check_function_bodies = off',
      `CREATE FUNCTION add(a integer, b integer DEFAULT 5)
RETURNS integer
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 10
AS $$ select a + b $$`,
      'REVOKE EXECUTE ON ROUTINE add(integer, integer) FROM PUBLIC',
      "COMMENT ON FUNCTION add(integer, integer) IS 'Adds'",
      `CREATE FUNCTION mails()
RETURNS SETOF customer
LANGUAGE sql STABLE
SET work_mem TO '8MB'
AS $$ select * from customer $$`,
      'DO $do$BEGIN EXECUTE format($$ALTER FUNCTION mails() SET search_path = %I$$, current_schema()); END$do$',
    ],
  },
  {
    name: 'function extra',
    norm: '',
    seen: 'create function add(a int, b int) returns int language sql as $$ select a + b $$',
    findings: ['harmless: Function add(integer, integer) was added outside of its migrations.'],
    repair: ['DROP FUNCTION add(integer, integer)'],
  },
  {
    name: 'function body',
    norm: 'create function add(a int, b int) returns int language sql immutable as $$ select a + b $$',
    seen: 'create function add(a int, b int) returns int language sql security definer as $$ select a - b $$',
    findings: ['breaks: Function add(integer, integer) has another body, runs with the rights of its owner and is volatile instead of immutable.'],
    repair: [
      'SET LOCAL check_function_bodies = off',
      `CREATE OR REPLACE FUNCTION add(a integer, b integer)
RETURNS integer
LANGUAGE sql IMMUTABLE
AS $$ select a + b $$`,
    ],
  },
  {
    name: 'function returns another type',
    base: 'create table customer (id bigint primary key, email text)',
    norm: 'create function total() returns bigint language sql as $$ select 1::bigint $$; create view totals as select total() as t; create index by_total on customer (id) where id > 0',
    seen: 'create function total() returns int language sql as $$ select 1 $$; create view totals as select total() as t; create index by_total on customer (id) where id > 0',
    findings: ['breaks: Function total() has another body and returns integer instead of bigint.'],
    repair: [
      'DROP VIEW totals',
      'DROP FUNCTION total()',
      'SET LOCAL check_function_bodies = off',
      `CREATE FUNCTION total()
RETURNS bigint
LANGUAGE sql
AS $$ select 1::bigint $$`,
      `CREATE VIEW totals AS
SELECT total() AS t`,
    ],
  },
  {
    name: 'function settings',
    norm: "create function f() returns int language plpgsql set search_path from current as $$ begin return 1; end $$; create function g() returns int language plpgsql set work_mem = '8MB' as $$ begin return 1; end $$",
    seen: 'create function f() returns int language plpgsql as $$ begin return 1; end $$; create function g() returns int language plpgsql set search_path from current as $$ begin return 1; end $$',
    findings: ['breaks: Function f() lacks the settings search_path=own.', 'breaks: Function g() has the settings search_path=own instead of work_mem=8MB.'],
    repair: [
      `CREATE OR REPLACE FUNCTION f()
RETURNS integer
LANGUAGE plpgsql
AS $$ begin return 1; end $$`,
      'DO $do$BEGIN EXECUTE format($$ALTER FUNCTION f() SET search_path = %I$$, current_schema()); END$do$',
      `CREATE OR REPLACE FUNCTION g()
RETURNS integer
LANGUAGE plpgsql
SET work_mem TO '8MB'
AS $$ begin return 1; end $$`,
    ],
  },
  {
    name: 'function in SQL itself missing',
    base: 'create table customer (id bigint primary key, email text)',
    norm: 'create function mails() returns setof text language sql begin atomic select email from customer; end',
    seen: '',
    findings: ['breaks: Function mails() is missing.'],
    repair: [
      `CREATE FUNCTION mails()
RETURNS SETOF text
LANGUAGE sql
BEGIN ATOMIC
 SELECT customer.email
    FROM customer;
END`,
    ],
  },
  {
    name: 'function in SQL itself mismatched',
    base: 'create table customer (id bigint primary key, email text)',
    norm: 'create function mails() returns setof text language sql begin atomic select email from customer; end',
    seen: 'create function mails() returns setof text language sql begin atomic select upper(email) from customer; end',
    findings: ['breaks: Function mails() has another body.'],
    repair: [
      `CREATE OR REPLACE FUNCTION mails()
RETURNS SETOF text
LANGUAGE sql
BEGIN ATOMIC
 SELECT customer.email
    FROM customer;
END`,
    ],
  },
  {
    name: 'function that a default calls',
    norm: 'create function next_n() returns bigint language sql as $$ select 1::bigint $$; create table customer (n bigint default next_n())',
    seen: 'create function next_n() returns int language sql as $$ select 1 $$; create table customer (n bigint default next_n())',
    findings: ['breaks: Function next_n() has another body and returns integer instead of bigint.'],
    left: ['Function next_n() has another body and returns integer instead of bigint. Column n of customer needs it, and would have to go first.'],
  },
  {
    name: 'function that a check calls',
    norm: 'create function ok(n bigint) returns boolean language sql immutable as $$ select n > 0 $$; create table customer (n bigint, constraint fine check (ok(n)))',
    seen: 'create function ok(m bigint) returns boolean language sql immutable as $$ select m > 0 $$; create table customer (n bigint, constraint fine check (ok(n)))',
    findings: ['breaks: Function ok(bigint) takes m bigint instead of n bigint and has another body.'],
    repair: [
      'ALTER TABLE customer DROP CONSTRAINT fine',
      'DROP FUNCTION ok(bigint)',
      'SET LOCAL check_function_bodies = off',
      `CREATE FUNCTION ok(n bigint)
RETURNS boolean
LANGUAGE sql IMMUTABLE
AS $$ select n > 0 $$`,
      'ALTER TABLE customer ADD CONSTRAINT fine CHECK (ok(n))',
    ],
  },
  {
    name: 'procedure missing',
    base: 'create table customer (id bigint primary key, email text)',
    norm: 'create procedure tidy(keep int default 3) language plpgsql security definer as $$ begin delete from customer where id > keep; end $$',
    seen: '',
    findings: ['breaks: Procedure tidy(integer) is missing.'],
    repair: [
      `CREATE PROCEDURE tidy(IN keep integer DEFAULT 3)
LANGUAGE plpgsql SECURITY DEFINER
AS $$ begin delete from customer where id > keep; end $$`,
    ],
  },
  {
    name: 'procedure extra',
    norm: '',
    seen: 'create procedure tidy() language plpgsql as $$ begin null; end $$',
    findings: ['harmless: Procedure tidy() was added outside of its migrations.'],
    repair: ['DROP PROCEDURE tidy()'],
  },
  {
    name: 'procedure mismatched',
    norm: 'create procedure tidy() language plpgsql as $$ begin null; end $$',
    seen: 'create procedure tidy() language plpgsql as $$ begin perform 1; end $$',
    findings: ['breaks: Procedure tidy() has another body.'],
    repair: [
      `CREATE OR REPLACE PROCEDURE tidy()
LANGUAGE plpgsql
AS $$ begin null; end $$`,
    ],
  },
  {
    name: 'function instead of a procedure',
    norm: 'create procedure tidy() language plpgsql as $$ begin null; end $$',
    seen: 'create function tidy() returns void language plpgsql as $$ begin null; end $$',
    findings: ['breaks: Procedure tidy() is missing.', 'harmless: Function tidy() was added outside of its migrations.'],
    repair: [
      'DROP FUNCTION tidy()',
      `CREATE PROCEDURE tidy()
LANGUAGE plpgsql
AS $$ begin null; end $$`,
    ],
  },
  {
    name: 'aggregate missing',
    norm: "create aggregate total (int) (sfunc = int4pl, stype = int, initcond = '0')",
    seen: '',
    findings: ['breaks: Aggregate total(integer) is missing.'],
    repair: ["CREATE AGGREGATE total(integer) (SFUNC = int4pl, STYPE = integer, INITCOND = '0')"],
  },
  {
    name: 'aggregate extra',
    norm: '',
    seen: 'create aggregate total (int) (sfunc = int4pl, stype = int)',
    findings: ['harmless: Aggregate total(integer) was added outside of its migrations.'],
    repair: ['DROP AGGREGATE total(integer)'],
  },
  {
    name: 'aggregate mismatched',
    norm: "create function plus(int, int) returns int language sql immutable as $$ select $1 + $2 $$; create aggregate total (int) (sfunc = plus, stype = int, initcond = '0')",
    seen: "create function plus(int, int) returns int language sql immutable as $$ select $1 + $2 $$; create aggregate total (int) (sfunc = plus, stype = int, initcond = '1')",
    findings: ['breaks: Aggregate total(integer) has the first state 1 instead of 0.'],
    repair: ['DROP AGGREGATE total(integer)', "CREATE AGGREGATE total(integer) (SFUNC = plus, STYPE = integer, INITCOND = '0')"],
  },
]
