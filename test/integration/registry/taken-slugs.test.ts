/** Which slugs may be had is told before anything is sent: one by one, and for a whole file at once. */
import { sql } from 'kysely'
import postgres from 'postgres'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Library } from '../../../lib/tenancy/context.ts'
import { checkOnboardCsv, checkOnboarding } from '../../../lib/tenancy/provision/check-csv.ts'
import { addDatabase } from '../../../lib/tenancy/registry/databases.ts'
import { checkSlug, takenSlugs } from '../../../lib/tenancy/registry/taken-slugs.ts'
import { useDatabases } from '../../support/template.ts'
import { ada, openLibrary, seedFleet } from './fleet.ts'

const databases = useDatabases()
let library: Library
beforeAll(async () => {
  library = await openLibrary(databases)
  await seedFleet(library)
  await sql`insert into migration_set (name) values ('analytics')`.execute(library.control.db)
})
afterAll(() => library.control.close())

it('a file is told every slug that is taken, reserved or there twice, with its line', async () => {
  const csv = 'slug,name\nnew-one,New\nacme,Acme\nadmin,Admin\n"helm","two\nlines"\nBad,x\nacme,again\n'
  const { rows, problems, problemCount } = await checkOnboardCsv(library, csv, 'app')
  expect(rows).toEqual([])
  expect(problemCount).toBe(5)
  expect(problems).toEqual([
    { line: 3, column: 'slug', message: '“acme” is taken; choose another one' },
    { line: 4, column: 'slug', message: '“admin” is a reserved name; choose another one' },
    { line: 5, column: 'slug', message: '“helm” is taken; choose another one' },
    { line: 7, column: 'slug', message: '“Bad” must start with a letter and hold only lower-case letters a–z, digits and single hyphens between them' },
    { line: 8, column: 'slug', message: '“acme” is there already in line 3' },
  ])
})

it('a file is told by line of databases, versions, schemas and hosts as well, and none hides another', async () => {
  const csv = [
    'slug,hosts,database,schema,baseline',
    'ok-1,,nodb,,',
    'ok-2,,app,s1,',
    'ok-3,,app,s1,',
    'ok-4,acme.example.com,,,0009',
    'acme,,nodb,,',
    'Bad,,nodb,,',
    'ok-5,new.example.com,,tenant_beta,',
    'ok-6,NEW.example.com,,,',
    'ok-7,,eu-1,s1,',
    '"ok-8,,nodb,,',
  ].join('\n')
  const { problems, notes } = await checkOnboardCsv(library, csv, 'app')
  expect(problems.map(({ line, column, message }) => [line, column, message.split(';')[0]])).toEqual([
    [2, 'database', '“nodb” is no database here'],
    [4, 'schema', '“s1” in database “app” is claimed in line 3 already'],
    [5, 'hosts', '“acme.example.com” belongs to tenant “acme” (active)'],
    [5, 'baseline', '“0009” is no version of set “app”, whose newest is 0004'],
    [6, 'slug', '“acme” is taken'],
    [6, 'database', '“nodb” is no database here'],
    [7, 'slug', expect.stringContaining('must start with a letter')],
    [7, 'database', '“nodb” is no database here'],
    [8, 'schema', '“tenant_beta” in database “app” belongs to tenant “beta”'],
    [9, 'hosts', '“new.example.com” is there already in line 8'],
    [11, null, expect.stringContaining('quote')],
  ])
  // The addresses of this fleet lead nowhere.
  expect(notes).toEqual([expect.stringContaining('“app”'), expect.stringContaining('“eu-1”')])
})

it('schemas are looked for on their server within a second, and it is said when that could not be', async () => {
  const control = await openLibrary(databases)
  const url = await databases.empty()
  const server = postgres(url, { max: 1, onnotice: () => {} })
  await server`create schema tenant_there`
  await addDatabase(control, ada, { name: 'live', url })
  await sql`insert into migration_set (name) values ('app')`.execute(control.control.db)
  await sql`insert into migration_content values ('c', 'select 1')`.execute(control.control.db)
  await sql`insert into migration (set_id, version, position, name, file, checksum, prefix_digest, transactional)
    values (1, '0001', 1, 'a', '0001_a.sql', 'c', 'p', true)`.execute(control.control.db)
  const csv = 'slug,baseline\nthere,\nnew-one,\nadopted,0001\n'
  // On a busy machine the look may come too late, and says so.
  let seen = await checkOnboardCsv(control, csv, 'app')
  while (seen.notes.length > 0) seen = await checkOnboardCsv(control, csv, 'app')
  expect(seen.problems.map(({ line, column, message }) => [line, column, message.split(';')[0]])).toEqual([
    [2, 'schema', '“tenant_there” is there already in database “live”'],
    [4, 'schema', '“tenant_adopted” is not there in database “live”, so there is nothing to adopt'],
  ])
  // One that is being typed is told the same, by field.
  const typed = async (input: { readonly slug: string; readonly baseline?: string; readonly schema?: string; readonly database?: string }) => {
    let check = await checkOnboarding(control, { set: 'app', hosts: [], ...input })
    for (let left = 20; left > 0 && check.notes.length > 0; left -= 1) check = await checkOnboarding(control, { set: 'app', hosts: [], ...input })
    return check.problems.map(({ field, message }) => [field, message.split(';')[0]])
  }
  expect(await typed({ slug: 'there' })).toEqual([['schema', '“tenant_there” is there already in database “live”']])
  expect(await typed({ slug: 'there', baseline: '0001' })).toEqual([])
  expect(await typed({ slug: 'there', schema: 'tenant_else' })).toEqual([])
  expect(await typed({ slug: 'new-one' })).toEqual([])
  expect(await typed({ slug: 'new-one', baseline: '0009' })).toEqual([
    ['schema', '“tenant_new_one” is not there in database “live”, so there is nothing to adopt'],
    ['baseline', '“0009” is no version of set “app”, whose newest is 0001'],
  ])
  // What an onboarding that was cut short has left there, the next try takes up.
  await sql`
    with n as (insert into tenant (slug, name, state) values ('there', 'There', 'provisioning') returning id),
    t as (insert into target (set_id, database_id, schema_name, isolation) values (1, 1, 'tenant_there', 'schema') returning id)
    insert into placement (tenant_id, set_id, target_id, isolation, role_name) select n.id, 1, t.id, 'schema', 'tenant_there' from n, t`.execute(
    control.control.db,
  )
  expect(await typed({ slug: 'there' })).toEqual([])
  expect(await typed({ slug: 'there', database: 'nodb' })).toEqual([['database', '“nodb” is no database here']])
  const since = performance.now()
  await server.begin(async (lock) => {
    await lock`lock table pg_catalog.pg_namespace in access exclusive mode`
    const unseen = await checkOnboardCsv(control, csv, 'app')
    expect(unseen.problems).toEqual([])
    expect(unseen.notes).toEqual([expect.stringMatching(/could not be looked at in database “live”/)])
  })
  // The lock was held all the time.
  expect(performance.now() - since).toBeLessThan(10_000)
  await server.end()
  await control.control.close()
})

it('ten thousand slugs are looked up in one query, and all problems are counted', async () => {
  await sql`insert into tenant (slug, name, state) select 'many-' || i, 'Many', 'suspended' from generate_series(1, 150) i`.execute(library.control.db)
  const free = Array.from({ length: 9_850 }, (_, index) => `free-${index}`)
  const many = Array.from({ length: 150 }, (_, index) => `many-${index + 1}`)
  expect(await takenSlugs(library, [...free, ...many], 'app')).toHaveLength(150)
  const { problems, problemCount } = await checkOnboardCsv(library, `slug\n${[...free, ...many].join('\n')}`, 'app')
  expect(problemCount).toBe(150)
  expect(problems).toHaveLength(100)
  expect(problems[0]?.line).toBe(9_852)
  expect((await checkOnboardCsv(library, `slug\n${free.join('\n')}`, 'app')).rows).toHaveLength(9_850)
})

it('an active tenant may get a place in another set by file; as a new tenant its slug is taken', async () => {
  expect(await takenSlugs(library, ['acme', 'helm', 'new-one'], 'analytics')).toEqual(['helm'])
  expect(await takenSlugs(library, ['acme', 'helm', 'new-one'])).toEqual(['acme', 'helm'])
})

it('what a failed onboarding left may be tried again, but not while another run is at it', async () => {
  expect(await checkSlug(library, 'isle')).toEqual({ available: true, problem: null })
  await sql`with ta as (insert into target (set_id, database_id, schema_name, isolation) values (1, 1, 'tenant_isle', 'schema') returning id),
      p as (insert into placement (tenant_id, set_id, target_id, isolation, role_name)
        select t.id, 1, ta.id, 'schema', 'tenant_isle' from tenant t, ta where t.slug = 'isle' returning tenant_id, target_id),
      r as (insert into run (kind, state, set_id, migrations, digest, started_by) values ('onboard', 'queued', 1, '[]', 'd', 'ada') returning id)
    insert into run_item (run_id, position, target_id, tenant_id, server_id, state) select r.id, 1, p.target_id, p.tenant_id, 1, 'pending' from r, p`.execute(
    library.control.db,
  )
  expect((await checkSlug(library, 'isle')).available).toBe(false)
  expect(await takenSlugs(library, ['isle'], 'app')).toEqual(['isle'])
  expect(await takenSlugs(library, ['isle'], 'analytics')).toEqual([])
})
