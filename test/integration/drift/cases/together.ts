/** Findings that stand on each other. */
import type { Case } from './case.ts'

export const togetherCases: readonly Case[] = [
  {
    name: 'column missing that views show',
    base: 'create table customer (id bigint primary key, email text)',
    norm: 'alter table customer add phone text; create view phones as select id, phone from customer; create materialized view counted as select count(phone) as n from phones; create index counted_n on counted (n)',
    seen: 'create view phones as select id, email as phone from customer; create materialized view counted as select count(phone) as n from phones; create index counted_n on counted (n)',
    findings: ['breaks: Column phone of customer is missing.', 'breaks: View phones is defined otherwise.'],
    repair: [
      'DROP MATERIALIZED VIEW counted',
      'DROP VIEW phones',
      'ALTER TABLE customer ADD COLUMN phone text',
      `CREATE VIEW phones AS
SELECT id,
    phone
   FROM customer`,
      `CREATE MATERIALIZED VIEW counted AS
SELECT count(phone) AS n
   FROM phones`,
      'CREATE INDEX counted_n ON counted USING btree (n)',
    ],
  },
  {
    name: 'types that stand on each other missing',
    norm: "create type zone as enum ('a'); create type area as (z zone); create domain place as area; create table spots (p place, z zone default 'a')",
    seen: '',
    findings: ['breaks: Type area is missing.', 'breaks: Type place is missing.', 'breaks: Type zone is missing.', 'breaks: Table spots is missing.'],
    repair: [
      "CREATE TYPE zone AS ENUM ('a')",
      'CREATE TYPE area AS (z zone)',
      'CREATE DOMAIN place AS area',
      `CREATE TABLE spots (
  p place,
  z zone DEFAULT 'a'::zone
)`,
    ],
  },
  {
    name: 'table missing with a function in its default',
    norm: 'create function next_n() returns int language sql as $$ select 1 $$; create table customer (id int primary key, n int default next_n()); create function first_n() returns int language sql as $$ select n from customer $$; create view ns as select first_n() as n',
    seen: '',
    findings: [
      'breaks: Table customer is missing.',
      'breaks: View ns is missing.',
      'breaks: Function first_n() is missing.',
      'breaks: Function next_n() is missing.',
    ],
    repair: [
      'SET LOCAL check_function_bodies = off',
      `CREATE FUNCTION first_n()
RETURNS integer
LANGUAGE sql
AS $$ select n from customer $$`,
      `CREATE FUNCTION next_n()
RETURNS integer
LANGUAGE sql
AS $$ select 1 $$`,
      `CREATE TABLE customer (
  id integer NOT NULL,
  n integer DEFAULT next_n(),
  CONSTRAINT customer_pkey PRIMARY KEY (id)
)`,
      `CREATE VIEW ns AS
SELECT first_n() AS n`,
    ],
  },
  {
    name: 'function extra that a kept column calls',
    base: 'create table customer (id bigint primary key, email text)',
    norm: '',
    seen: 'create function next_n() returns int language sql as $$ select 1 $$; alter table customer add n int default next_n()',
    findings: ['harmless: Column n of customer was added outside of its migrations.', 'harmless: Function next_n() was added outside of its migrations.'],
    left: [
      'Function next_n() was added outside of its migrations. Column n of customer needs it, and would have to go first.',
      'Column n of customer was added outside of its migrations. It may hold data: drop it by hand, or make it a migration.',
    ],
  },
  {
    name: 'partly repaired',
    norm: "create table customer (id int, email varchar(10) not null default 'x')",
    seen: 'create table customer (id int, email text)',
    findings: ["breaks: Column email of customer lacks its default 'x'::character varying, allows null and is text instead of varchar(10)."],
    repair: ['ALTER TABLE customer ALTER COLUMN email SET NOT NULL', "ALTER TABLE customer ALTER COLUMN email SET DEFAULT 'x'::character varying"],
    left: [
      'Column email of customer is text instead of varchar(10). PostgreSQL could lose or refuse values when it turns text into character varying(10): look at them, and change the type by hand.',
    ],
  },
  {
    name: 'identity column under another name',
    norm: 'create table customer (id bigint generated always as identity primary key)',
    seen: 'create table customer (id bigserial primary key)',
    findings: [
      "breaks: Column id of customer has a default it should not have, nextval('customer_id_seq'::regclass) and is no identity column, generated always.",
      'harmless: Sequence customer_id_seq was added outside of its migrations.',
    ],
    repair: [
      'ALTER TABLE customer ALTER COLUMN id DROP DEFAULT',
      'ALTER TABLE customer ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY',
      `DO $do$DECLARE last bigint := (SELECT max(id) FROM customer);
BEGIN
  IF last >= 1 THEN EXECUTE format($$ALTER TABLE customer ALTER COLUMN id RESTART WITH %s$$, last + 1); END IF;
END$do$`,
    ],
    left: ['Sequence customer_id_seq was added outside of its migrations. Somebody may count with it: drop it by hand, or make it a migration.'],
  },
  {
    name: 'sequence owned by another column',
    norm: 'create table a (id int, n int); create sequence s owned by a.id',
    seen: 'create table a (id int, n int); create sequence s owned by a.n',
    findings: ['harmless: Sequence s is owned by a.n instead of a.id.'],
    repair: ['ALTER SEQUENCE s OWNED BY a.id'],
  },
  {
    name: 'domain in use',
    base: 'create domain amount as numeric; create table orders (total amount)',
    norm: 'alter domain amount add constraint positive check (value > 0)',
    seen: '',
    findings: ['breaks: Type amount lacks the check positive.'],
    repair: ['ALTER DOMAIN amount ADD CONSTRAINT positive CHECK ((VALUE > (0)::numeric))'],
  },
  {
    name: 'foreign key to itself missing',
    norm: 'create table node (id int primary key, parent int references node)',
    seen: '',
    findings: ['breaks: Table node is missing.'],
    repair: [
      `CREATE TABLE node (
  id integer NOT NULL,
  parent integer,
  CONSTRAINT node_pkey PRIMARY KEY (id)
)`,
      'ALTER TABLE node ADD CONSTRAINT node_parent_fkey FOREIGN KEY (parent) REFERENCES node(id)',
    ],
  },
  {
    name: 'index on an expression with a function that is made anew',
    base: 'create table doc (id int, body text)',
    norm: "create function words(text) returns text language sql immutable as $$ select lower($1) $$; create index doc_words on doc (words(body)); create policy few on doc using (words(body) <> ''); create trigger keep before update on doc for each row when (words(new.body) <> '') execute function suppress_redundant_updates_trigger()",
    seen: "create function words(body text) returns text language sql immutable as $$ select lower($1) $$; create index doc_words on doc (words(body)); create policy few on doc using (words(body) <> ''); create trigger keep before update on doc for each row when (words(new.body) <> '') execute function suppress_redundant_updates_trigger()",
    findings: ['breaks: Function words(text) takes body text instead of text.'],
    repair: [
      'DROP TRIGGER keep ON doc',
      'DROP POLICY few ON doc',
      'DROP INDEX doc_words',
      'DROP FUNCTION words(text)',
      'SET LOCAL check_function_bodies = off',
      `CREATE FUNCTION words(text)
RETURNS text
LANGUAGE sql IMMUTABLE
AS $$ select lower($1) $$`,
      'CREATE INDEX doc_words ON doc USING btree (words(body))',
      "CREATE TRIGGER keep BEFORE UPDATE ON doc FOR EACH ROW WHEN (words(new.body) <> ''::text) EXECUTE FUNCTION suppress_redundant_updates_trigger()",
      "CREATE POLICY few ON doc USING ((words(body) <> ''::text))",
    ],
  },
  {
    name: 'constraint trigger missing',
    base: 'create table customer (id bigint primary key, email text);create function touch() returns trigger language plpgsql as $$ begin return new; end $$',
    norm: 'create constraint trigger late after insert on customer deferrable initially deferred for each row execute function touch()',
    seen: '',
    findings: ['breaks: Trigger late of customer is missing.'],
    repair: ['CREATE CONSTRAINT TRIGGER late AFTER INSERT ON customer DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION touch()'],
  },
  {
    name: 'unlogged sequence 15',
    norm: 'create unlogged sequence s',
    seen: 'create sequence s',
    findings: ['breaks: Sequence s is not unlogged.'],
    repair: ['ALTER SEQUENCE s SET UNLOGGED'],
  },
  {
    name: 'check without heirs',
    base: 'create table customer (id bigint primary key, email text);create table vip (level int) inherits (customer)',
    norm: 'alter table customer add constraint few check (id < 9) no inherit',
    seen: '',
    findings: ['breaks: Constraint few of customer is missing.'],
    repair: ['ALTER TABLE customer ADD CONSTRAINT few CHECK ((id < 9)) NO INHERIT'],
  },
  {
    name: 'heirs follow',
    base: 'create table customer (id bigint primary key, email text);create table vip (level int) inherits (customer)',
    norm: "alter table customer add phone text not null default '', add constraint few check (id < 9); alter table customer alter email type varchar(50)",
    seen: 'alter table customer alter email type varchar(20)',
    findings: [
      'breaks: Column email of customer is varchar(20) instead of varchar(50).',
      'breaks: Column phone of customer is missing.',
      'breaks: Constraint few of customer is missing.',
    ],
    repair: [
      "ALTER TABLE customer ADD COLUMN phone text DEFAULT ''::text NOT NULL",
      'ALTER TABLE customer ALTER COLUMN email TYPE character varying(50)',
      'ALTER TABLE customer ADD CONSTRAINT few CHECK ((id < 9))',
    ],
    inDdl: ['Columns of vip are in another order.'],
  },
  {
    name: 'nulls not distinct',
    base: 'create table customer (id bigint primary key, email text)',
    norm: 'create unique index one_mail on customer (email) nulls not distinct; alter table customer add constraint one unique nulls not distinct (email)',
    seen: 'create unique index one_mail on customer (email); alter table customer add constraint one unique (email)',
    findings: [
      'breaks: Constraint one of customer is UNIQUE (email) instead of UNIQUE NULLS NOT DISTINCT (email).',
      'breaks: Index one_mail of customer is unique btree (email) instead of unique btree (email) NULLS NOT DISTINCT.',
    ],
    repair: [
      'ALTER TABLE customer DROP CONSTRAINT one',
      'DROP INDEX one_mail',
      'CREATE UNIQUE INDEX one_mail ON customer USING btree (email) NULLS NOT DISTINCT',
      'ALTER TABLE customer ADD CONSTRAINT one UNIQUE NULLS NOT DISTINCT (email)',
    ],
  },
  {
    name: 'everything',
    norm: `create type mood as enum ('calm', 'busy'); create domain email as text check (value like '%@%') default 'nobody@example.com'; create type place as (city text, zip text); create sequence invoice_number start 1000 increment 10; comment on type mood is 'How it goes';
create table customer (id bigint generated always as identity primary key, mail email not null, feels mood default 'calm', lives place, number bigint default nextval('invoice_number'), lower_mail text generated always as (lower(mail::text)) stored, created_at timestamptz not null default now(), unique (mail), constraint mail_is_short check (length(mail::text) < 100));
comment on table customer is 'Who pays'; comment on column customer.mail is 'Where the bill goes';
create table part (id serial, at date not null, note text collate "C") partition by range (at); create table part_2026 partition of part for values from ('2026-01-01') to ('2027-01-01'); create table child (extra int) inherits (customer); create unlogged table scratch (n int) with (fillfactor = 70);
alter table customer alter column mail set statistics 500; create statistics customer_stats (dependencies) on mail, feels from customer; alter table customer drop column created_at;
create index by_lower_mail on customer (lower(mail::text)) where feels = 'busy'; create index by_at on part (at); create table orders (id uuid primary key default gen_random_uuid(), customer_id bigint references customer on delete cascade deferrable initially deferred);
create view busy as select c.id, c.mail from customer c where c.feels = 'busy'; create materialized view counted as select count(*) as n from customer; create unique index on counted (n); create rule no_delete as on delete to busy do instead nothing; comment on view busy is 'Those with no time';
create function here() returns text language sql stable set search_path from current as $$ select current_schema()::text $$; create function count_customers() returns bigint language plpgsql set search_path from current set work_mem = '8MB' as $$ begin return (select count(*) from customer); end $$; create function own_name() returns text language sql as $$ select current_schema()::text $$; create procedure tidy(keep int default 3) language plpgsql security definer set search_path from current as $$ begin delete from scratch where n > keep; end $$; create function twice(n int) returns int language sql immutable strict parallel safe as $$ select 2 * n $$; create aggregate total (int) (sfunc = int4pl, stype = int, initcond = '0'); comment on function here() is 'Says where it is'; revoke execute on function twice(int) from public;
create function touch() returns trigger language plpgsql set search_path from current as $$ begin new.feels := 'busy'; return new; end $$; create trigger touch_customer before update on customer for each row when (old.mail is distinct from new.mail) execute function touch('one', 'two'); alter table orders enable row level security; create policy own_orders on orders for select using (customer_id in (select id from customer where feels = 'calm')); alter table orders force row level security; alter table orders disable row level security; revoke select on scratch from public; grant select (id) on customer to public`,
    seen: '',
    findings: [
      'breaks: Type email is missing.',
      'breaks: Type mood is missing.',
      'breaks: Type place is missing.',
      'breaks: Sequence invoice_number is missing.',
      'breaks: Table child is missing.',
      'breaks: Table customer is missing.',
      'breaks: Table orders is missing.',
      'breaks: Table part is missing.',
      'breaks: Table part_2026 is missing.',
      'breaks: Table scratch is missing.',
      'breaks: View busy is missing.',
      'breaks: Materialized view counted is missing.',
      'breaks: Function count_customers() is missing.',
      'breaks: Function here() is missing.',
      'breaks: Function own_name() is missing.',
      'breaks: Function touch() is missing.',
      'breaks: Function twice(integer) is missing.',
      'breaks: Procedure tidy(integer) is missing.',
      'breaks: Aggregate total(integer) is missing.',
      'slows: Statistics object customer_stats is missing.',
    ],
    repair: [
      "CREATE DOMAIN email AS text DEFAULT 'nobody@example.com'::text CONSTRAINT email_check CHECK ((VALUE ~~ '%@%'::text))",
      "CREATE TYPE mood AS ENUM ('calm', 'busy')",
      "COMMENT ON TYPE mood IS 'How it goes'",
      'CREATE TYPE place AS (city text, zip text)',
      'CREATE SEQUENCE part_id_seq AS integer',
      'CREATE SEQUENCE invoice_number INCREMENT BY 10 START WITH 1000',
      'SET LOCAL check_function_bodies = off',
      `CREATE FUNCTION count_customers()
RETURNS bigint
LANGUAGE plpgsql
SET work_mem TO '8MB'
AS $$ begin return (select count(*) from customer); end $$`,
      'DO $do$BEGIN EXECUTE format($$ALTER FUNCTION count_customers() SET search_path = %I$$, current_schema()); END$do$',
      `CREATE FUNCTION here()
RETURNS text
LANGUAGE sql STABLE
AS $$ select current_schema()::text $$`,
      'DO $do$BEGIN EXECUTE format($$ALTER FUNCTION here() SET search_path = %I$$, current_schema()); END$do$',
      "COMMENT ON FUNCTION here() IS 'Says where it is'",
      `CREATE FUNCTION own_name()
RETURNS text
LANGUAGE sql
AS $$ select current_schema()::text $$`,
      `CREATE FUNCTION touch()
RETURNS trigger
LANGUAGE plpgsql
AS $$ begin new.feels := 'busy'; return new; end $$`,
      'DO $do$BEGIN EXECUTE format($$ALTER FUNCTION touch() SET search_path = %I$$, current_schema()); END$do$',
      `CREATE FUNCTION twice(n integer)
RETURNS integer
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$ select 2 * n $$`,
      'REVOKE EXECUTE ON ROUTINE twice(integer) FROM PUBLIC',
      `CREATE PROCEDURE tidy(IN keep integer DEFAULT 3)
LANGUAGE plpgsql SECURITY DEFINER
AS $$ begin delete from scratch where n > keep; end $$`,
      'DO $do$BEGIN EXECUTE format($$ALTER PROCEDURE tidy(integer) SET search_path = %I$$, current_schema()); END$do$',
      `CREATE TABLE customer (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  mail email NOT NULL,
  feels mood DEFAULT 'calm'::mood,
  lives place,
  number bigint DEFAULT nextval('invoice_number'::regclass),
  lower_mail text GENERATED ALWAYS AS (lower((mail)::text)) STORED,
  CONSTRAINT customer_mail_key UNIQUE (mail),
  CONSTRAINT customer_pkey PRIMARY KEY (id),
  CONSTRAINT mail_is_short CHECK ((length((mail)::text) < 100))
)`,
      `CREATE TABLE orders (
  id uuid DEFAULT gen_random_uuid() NOT NULL,
  customer_id bigint,
  CONSTRAINT orders_pkey PRIMARY KEY (id)
)`,
      `CREATE TABLE part (
  id integer DEFAULT nextval('part_id_seq'::regclass) NOT NULL,
  at date NOT NULL,
  note text COLLATE "C"
)
PARTITION BY RANGE (at)`,
      `CREATE UNLOGGED TABLE scratch (
  n integer
)
WITH (fillfactor=70)`,
      'CREATE STATISTICS customer_stats (dependencies) ON mail, feels FROM customer',
      `CREATE TABLE child (
  extra integer
)
INHERITS (customer)`,
      "CREATE TABLE part_2026 PARTITION OF part FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')",
      `CREATE VIEW busy AS
SELECT id,
    mail
   FROM customer c
  WHERE (feels = 'busy'::mood)`,
      `CREATE RULE no_delete AS
    ON DELETE TO busy DO INSTEAD NOTHING`,
      "COMMENT ON VIEW busy IS 'Those with no time'",
      `CREATE MATERIALIZED VIEW counted AS
SELECT count(*) AS n
   FROM customer`,
      'CREATE UNIQUE INDEX counted_n_idx ON counted USING btree (n)',
      "CREATE AGGREGATE total(integer) (SFUNC = int4pl, STYPE = integer, INITCOND = '0')",
      "CREATE INDEX by_lower_mail ON customer USING btree (lower(mail::text)) WHERE feels = 'busy'::mood",
      "CREATE TRIGGER touch_customer BEFORE UPDATE ON customer FOR EACH ROW WHEN (old.mail::text IS DISTINCT FROM new.mail::text) EXECUTE FUNCTION touch('one', 'two')",
      "COMMENT ON TABLE customer IS 'Who pays'",
      'GRANT SELECT (id) ON TABLE customer TO PUBLIC',
      'ALTER TABLE customer ALTER COLUMN mail SET STATISTICS 500',
      "COMMENT ON COLUMN customer.mail IS 'Where the bill goes'",
      'ALTER TABLE child ALTER COLUMN mail SET STATISTICS 500',
      'ALTER TABLE orders ADD CONSTRAINT orders_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customer(id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED',
      'ALTER TABLE orders FORCE ROW LEVEL SECURITY',
      `CREATE POLICY own_orders ON orders FOR SELECT USING ((customer_id IN ( SELECT customer.id
   FROM customer
  WHERE (customer.feels = 'calm'::mood))))`,
      'ALTER SEQUENCE part_id_seq OWNED BY part.id',
      'CREATE INDEX by_at ON part USING btree (at)',
    ],
  },
  {
    name: 'columns missing in order',
    norm: 'create table customer (id int, zip text, city text)',
    seen: 'create table customer (id int)',
    findings: ['breaks: Column city of customer is missing.', 'breaks: Column zip of customer is missing.'],
    repair: ['ALTER TABLE customer ADD COLUMN zip text', 'ALTER TABLE customer ADD COLUMN city text'],
  },
  {
    name: 'columns missing that heirs have in the middle',
    norm: 'create table customer (id int, zip text, city text); create table vip (level int) inherits (customer)',
    seen: 'create table customer (id int); create table vip (level int) inherits (customer)',
    findings: ['breaks: Column city of customer is missing.', 'breaks: Column zip of customer is missing.'],
    repair: ['ALTER TABLE customer ADD COLUMN zip text', 'ALTER TABLE customer ADD COLUMN city text'],
    left: ['Columns of vip are in another order. Columns are added behind the others: their order changes only when the table is written anew.'],
  },
  {
    name: 'several at once',
    base: 'create table customer (id bigint primary key, email text); create table orders (id bigint primary key, customer_id bigint, total numeric)',
    norm: "create view mails as select id, email from customer; create index orders_total on orders (total); alter table orders alter total set not null; alter table orders add constraint orders_fk foreign key (customer_id) references customer; comment on table orders is 'O'",
    seen: 'create view mails as select id from customer; alter table orders alter total type numeric(10,2); alter table orders add note text; create index orders_x on orders (customer_id); grant select on orders to public',
    findings: [
      'breaks: Table orders lacks its comment O and gives other rights: everybody has SELECT in addition.',
      'breaks: Column total of orders allows null and is numeric(10,2) instead of numeric.',
      'breaks: Constraint orders_fk of orders is missing.',
      'breaks: View mails is defined otherwise.',
      'slows: Index orders_total of orders is missing.',
      'harmless: Column note of orders was added outside of its migrations.',
      'harmless: Index orders_x of orders was added outside of its migrations.',
    ],
    repair: [
      'DROP VIEW mails',
      'DROP INDEX orders_x',
      'ALTER TABLE orders ALTER COLUMN total TYPE numeric',
      'ALTER TABLE orders ALTER COLUMN total SET NOT NULL',
      'CREATE INDEX orders_total ON orders USING btree (total)',
      'ALTER TABLE orders ADD CONSTRAINT orders_fk FOREIGN KEY (customer_id) REFERENCES customer(id)',
      `CREATE VIEW mails AS
SELECT id,
    email
   FROM customer`,
      "COMMENT ON TABLE orders IS 'O'",
      'REVOKE SELECT ON TABLE orders FROM PUBLIC',
    ],
    left: ['Column note of orders was added outside of its migrations. It may hold data: drop it by hand, or make it a migration.'],
  },
  {
    name: 'heir without its parent and what it would get',
    base: 'create table customer (id bigint primary key, email text)',
    norm: "alter table customer add constraint few check (id < 9), alter email set default 'x'; create table vip (level int) inherits (customer); create table other (n int) inherits (customer)",
    seen: 'create table vip (id bigint not null, email text, level int)',
    findings: [
      'breaks: Table other is missing.',
      'breaks: Table vip is no heir of customer.',
      "breaks: Column email of customer lacks its default 'x'::text.",
      "breaks: Column email of vip lacks its default 'x'::text and is its own, and should be inherited.",
      'breaks: Constraint few of customer is missing.',
      'breaks: Constraint few of vip is missing.',
    ],
    repair: [
      "ALTER TABLE ONLY customer ALTER COLUMN email SET DEFAULT 'x'::text",
      "ALTER TABLE vip ALTER COLUMN email SET DEFAULT 'x'::text",
      'ALTER TABLE customer ADD CONSTRAINT few CHECK ((id < 9))',
      'ALTER TABLE vip ADD CONSTRAINT few CHECK ((id < 9))',
      `CREATE TABLE other (
  n integer
)
INHERITS (customer)`,
      'ALTER TABLE vip INHERIT customer',
    ],
    left: [
      'Column email of vip is its own besides being inherited. It was there before its table became an heir, and stays when it is one no longer.',
      'Column id of vip is its own besides being inherited. It was there before its table became an heir, and stays when it is one no longer.',
      'Constraint few of vip is its own besides being inherited. It was there before its table became an heir, and stays when it is one no longer.',
    ],
  },
  {
    name: 'partition missing with an index of its parent',
    base: 'create table part (id int, at date not null) partition by range (at)',
    norm: "create table part_2026 partition of part for values from ('2026-01-01') to ('2027-01-01'); create index part_at_idx on part (at); alter table part add note text default 'x'",
    seen: '',
    findings: ['breaks: Table part_2026 is missing.', 'breaks: Column note of part is missing.', 'slows: Index part_at_idx of part is missing.'],
    repair: [
      "ALTER TABLE part ADD COLUMN note text DEFAULT 'x'::text",
      'CREATE INDEX part_at_idx ON part USING btree (at)',
      "CREATE TABLE part_2026 PARTITION OF part FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')",
    ],
  },
  {
    name: 'column virtual',
    since: 18,
    base: 'create table customer (id bigint primary key, email text)',
    norm: 'alter table customer add low text generated always as (lower(email)) virtual',
    seen: '',
    findings: ['breaks: Column low of customer is missing.'],
    repair: ['ALTER TABLE customer ADD COLUMN low text GENERATED ALWAYS AS (lower(email)) VIRTUAL'],
  },
  {
    name: 'foreign key not enforced',
    since: 18,
    base: 'create table customer (id bigint primary key, email text); create table orders (id bigint primary key, customer_id bigint, total numeric)',
    norm: 'alter table orders add constraint orders_fk foreign key (customer_id) references customer',
    seen: 'alter table orders add constraint orders_fk foreign key (customer_id) references customer not enforced',
    findings: ['breaks: Constraint orders_fk of orders is not enforced.'],
    repair: ['ALTER TABLE orders DROP CONSTRAINT orders_fk', 'ALTER TABLE orders ADD CONSTRAINT orders_fk FOREIGN KEY (customer_id) REFERENCES customer(id)'],
  },
  {
    name: 'not null not valid',
    since: 18,
    base: 'create table customer (id bigint primary key, email text)',
    norm: 'alter table customer add constraint mail_given not null email',
    seen: 'alter table customer add constraint mail_given not null email not valid',
    findings: ['breaks: Constraint mail_given of customer was added outside of its migrations.'],
    repair: ['ALTER TABLE customer VALIDATE CONSTRAINT mail_given'],
  },
  {
    name: 'key without overlaps',
    since: 18,
    base: 'create table booking (room int4range, during tsrange)',
    norm: 'alter table booking add constraint no_overlap unique (room, during without overlaps)',
    seen: '',
    findings: ['breaks: Constraint no_overlap of booking is missing.'],
    repair: ['ALTER TABLE booking ADD CONSTRAINT no_overlap UNIQUE (room, during WITHOUT OVERLAPS)'],
  },
]
