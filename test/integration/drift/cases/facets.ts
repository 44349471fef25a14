/** Comments, rights, owners, and names that need quotes. */
import type { Case } from './case.ts'

export const facetCases: readonly Case[] = [
  {
    name: 'comments',
    base: 'create table customer (id bigint primary key, email text);create function touch() returns trigger language plpgsql as $$ begin return new; end $$;create trigger touch_customer before update on customer for each row execute function touch()',
    norm: "comment on table customer is 'Who pays'; comment on column customer.email is E'It''s \\\\ here'; comment on constraint customer_pkey on customer is 'Key'; comment on function touch() is 'T'; comment on trigger touch_customer on customer is 'Tr'",
    seen: "comment on table customer is 'Who does not'; comment on schema $schema is 'Odd'",
    findings: [
      'harmless: The schema has a comment it should not have, Odd.',
      'harmless: Table customer has the comment Who does not instead of Who pays.',
      "harmless: Column email of customer lacks its comment It's \\ here.",
      'harmless: Constraint customer_pkey of customer lacks its comment Key.',
      'harmless: Function touch() lacks its comment T.',
      'harmless: Trigger touch_customer of customer lacks its comment Tr.',
    ],
    repair: [
      'DO $do$BEGIN EXECUTE format($$COMMENT ON SCHEMA %I IS NULL$$, current_schema()); END$do$',
      "COMMENT ON TABLE customer IS 'Who pays'",
      "COMMENT ON COLUMN customer.email IS  E'It''s \\\\ here'",
      "COMMENT ON CONSTRAINT customer_pkey ON customer IS 'Key'",
      "COMMENT ON FUNCTION touch() IS 'T'",
      "COMMENT ON TRIGGER touch_customer ON customer IS 'Tr'",
    ],
  },
  {
    name: 'rights',
    base: 'create table customer (id bigint primary key, email text);create function touch() returns trigger language plpgsql as $$ begin return new; end $$;create sequence number; create type mood as enum ()',
    norm: 'grant select, insert on customer to $role; grant update (email) on customer to $role with grant option; grant usage on sequence number to $role; grant usage on schema $schema to $role; revoke execute on function touch() from public; revoke usage on type mood from public',
    seen: 'grant delete on customer to public',
    findings: [
      'breaks: The schema gives other rights: the tenant lacks USAGE.',
      'breaks: Type mood gives other rights: everybody has USAGE in addition.',
      'breaks: Sequence number gives other rights: the tenant lacks USAGE.',
      'breaks: Table customer gives other rights: everybody has DELETE in addition, the tenant lacks INSERT, SELECT.',
      'breaks: Column email of customer gives other rights: the tenant lacks UPDATE with grant option.',
      'breaks: Function touch() gives other rights: everybody has EXECUTE in addition.',
    ],
    repair: [
      "DO $do$BEGIN EXECUTE format($$GRANT USAGE ON SCHEMA %I TO %I$$, current_schema(), current_setting('tenantry.role')); END$do$",
      'REVOKE USAGE ON TYPE mood FROM PUBLIC',
      "DO $do$BEGIN EXECUTE format($$GRANT USAGE ON SEQUENCE number TO %I$$, current_setting('tenantry.role')); END$do$",
      'REVOKE DELETE ON TABLE customer FROM PUBLIC',
      "DO $do$BEGIN EXECUTE format($$GRANT INSERT, SELECT ON TABLE customer TO %I$$, current_setting('tenantry.role')); END$do$",
      "DO $do$BEGIN EXECUTE format($$GRANT UPDATE (email) ON TABLE customer TO %I WITH GRANT OPTION$$, current_setting('tenantry.role')); END$do$",
      'REVOKE EXECUTE ON ROUTINE touch() FROM PUBLIC',
    ],
  },
  {
    name: 'default rights',
    norm: 'alter default privileges in schema $schema grant select, insert on tables to $role; alter default privileges in schema $schema grant execute on functions to $role',
    seen: 'alter default privileges in schema $schema grant select on tables to public',
    findings: [
      'breaks: The schema gives other rights on what is made in it: functions made by owner: the tenant lacks EXECUTE, tables made by owner: everybody has SELECT in addition, tables made by owner: the tenant lacks INSERT, SELECT.',
    ],
    repair: [
      "DO $do$BEGIN EXECUTE format($$ALTER DEFAULT PRIVILEGES FOR ROLE %I IN SCHEMA %I GRANT EXECUTE ON FUNCTIONS TO %I$$, (SELECT pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname = current_schema()), current_schema(), current_setting('tenantry.role')); END$do$",
      'DO $do$BEGIN EXECUTE format($$ALTER DEFAULT PRIVILEGES FOR ROLE %I IN SCHEMA %I REVOKE SELECT ON TABLES FROM PUBLIC$$, (SELECT pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname = current_schema()), current_schema()); END$do$',
      "DO $do$BEGIN EXECUTE format($$ALTER DEFAULT PRIVILEGES FOR ROLE %I IN SCHEMA %I GRANT INSERT, SELECT ON TABLES TO %I$$, (SELECT pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname = current_schema()), current_schema(), current_setting('tenantry.role')); END$do$",
    ],
  },
  {
    name: 'owner',
    base: 'create table customer (id bigint primary key, email text)',
    norm: '',
    seen: 'alter table customer owner to $role; grant create on schema $schema to $role',
    findings: [
      'breaks: Table customer belongs to tenant instead of the owner of the schema.',
      'harmless: The schema gives other rights: the tenant has CREATE in addition.',
    ],
    repair: [
      'DO $do$BEGIN EXECUTE format($$ALTER TABLE customer OWNER TO %I$$, (SELECT pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname = current_schema())); END$do$',
      "DO $do$BEGIN EXECUTE format($$REVOKE CREATE ON SCHEMA %I FROM %I$$, current_schema(), current_setting('tenantry.role')); END$do$",
    ],
  },
  {
    name: 'names that need quotes',
    base: 'create table "Or der" (id int, "Na""me" text); create table "select" (id int primary key)',
    norm: `alter table "Or der" add "User" int not null default 5, add constraint "Fk!" foreign key (id) references "select"; create index "I x" on "Or der" ("Na""me"); create sequence "S q" owned by "Or der"."User"; create view "V w" as select "Na""me" from "Or der"; create function "F n"("A" int) returns int language sql as $$ select 1 $$; create policy "P y" on "Or der" using ("Na""me" = 'x'); comment on column "Or der"."User" is 'C'; alter table "Or der" replica identity full`,
    seen: '',
    findings: [
      'breaks: Table Or der lacks the replica identity full.',
      'breaks: Column User of Or der is missing.',
      'breaks: Constraint Fk! of Or der is missing.',
      'breaks: View V w is missing.',
      'breaks: Function F n(integer) is missing.',
      'breaks: Policy P y of Or der is missing.',
      'slows: Index I x of Or der is missing.',
    ],
    repair: [
      'CREATE SEQUENCE "S q"',
      'SET LOCAL check_function_bodies = off',
      `CREATE FUNCTION "F n"("A" integer)
RETURNS integer
LANGUAGE sql
AS $$ select 1 $$`,
      'ALTER TABLE "Or der" ADD COLUMN "User" integer DEFAULT 5 NOT NULL',
      'ALTER SEQUENCE "S q" OWNED BY "Or der"."User"',
      'CREATE INDEX "I x" ON "Or der" USING btree ("Na""me")',
      'ALTER TABLE "Or der" ADD CONSTRAINT "Fk!" FOREIGN KEY (id) REFERENCES "select"(id)',
      'ALTER TABLE "Or der" REPLICA IDENTITY FULL',
      `CREATE VIEW "V w" AS
SELECT "Na""me"
   FROM "Or der"`,
      `CREATE POLICY "P y" ON "Or der" USING (("Na""me" = 'x'::text))`,
      `COMMENT ON COLUMN "Or der"."User" IS 'C'`,
    ],
  },
]
