/** Sets whose schemas hold their own name where a rename does not reach: they are found out, said, and built as ever. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { firstFiles, type Fleet } from '../../support/fleet.ts'
import { dropRoles, emptyPools, makePoolFleet, poolNames, poolOf, poolRows, setSize, untilReady } from '../../support/pool.ts'
import { useDatabases } from '../../support/template.ts'

const databases = useDatabases()
const mark = `pu${process.pid}`
let fleet: Fleet

beforeAll(async () => {
  fleet = await makePoolFleet(databases)
  await fleet.work()
})
afterAll(async () => {
  await emptyPools(fleet)
  await dropRoles(fleet, `tenant_${mark}`)
  await fleet.close()
})

const problemOf = async (set: string): Promise<string> => {
  await fleet.until(`a problem of ${set}`, async () => ((await poolOf(fleet, set))?.problem ?? null) !== null)
  return (await poolOf(fleet, set))?.problem ?? ''
}

describe('a set that cannot be pooled', () => {
  const cases = [
    ['a comment', `do $$ begin execute format('comment on table customer is %L', current_schema()); end $$`, 'The comment on table customer holds the name'],
    [
      'a default',
      `do $$ begin execute format('alter table customer alter email set default %L', current_schema()); end $$`,
      'The default of customer.email holds the name',
    ],
    [
      'a check',
      `do $$ begin execute format('alter table customer add constraint own check (email <> %L)', current_schema()); end $$`,
      'Constraint own holds the name',
    ],
    ['an index', `do $$ begin execute format('create index own on customer (email) where email = %L', current_schema()); end $$`, 'Index own holds the name'],
    ['a view', `do $$ begin execute format('create view own as select %L::text as here', current_schema()); end $$`, 'View own holds the name'],
    [
      'an argument of a trigger',
      `create function noted() returns trigger language plpgsql as $$ begin return new; end $$; do $$ begin execute format('create trigger own before insert on customer for each row execute function noted(%L)', current_schema()); end $$`,
      'Trigger own of customer holds the name',
    ],
    [
      'a policy',
      `do $$ begin execute format('create policy own on customer using (email = %L)', current_schema()); end $$`,
      'Policy own of customer holds the name',
    ],
    ['a name', `do $$ begin execute format('create table %I (id int)', 'of_' || current_schema()); end $$`, 'The name of table'],
    ['a label', `do $$ begin execute format('create type own as enum (%L)', current_schema()); end $$`, 'A label of type own holds the name'],
    ['a row', `insert into customer (email) values (current_schema())`, 'A row of table customer holds the name'],
    ['a shared table', `create table linked (id int references public.shared_with_all (id))`, '0003_own.sql names a table outside of the tenant’s schema'],
    [
      'a migration that an empty schema refuses',
      `do $$ begin if not exists (select from customer) then raise exception 'nobody is here'; end if; end $$`,
      '0003_own.sql failed in an empty schema: nobody is here',
    ],
    [
      'a body in standard SQL',
      `do $$ begin execute format('create function own() returns text language sql begin atomic select %L::text; end', current_schema()); end $$`,
      'Function own holds the name',
    ],
  ] as const
  const setOf = (what: string): string => `unfit-${what.replaceAll(/[^a-z]+/g, '-')}`

  beforeAll(async () => {
    await fleet.sql`create table if not exists public.shared_with_all (id int primary key)`
    for (const [what, statement] of cases) await fleet.sync({ ...firstFiles, '0003_own.sql': `${statement};` }, setOf(what))
    for (const [what] of cases) await setSize(fleet, 1, setOf(what))
  })

  it.each(cases)('for %s says so', async (what, _, problem) => {
    expect(await problemOf(setOf(what))).toContain(problem)
    expect(await poolOf(fleet, setOf(what))).toMatchObject({ ready: 0, retryAt: null })
  })

  it('keeps nothing', async () => {
    await fleet.until('nothing to be kept', async () => (await poolNames(fleet)).schemas.length === 0 && (await poolRows(fleet)).length === 0)
    for (const [what] of cases) await setSize(fleet, 0, setOf(what))
  })

  it('is tried again when somebody has mended it', async () => {
    await fleet.sync({ ...firstFiles, '0003_own.sql': `insert into customer (email) values (current_schema());` }, 'mended')
    await setSize(fleet, 1, 'mended')
    expect(await problemOf('mended')).toContain('A row of table customer')
    const slug = `${mark}-built`
    const run = await fleet.onboard([slug], { set: 'mended' })
    expect((await fleet.ended(run)).state).toBe('succeeded')
    expect(await fleet.tenancy.runs.attempts(run, slug)).toMatchObject([{ claimed: false }])
    await fleet.sync({ '0004_mended.sql': 'delete from customer;' }, 'mended')
    await untilReady(fleet, 1, 'mended')
    expect(await poolOf(fleet, 'mended')).toMatchObject({ problem: null })
    await setSize(fleet, 0, 'mended')
  })
})
