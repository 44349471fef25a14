/** Sets whose schemas hold their own name where a rename does not reach: they are found out, said, and built as ever. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { firstFiles, type Fleet } from '../../support/fleet.ts'
import { closePoolFleet, emptyPools, makeLimitedUser, makePoolFleet, poolNames, poolOf, poolRows, setSize, untilReady } from '../../support/pool.ts'
import { useDatabases } from '../../support/template.ts'

const databases = useDatabases()
const mark = `pu${process.pid}`
let fleet: Fleet

beforeAll(async () => {
  fleet = await makePoolFleet(databases)
  await fleet.work()
})
afterAll(() => closePoolFleet(fleet, mark))

/** Lets a migration write the schema's name down where nobody can see it beforehand: by a function, which may name it. */
const byFunction = (statement: string): string =>
  `create function own_name() returns text language sql as $$ select current_schema()::text $$; ${statement.replaceAll('current_schema()', 'own_name()')}; drop function own_name()`
/** A format of one text, carried out. */
const carriedOut = (format: string, value = 'current_schema()'): string => byFunction(`do $$ begin execute format('${format}', ${value}); end $$`)

const problemOf = async (set: string): Promise<string> => {
  await fleet.until(`a problem of ${set}`, async () => ((await poolOf(fleet, set))?.problem ?? null) !== null)
  return (await poolOf(fleet, set))?.problem ?? ''
}

describe('a set that cannot be pooled', () => {
  const cases = [
    ['a comment', carriedOut(`comment on table customer is %L`), 'The comment on table customer holds the name'],
    ['a default', carriedOut(`alter table customer alter email set default %L`), 'The default of customer.email holds the name'],
    ['a check', carriedOut(`alter table customer add constraint own check (email <> %L)`), 'Constraint own holds the name'],
    ['an index', carriedOut(`create index own on customer (email) where email = %L`), 'Index own holds the name'],
    ['a view', carriedOut(`create view own as select %L::text as here`), 'View own holds the name'],
    [
      'an argument of a trigger',
      `create function noted() returns trigger language plpgsql as $$ begin return new; end $$; ${carriedOut('create trigger own before insert on customer for each row execute function noted(%L)')}`,
      'Trigger own of customer holds the name',
    ],
    ['a policy', carriedOut(`create policy own on customer using (email = %L)`), 'Policy own of customer holds the name'],
    ['a name', carriedOut('create table %I (id int)', `'of_' || current_schema()`), 'The name of table'],
    ['a label', carriedOut(`create type own as enum (%L)`), 'A label of type own holds the name'],
    ['a row', byFunction(`insert into customer (email) values (current_schema())`), 'A row of table customer holds the name'],
    ['a shared table', `create table linked (id int references public.shared_with_all (id))`, '0003_own.sql names a table outside of the tenant’s schema'],
    [
      'a migration that an empty schema refuses',
      `do $$ begin if not exists (select from customer) then raise exception 'nobody is here'; end if; end $$`,
      '0003_own.sql failed in an empty schema: nobody is here',
    ],
    ['a body in standard SQL', carriedOut(`create function own() returns text language sql begin atomic select %L::text; end`), 'Function own holds the name'],
    ['a part of the name', byFunction(`insert into customer (email) values (split_part(current_schema(), '_', 4))`), 'A row of table customer holds the name'],
    ['capitals', byFunction(`insert into customer (email) values (upper(current_schema()))`), 'A row of table customer holds the name'],
    ['bytes', byFunction(`create table raw (b bytea); insert into raw values (convert_to(current_schema(), 'UTF8'))`), 'A row of table raw holds the name'],
    [
      'a function with a part of it',
      carriedOut('create function own() returns text language sql as %L', `'select ' || quote_literal(upper(current_schema()))`),
      'Function own holds the name',
    ],
    [
      'a statement that asks for its schema',
      `insert into customer (email) values (md5(current_schema()))`,
      '0003_own.sql asks for the name of its schema (current_schema on line 1)',
    ],
    ['the word without brackets', `\n\ninsert into customer (email) values (md5(current_schema))`, '(current_schema on line 3)'],
    [
      'a block that asks for it',
      `do $$ begin\n execute 'insert into customer (email) values (md5((current_schemas(false))[1]))'; end $$`,
      '(current_schemas on line 2)',
    ],
    ['a setting', `insert into customer (email) values (md5(current_setting('search_path')))`, '(search_path on line 1)'],
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

  it('for a seed that asks for its schema says so', async () => {
    await fleet.sync({ ...firstFiles, 'seed.sql': `insert into customer (email) values (md5(current_schema()));` }, 'unfit-seed')
    await setSize(fleet, 1, 'unfit-seed')
    expect(await problemOf('unfit-seed')).toContain('seed.sql asks for the name of its schema (current_schema on line 1)')
    await setSize(fleet, 0, 'unfit-seed')
  })

  it('keeps nothing', async () => {
    await fleet.until('nothing to be kept', async () => (await poolNames(fleet)).schemas.length === 0 && (await poolRows(fleet)).length === 0)
    for (const [what] of cases) await setSize(fleet, 0, setOf(what))
  })

  it('is none for what functions and comments name, nor for a function that keeps its path', async () => {
    const named = `
      create function here() returns text language sql set search_path from current as $$ select current_schema()::text $$;
      alter function here() set search_path from current;
      -- current_schema is named here
      do $$ begin /* and search_path here */ perform 1; end $$;`
    await fleet.sync({ ...firstFiles, '0003_own.sql': named }, 'fit')
    await setSize(fleet, 1, 'fit')
    await untilReady(fleet, 1, 'fit')
    await setSize(fleet, 0, 'fit')
  })

  it('is tried again when somebody has mended it', async () => {
    await fleet.sync({ ...firstFiles, '0003_own.sql': `${byFunction('insert into customer (email) values (current_schema())')};` }, 'mended')
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

describe('rows that even their owner may not see', () => {
  it('make a set unfit, unless there are none', async () => {
    const user = `unseeing_${mark}`
    const { url, drop } = await makeLimitedUser(databases, fleet, user)
    const hidden = `alter table customer enable row level security; alter table customer force row level security;`
    const limited = await makePoolFleet(databases, { urls: [url], files: { ...firstFiles, '0003_own.sql': hidden } })
    try {
      await limited.work()
      await setSize(limited, 1)
      await untilReady(limited, 1)
      await limited.sync({ ...firstFiles, '0003_own.sql': `${byFunction('insert into customer (email) values (current_schema())')}; ${hidden}` }, 'secret')
      await setSize(limited, 1, 'secret')
      await limited.until('a problem', async () => ((await poolOf(limited, 'secret'))?.problem ?? null) !== null)
      expect((await poolOf(limited, 'secret'))?.problem).toBe(
        'Row-level security hides rows of table customer from its own owner, so nobody can tell whether they hold the name of the schema',
      )
      await emptyPools(limited)
    } finally {
      await limited.sql.unsafe(`drop owned by ${user}`)
      await limited.close()
      await drop()
    }
  })

  it('an owner whose name has capitals has a pool', async () => {
    const user = `Own-${mark}`
    const { url, drop } = await makeLimitedUser(databases, fleet, user)
    const capital = await makePoolFleet(databases, { urls: [url] })
    try {
      await capital.work()
      await setSize(capital, 1)
      await untilReady(capital, 1)
      const slug = `${mark}-capital`
      const run = await capital.onboard([slug])
      expect((await capital.ended(run)).state).toBe('succeeded')
      expect(await capital.tenancy.runs.attempts(run, slug)).toMatchObject([{ claimed: true }])
      await emptyPools(capital)
    } finally {
      await capital.sql.unsafe(`drop owned by "${user}"`)
      await capital.close()
      await drop()
    }
  })
})
