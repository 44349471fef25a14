/** A tenant that was given a ready schema is, by all that PostgreSQL's catalogs say, the same as one that was built. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { schemaOf, type Fleet } from '../../support/fleet.ts'
import { closePoolFleet, emptyPools, makeLimitedUser, makePoolFleet, setSize, untilReady } from '../../support/pool.ts'
import { structureOf } from '../../support/structure.ts'
import { useDatabases } from '../../support/template.ts'

const databases = useDatabases()
const mark = `pq${process.pid}`
let fleet: Fleet

/** Something of everything that a schema can hold, also what names its schema. */
const everything: Readonly<Record<string, string>> = {
  '0001_types.sql': `
    create type mood as enum ('calm', 'busy');
    create domain email as text check (value like '%@%') default 'nobody@example.com';
    create type place as (city text, zip text);
    create sequence invoice_number start 1000 increment 10;
    comment on type mood is 'How it goes';`,
  '0002_tables.sql': `
    create table customer (id bigint generated always as identity primary key, mail email not null, feels mood default 'calm', lives place, number bigint default nextval('invoice_number'),
      lower_mail text generated always as (lower(mail::text)) stored, created_at timestamptz not null default now(), unique (mail), constraint mail_is_short check (length(mail::text) < 100));
    comment on table customer is 'Who pays';
    comment on column customer.mail is 'Where the bill goes';
    create table part (id serial, at date not null, note text collate "C") partition by range (at);
    create table part_2026 partition of part for values from ('2026-01-01') to ('2027-01-01');
    create table child (extra int) inherits (customer);
    create unlogged table scratch (n int) with (fillfactor = 70);
    alter table customer alter column mail set statistics 500;
    create statistics customer_stats (dependencies) on mail, feels from customer;
    alter table customer drop column created_at;`,
  '0003_more.sql': `
    create index by_lower_mail on customer (lower(mail::text)) where feels = 'busy';
    create index by_at on part (at);
    create table orders (id uuid primary key default gen_random_uuid(), customer_id bigint references customer on delete cascade deferrable initially deferred);`,
  '0004_views.sql': `
    create view busy as select c.id, c.mail from customer c where c.feels = 'busy';
    create materialized view counted as select count(*) as n from customer;
    create unique index on counted (n);
    create rule no_delete as on delete to busy do instead nothing;
    comment on view busy is 'Those with no time';`,
  '0005_functions.sql': `
    create function here() returns text language sql stable set search_path from current as $$ select current_schema()::text $$;
    create function count_customers() returns bigint language plpgsql set search_path from current set work_mem = '8MB' as $$ begin return (select count(*) from customer); end $$;
    create function own_name() returns text language sql as $$ select current_schema()::text $$;
    do $do$ begin execute format('create function named() returns text language sql as %L', 'select ' || quote_literal(own_name()) || '::text'); end $do$;
    create procedure tidy(keep int default 3) language plpgsql security definer set search_path from current as $$ begin delete from scratch where n > keep; end $$;
    create function twice(n int) returns int language sql immutable strict parallel safe as $$ select 2 * n $$;
    create aggregate total (int) (sfunc = int4pl, stype = int, initcond = '0');
    comment on function here() is 'Says where it is';
    revoke execute on function twice(int) from public;`,
  '0006_triggers.sql': `
    create function touch() returns trigger language plpgsql set search_path from current as $$ begin new.feels := 'busy'; return new; end $$;
    create trigger touch_customer before update on customer for each row when (old.mail is distinct from new.mail) execute function touch('one', 'two');
    alter table orders enable row level security;
    create policy own_orders on orders for select using (customer_id in (select id from customer where feels = 'calm'));
    alter table orders force row level security;
    alter table orders disable row level security;
    revoke select on scratch from public;
    grant select (id) on customer to public;`,
  'seed.sql': `insert into customer (mail) values ('first@example.com'), ('second@example.com'); insert into part (at, note) values ('2026-05-01', 'seeded'); refresh materialized view counted;`,
}

beforeAll(async () => {
  fleet = await makePoolFleet(databases, { files: everything })
  await fleet.work()
})
afterAll(() => closePoolFleet(fleet, mark))

const onboard = async (slug: string, set = 'app'): Promise<boolean> => {
  const run = await fleet.onboard([slug], { set })
  expect((await fleet.ended(run)).state).toBe('succeeded')
  return (await fleet.tenancy.runs.attempts(run, slug)).at(-1)?.claimed === true
}
const structure = (slug: string) => structureOf(fleet.sql, { schema: schemaOf(slug), role: schemaOf(slug) })

describe('a claimed tenant', () => {
  it('is the same as a built one', async () => {
    const [built, claimed] = [`${mark}-built`, `${mark}-given`]
    expect(await onboard(built)).toBe(false)
    await setSize(fleet, 1)
    await untilReady(fleet, 1)
    expect(await onboard(claimed)).toBe(true)
    const [one, other] = [await structure(built), await structure(claimed)]
    expect(one.length).toBeGreaterThan(130)
    expect(other).toEqual(one)
    expect(other.join('\n')).not.toContain('tenantry_pool_')
  })

  it('has functions that work under its own name', async () => {
    const schema = schemaOf(`${mark}-given`)
    const [row] =
      await fleet.sql`select ${fleet.sql(schema)}.here() as here, ${fleet.sql(schema)}.named() as named, ${fleet.sql(schema)}.count_customers()::int as count`
    expect(row).toEqual({ here: schema, named: schema, count: 2 })
  })

  it('goes on as any other: it takes the next migration, and its role may use what that adds', async () => {
    await fleet.sync({ '0007_next.sql': 'create table later (id int); alter table customer add column more text;' })
    expect((await fleet.roll()).state).toBe('succeeded')
    expect(await structure(`${mark}-given`)).toEqual(await structure(`${mark}-built`))
    await untilReady(fleet, 1)
  })

  it('is the same where the tenant has its role already, by another set on that server', async () => {
    await setSize(fleet, 0)
    const second = { ...everything, '0008_own.sql': 'create table own (id int); revoke insert on own from public;' }
    await fleet.sync(second, 'second')
    const [built, claimed] = [`${mark}-built`, `${mark}-given`]
    const inSecond = async (slug: string): Promise<boolean> => {
      const run = await fleet.onboard([{ slug, schema: `second_${slug.replaceAll('-', '_')}` }], { set: 'second' })
      expect((await fleet.ended(run)).state).toBe('succeeded')
      return (await fleet.tenancy.runs.attempts(run, slug)).at(-1)?.claimed === true
    }
    const of = (slug: string) => structureOf(fleet.sql, { schema: `second_${slug.replaceAll('-', '_')}`, role: schemaOf(slug) })
    expect(await inSecond(built)).toBe(false)
    await setSize(fleet, 1, 'second')
    await untilReady(fleet, 1, 'second')
    expect(await inSecond(claimed)).toBe(true)
    expect(await of(claimed)).toEqual(await of(built))
  })

  it('has not drifted, nor have the others: built or given, rolled out, of one set or two', async () => {
    expect(await fleet.tenancy.observation.now({ structure: true })).toMatchObject({ unread: [] })
    const { sets } = await fleet.tenancy.drift.overview()
    expect(sets.map(({ set, compared, drifted, unknown }) => [set, compared, drifted, unknown])).toEqual([
      ['app', 2, 0, 0],
      ['second', 2, 0, 0],
    ])
  })
})

describe('a user with no more rights than are asked for', () => {
  it('makes, claims and drops ready schemas', async () => {
    const user = `limited_${mark}`
    const { url, drop } = await makeLimitedUser(databases, fleet, user)
    const limited = await makePoolFleet(databases, { urls: [url], files: everything })
    try {
      await limited.work()
      const [built, claimed] = [`${mark}-own`, `${mark}-off`]
      for (const [size, slug] of [
        [0, built],
        [1, claimed],
      ] as const) {
        await setSize(limited, size)
        if (size > 0) await untilReady(limited, size)
        const run = await limited.onboard([slug])
        expect((await limited.ended(run)).state).toBe('succeeded')
        expect((await limited.tenancy.runs.attempts(run, slug)).at(-1)?.claimed).toBe(size > 0)
      }
      const of = (slug: string) => structureOf(limited.sql, { schema: schemaOf(slug), role: schemaOf(slug) })
      expect(await of(claimed)).toEqual(await of(built))
      await limited.tenancy.observation.now({ structure: true })
      expect((await limited.tenancy.drift.overview()).sets).toMatchObject([{ compared: 2, drifted: 0, unknown: 0 }])
      await emptyPools(limited)
    } finally {
      await limited.sql.unsafe(`drop owned by ${user}`)
      await limited.close()
      await drop()
    }
  })
})
