/** Tenants that came to the same version in every way there is: none of them may be taken for drifted. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect } from 'vitest'
import { schemaOf, slugsOf, type Fleet } from './fleet.ts'
import { setSize, untilReady } from './pool.ts'

const exec = promisify(execFile)

/** What the fleet begins with. */
export const firstOfAll: Readonly<Record<string, string>> = {
  '0001_init.sql': `
    create type mood as enum ('calm', 'busy');
    create table customer (id bigint generated always as identity primary key, email text not null unique, feels mood default 'calm');
    create table orders (id serial primary key, customer_id bigint references customer on delete cascade, total numeric(12,2) not null default 0 check (total >= 0));
    create view busy as select id, email from customer where feels = 'busy';
    create function count_customers() returns bigint language sql stable set search_path from current as $$ select count(*) from customer $$;
    comment on table customer is 'Who pays';\n`,
}
const second = {
  ...firstOfAll,
  '0002_more.sql': `
    alter table orders add column note text, drop column total; alter table orders add column total numeric(14,2) not null default 0;
    create index orders_customer_idx on orders (customer_id) include (note) where note is not null;
    alter type mood add value 'gone';
    alter table customer enable row level security; create policy own on customer using (email = current_user);\n`,
}
const third = {
  ...second,
  '0003_steps.sql': '-- tenantry: transaction=off\ncreate index concurrently customer_lower_idx on customer (lower(email));\n',
  '0004_last.sql': `
    create function touch() returns trigger language plpgsql as $$ begin new.note := upper(new.note); return new; end $$;
    create trigger touch before insert or update on orders for each row execute function touch();
    create materialized view totals as select customer_id, sum(total) as total from orders group by customer_id;\n`,
}

/** Whether pg_dump is there and can read that server: a newer server's catalogs are beyond an older one. */
export const dumps = async (major: number): Promise<boolean> => {
  try {
    const { stdout } = await exec('pg_dump', ['--version'])
    return Number(/ (\d+)/.exec(stdout)?.[1] ?? 0) >= major
  } catch {
    return false
  }
}

const dumpAndRestore = async (fleet: Fleet, slug: string): Promise<void> => {
  const schema = schemaOf(slug)
  const { stdout } = await exec('pg_dump', ['--inserts', '--schema', schema, fleet.urls[0] ?? ''], { maxBuffer: 64 * 2 ** 20 })
  await fleet.sql.unsafe(`drop schema "${schema}" cascade`)
  // psql's own commands, which no server knows.
  await fleet.sql.unsafe(`${stdout.replaceAll(/^\\.*$/gm, '')}; reset all`)
}

/**
 * @param mark of the slugs, unique on the server
 * @param each tenants for each way
 * @param withDumps whether some are dumped and restored, which pg_dump is needed for
 */
export const expectNoFalseAlarm = async (fleet: Fleet, mark: string, each: number, withDumps: boolean): Promise<void> => {
  const onboard = async (slugs: readonly string[]): Promise<void> => {
    const run = await fleet.onboard([...slugs])
    expect([(await fleet.ended(run, 600_000)).state, await fleet.tenancy.runs.failures(run)]).toEqual(['succeeded', []])
    await fleet.verified(run)
  }
  const roll = async (slugs: readonly string[]): Promise<void> => {
    const run = await fleet.start({ selection: { kind: 'tenants', slugs: [...slugs] } })
    expect((await fleet.ended(run, 600_000)).state).toBe('succeeded')
    await fleet.verified(run)
  }
  // Built at the first version: some stay there, some go one further, some all the way.
  const old = slugsOf(each * 3, `${mark}o`)
  await onboard(old)
  await fleet.sync(second)
  await roll(old.slice(each))
  const middle = slugsOf(each, `${mark}m`)
  await onboard(middle)
  await fleet.sync(third)
  await roll(old.slice(each * 2))
  const young = slugsOf(each, `${mark}y`)
  await onboard(young)
  const pooled = slugsOf(each, `${mark}p`)
  for (let index = 0; index < pooled.length; index += 60) {
    const some = pooled.slice(index, index + 60)
    await setSize(fleet, some.length)
    await untilReady(fleet, some.length)
    await onboard(some)
  }
  await setSize(fleet, 0)
  const claimed = await fleet.control`select 1 from attempt where claimed`
  expect(claimed.length).toBe(pooled.length)
  if (withDumps) for (const slug of [...young.slice(0, each / 2), ...middle.slice(0, each / 2)]) await dumpAndRestore(fleet, slug)
  await fleet.tenancy.observation.now({ structure: true })
  const [set] = (await fleet.tenancy.drift.overview()).sets
  const told = set?.shapes.map(({ version, state, tenants, findings, problem }) => [version, state, tenants, findings.map(({ sentence }) => sentence), problem])
  expect([told, set?.unknown]).toEqual([
    [
      ['0004', 'norm', each * 3, [], null],
      ['0002', 'norm', each * 2, [], null],
      ['0001', 'norm', each, [], null],
    ],
    0,
  ])
}
