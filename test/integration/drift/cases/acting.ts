/** Triggers, rules and policies. */
import type { Case } from './case.ts'

export const actingCases: readonly Case[] = [
  {
    name: 'trigger missing',
    base: 'create table customer (id bigint primary key, email text);create function touch() returns trigger language plpgsql as $$ begin return new; end $$',
    norm: 'create trigger touch_customer before update on customer for each row when (old.email is distinct from new.email) execute function touch(1)',
    seen: '',
    findings: ['breaks: Trigger touch_customer of customer is missing.'],
    repair: ["CREATE TRIGGER touch_customer BEFORE UPDATE ON customer FOR EACH ROW WHEN (old.email IS DISTINCT FROM new.email) EXECUTE FUNCTION touch('1')"],
  },
  {
    name: 'trigger extra',
    base: 'create table customer (id bigint primary key, email text);create function touch() returns trigger language plpgsql as $$ begin return new; end $$',
    norm: '',
    seen: 'create trigger touch_customer before update on customer for each row execute function touch()',
    findings: ['breaks: Trigger touch_customer of customer was added outside of its migrations.'],
    repair: ['DROP TRIGGER touch_customer ON customer'],
  },
  {
    name: 'trigger mismatched',
    base: 'create table customer (id bigint primary key, email text);create function touch() returns trigger language plpgsql as $$ begin return new; end $$',
    norm: 'create trigger touch_customer before update on customer for each row execute function touch()',
    seen: 'create trigger touch_customer after insert or update on customer for each statement execute function touch()',
    findings: ['breaks: Trigger touch_customer of customer is defined otherwise.'],
    repair: ['DROP TRIGGER touch_customer ON customer', 'CREATE TRIGGER touch_customer BEFORE UPDATE ON customer FOR EACH ROW EXECUTE FUNCTION touch()'],
  },
  {
    name: 'trigger disabled',
    base: 'create table customer (id bigint primary key, email text);create function touch() returns trigger language plpgsql as $$ begin return new; end $$;create trigger touch_customer before update on customer for each row execute function touch()',
    norm: '',
    seen: 'alter table customer disable trigger touch_customer',
    findings: ['breaks: Trigger touch_customer of customer is disabled.'],
    repair: ['ALTER TABLE customer ENABLE TRIGGER touch_customer'],
  },
  {
    name: 'trigger always',
    base: 'create table customer (id bigint primary key, email text);create function touch() returns trigger language plpgsql as $$ begin return new; end $$;create trigger touch_customer before update on customer for each row execute function touch()',
    norm: 'alter table customer enable always trigger touch_customer',
    seen: '',
    findings: ['breaks: Trigger touch_customer of customer does not fire on a replica.'],
    repair: ['ALTER TABLE customer ENABLE ALWAYS TRIGGER touch_customer'],
  },
  {
    name: 'trigger of partitions missing',
    base: "create table part (id int, at date not null) partition by range (at); create table part_2026 partition of part for values from ('2026-01-01') to ('2027-01-01'); create function touch() returns trigger language plpgsql as $$ begin return new; end $$",
    norm: 'create trigger touch before update on part for each row execute function touch()',
    seen: '',
    findings: ['breaks: Trigger touch of part is missing.'],
    repair: ['CREATE TRIGGER touch BEFORE UPDATE ON part FOR EACH ROW EXECUTE FUNCTION touch()'],
  },
  {
    name: 'rule missing',
    base: 'create table customer (id bigint primary key, email text)',
    norm: 'create rule keep as on delete to customer do instead nothing',
    seen: '',
    findings: ['breaks: Rule keep of customer is missing.'],
    repair: [
      `CREATE RULE keep AS
    ON DELETE TO customer DO INSTEAD NOTHING`,
    ],
  },
  {
    name: 'rule extra',
    base: 'create table customer (id bigint primary key, email text)',
    norm: '',
    seen: 'create rule keep as on delete to customer do instead nothing',
    findings: ['breaks: Rule keep of customer was added outside of its migrations.'],
    repair: ['DROP RULE keep ON customer'],
  },
  {
    name: 'rule mismatched',
    base: 'create table customer (id bigint primary key, email text)',
    norm: 'create rule keep as on delete to customer do instead nothing; create rule log as on update to customer do also notify changed',
    seen: 'create rule keep as on delete to customer where old.id > 5 do instead nothing; create rule log as on update to customer do also notify changed; alter table customer disable rule log',
    findings: ['breaks: Rule keep of customer is defined otherwise.', 'breaks: Rule log of customer is disabled.'],
    repair: [
      'DROP RULE keep ON customer',
      `CREATE RULE keep AS
    ON DELETE TO customer DO INSTEAD NOTHING`,
      'ALTER TABLE customer ENABLE RULE log',
    ],
  },
  {
    name: 'policy missing',
    base: 'create table customer (id bigint primary key, email text)',
    norm: "create policy own on customer as restrictive for update to $role using (id > 0) with check (email like 'a%%')",
    seen: '',
    findings: ['breaks: Policy own of customer is missing.'],
    repair: [
      "DO $do$BEGIN EXECUTE format($$CREATE POLICY own ON customer AS RESTRICTIVE FOR UPDATE TO %I USING ((id > 0)) WITH CHECK ((email ~~ 'a%%%%'::text))$$, current_setting('tenantry.role')); END$do$",
    ],
  },
  {
    name: 'policy extra',
    base: 'create table customer (id bigint primary key, email text)',
    norm: '',
    seen: 'create policy own on customer using (true)',
    findings: ['breaks: Policy own of customer was added outside of its migrations.'],
    repair: ['DROP POLICY own ON customer'],
  },
  {
    name: 'policy mismatched',
    base: 'create table customer (id bigint primary key, email text)',
    norm: 'create policy own on customer for select to public using (id > 0)',
    seen: 'create policy own on customer for select to $role using (id > 1)',
    findings: ['breaks: Policy own of customer holds for tenant instead of public and is for rows where (id > 1) instead of (id > 0).'],
    repair: ['DROP POLICY own ON customer', 'CREATE POLICY own ON customer FOR SELECT USING ((id > 0))'],
  },
]
