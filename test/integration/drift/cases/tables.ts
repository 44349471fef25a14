/** Tables as a whole. */
import type { Case } from './case.ts'

export const tableCases: readonly Case[] = [
  {
    name: 'table missing',
    norm: "create sequence number; create table customer (id bigint generated always as identity primary key, email varchar(100) not null default 'x', n bigint default nextval('number'), serial_no serial, low text generated always as (lower(email)) stored, unique (email), check (n > 0)); create table orders (id int primary key, customer_id bigint not null references customer on delete cascade); create index orders_customer_id_idx on orders (customer_id) where id > 5; comment on table orders is 'What was bought'; grant select, insert on orders to $role; alter table orders enable row level security; create policy own on orders to $role using (id > 0)",
    seen: 'create sequence number',
    findings: ['breaks: Table customer is missing.', 'breaks: Table orders is missing.'],
    repair: [
      'CREATE SEQUENCE customer_serial_no_seq AS integer',
      `CREATE TABLE customer (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  email character varying(100) DEFAULT 'x'::character varying NOT NULL,
  n bigint DEFAULT nextval('number'::regclass),
  serial_no integer DEFAULT nextval('customer_serial_no_seq'::regclass) NOT NULL,
  low text GENERATED ALWAYS AS (lower((email)::text)) STORED,
  CONSTRAINT customer_email_key UNIQUE (email),
  CONSTRAINT customer_n_check CHECK ((n > 0)),
  CONSTRAINT customer_pkey PRIMARY KEY (id)
)`,
      `CREATE TABLE orders (
  id integer NOT NULL,
  customer_id bigint NOT NULL,
  CONSTRAINT orders_pkey PRIMARY KEY (id)
)`,
      'ALTER SEQUENCE customer_serial_no_seq OWNED BY customer.serial_no',
      'ALTER TABLE orders ADD CONSTRAINT orders_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customer(id) ON DELETE CASCADE',
      'CREATE INDEX orders_customer_id_idx ON orders USING btree (customer_id) WHERE id > 5',
      'ALTER TABLE orders ENABLE ROW LEVEL SECURITY',
      "DO $do$BEGIN EXECUTE format($$CREATE POLICY own ON orders TO %I USING ((id > 0))$$, current_setting('tenantry.role')); END$do$",
      "DO $do$BEGIN EXECUTE format($$GRANT INSERT, SELECT ON TABLE orders TO %I$$, current_setting('tenantry.role')); END$do$",
      "COMMENT ON TABLE orders IS 'What was bought'",
    ],
  },
  {
    name: 'tables that need each other missing',
    norm: 'create table a (id int primary key, b int); create table b (id int primary key, a int references a); alter table a add constraint a_b_fkey foreign key (b) references b',
    seen: '',
    findings: ['breaks: Table a is missing.', 'breaks: Table b is missing.'],
    repair: [
      `CREATE TABLE b (
  id integer NOT NULL,
  a integer,
  CONSTRAINT b_pkey PRIMARY KEY (id)
)`,
      `CREATE TABLE a (
  id integer NOT NULL,
  b integer,
  CONSTRAINT a_pkey PRIMARY KEY (id)
)`,
      'ALTER TABLE a ADD CONSTRAINT a_b_fkey FOREIGN KEY (b) REFERENCES b(id)',
      'ALTER TABLE b ADD CONSTRAINT b_a_fkey FOREIGN KEY (a) REFERENCES a(id)',
    ],
  },
  {
    name: 'partitioned table missing',
    norm: "create table part (id int, at date not null, primary key (id, at)) partition by range (at); create table part_2026 partition of part for values from ('2026-01-01') to ('2027-01-01'); create table part_rest partition of part default; create index part_at_idx on part (at)",
    seen: '',
    findings: ['breaks: Table part is missing.', 'breaks: Table part_2026 is missing.', 'breaks: Table part_rest is missing.'],
    repair: [
      `CREATE TABLE part (
  id integer NOT NULL,
  at date NOT NULL,
  CONSTRAINT part_pkey PRIMARY KEY (id, at)
)
PARTITION BY RANGE (at)`,
      "CREATE TABLE part_2026 PARTITION OF part FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')",
      'CREATE TABLE part_rest PARTITION OF part DEFAULT',
      'CREATE INDEX part_at_idx ON part USING btree (at)',
    ],
  },
  {
    name: 'partition missing',
    base: 'create table part (id int, at date not null) partition by range (at); create table part_rest partition of part default; create index part_at_idx on part (at)',
    norm: "create table part_2026 partition of part for values from ('2026-01-01') to ('2027-01-01')",
    seen: '',
    findings: ['breaks: Table part_2026 is missing.'],
    repair: ["CREATE TABLE part_2026 PARTITION OF part FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')"],
  },
  {
    name: 'partition detached',
    base: "create table part (id int, at date not null) partition by range (at); create table part_2026 partition of part for values from ('2026-01-01') to ('2027-01-01'); create index part_at_idx on part (at)",
    norm: '',
    seen: 'alter table part detach partition part_2026',
    findings: ['breaks: Table part_2026 is no partition of part.'],
    repair: ["ALTER TABLE part ATTACH PARTITION part_2026 FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')"],
  },
  {
    name: 'heir missing',
    base: 'create table customer (id bigint primary key, email text)',
    norm: 'create table vip (level int) inherits (customer)',
    seen: '',
    findings: ['breaks: Table vip is missing.'],
    repair: [
      `CREATE TABLE vip (
  level integer
)
INHERITS (customer)`,
    ],
  },
  {
    name: 'inheritance mismatched',
    base: 'create table customer (id bigint primary key, email text); create table vip (id bigint not null, email text, level int)',
    norm: 'alter table vip inherit customer',
    seen: '',
    findings: ['breaks: Table vip is no heir of customer.'],
    repair: ['ALTER TABLE vip INHERIT customer'],
  },
  {
    name: 'table of a type missing',
    base: 'create type place as (city text, zip text)',
    norm: 'create table places of place (primary key (city))',
    seen: '',
    findings: ['breaks: Table places is missing.'],
    repair: [
      `CREATE TABLE places OF place (
  CONSTRAINT places_pkey PRIMARY KEY (city)
)`,
    ],
  },
  {
    name: 'table extra',
    norm: '',
    seen: 'create table backup_2026 (id int); create index on backup_2026 (id)',
    findings: ['harmless: Table backup_2026 was added outside of its migrations.'],
    left: ['Table backup_2026 was added outside of its migrations. It may hold data: drop it by hand, or make it a migration.'],
  },
  {
    name: 'table unlogged',
    base: 'create table customer (id bigint primary key, email text)',
    norm: '',
    seen: 'alter table customer set unlogged',
    findings: ['breaks: Table customer is unlogged: its rows are gone after a crash.'],
    repair: ['ALTER TABLE customer SET LOGGED'],
  },
  {
    name: 'table logged',
    base: 'create table customer (id bigint primary key, email text)',
    norm: 'alter table customer set unlogged',
    seen: '',
    findings: ['breaks: Table customer is logged, and should be unlogged.'],
    repair: ['ALTER TABLE customer SET UNLOGGED'],
  },
  {
    name: 'row security off',
    base: 'create table customer (id bigint primary key, email text)',
    norm: 'alter table customer enable row level security',
    seen: '',
    findings: ['breaks: Row security of customer is off.'],
    repair: ['ALTER TABLE customer ENABLE ROW LEVEL SECURITY'],
  },
  {
    name: 'row security on',
    base: 'create table customer (id bigint primary key, email text)',
    norm: '',
    seen: 'alter table customer enable row level security',
    findings: ['breaks: Row security of customer is on.'],
    repair: ['ALTER TABLE customer DISABLE ROW LEVEL SECURITY'],
  },
  {
    name: 'row security forced',
    base: 'create table customer (id bigint primary key, email text)',
    norm: 'alter table customer force row level security',
    seen: '',
    findings: ['breaks: Row security of customer does not hold for its owner.'],
    repair: ['ALTER TABLE customer FORCE ROW LEVEL SECURITY'],
  },
  {
    name: 'replica identity',
    base: 'create table customer (id bigint primary key, email text);create unique index customer_email on customer (id)',
    norm: 'alter table customer replica identity full',
    seen: 'alter table customer replica identity using index customer_pkey',
    findings: ['breaks: Table customer has the replica identity index customer_pkey instead of full.'],
    repair: ['ALTER TABLE customer REPLICA IDENTITY FULL'],
  },
  {
    name: 'partition key mismatched',
    norm: 'create table part (id int, at date) partition by range (at)',
    seen: 'create table part (id int, at date) partition by range (id)',
    findings: ['breaks: Table part is partitioned by RANGE (id) instead of RANGE (at).'],
    left: ['Table part is partitioned by RANGE (id) instead of RANGE (at). PostgreSQL changes this only by making the table anew.'],
  },
  {
    name: 'table storage',
    base: 'create table customer (id bigint primary key, email text)',
    norm: 'alter table customer set (fillfactor = 70, autovacuum_enabled = off)',
    seen: 'alter table customer set (fillfactor = 80, toast.autovacuum_enabled = off)',
    findings: ['slows: Table customer has the options fillfactor=80, toast.autovacuum_enabled=false instead of autovacuum_enabled=false, fillfactor=70.'],
    repair: ['ALTER TABLE customer RESET (toast.autovacuum_enabled)', 'ALTER TABLE customer SET (autovacuum_enabled=false, fillfactor=70)'],
  },
  {
    name: 'column order',
    norm: 'create table customer (id int, email text, phone text)',
    seen: 'create table customer (id int, phone text, email text)',
    findings: ['harmless: Columns of customer are in another order.'],
    left: ['Columns of customer are in another order. Columns are added behind the others: their order changes only when the table is written anew.'],
  },
]
