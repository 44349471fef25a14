/** From nothing to an active tenant in one transaction, or to nothing again. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ada, firstFiles, makeFleet, ownSlugs, refusalOf, schemaOf, slugsOf, type Fleet, type Outcome } from '../../support/fleet.ts'
import { openGate, waitAt } from '../../support/gate.ts'
import { giveTurns, holdTurns } from '../../support/server-turns.ts'
import { useDatabases } from '../../support/template.ts'

const databases = useDatabases()
const { mark, newSlug } = ownSlugs('o')
let fleet: Fleet

beforeAll(async () => {
  fleet = await makeFleet(databases, { urls: [await databases.empty(), await databases.empty()] })
  await fleet.work()
})
afterAll(async () => {
  await fleet.dropRoles(mark)
  await fleet.close()
})

const roleOf = (slug: string): string => schemaOf(slug)

const lastErrorOf = async (run: number, slug: string) => (await fleet.tenancy.runs.attempts(run, slug)).at(-1)?.error
const stateOf = async (slug: string): Promise<string | undefined> => {
  const [row] = await fleet.control<Array<{ state: string }>>`select state from tenant where slug = ${slug}`
  return row?.state
}
const exists = async (slug: string, schema = schemaOf(slug)): Promise<{ schema: boolean; role: boolean }> => {
  const [row] = await fleet.sql<Array<{ schema: boolean; role: boolean }>>`
    select exists (select from pg_namespace where nspname = ${schema}) as schema, exists (select from pg_roles where rolname = ${roleOf(slug)}) as role`
  return row ?? { schema: false, role: false }
}
const nothing = { schema: false, role: false }

describe('onboarding', () => {
  it('gives the tenant its schema at the newest version, its role, its history, and makes it active', async () => {
    const slug = newSlug('acme')
    const run = await fleet.ended(await fleet.onboard([{ slug, name: 'Acme Corporation', hosts: ['acme.example.com'], labels: { plan: 'pro' } }]))
    expect(run).toMatchObject({ kind: 'onboard', state: 'succeeded' })
    expect(await exists(slug)).toEqual({ schema: true, role: true })
    expect(await fleet.versionsOf(slug)).toEqual(['0001', '0002'])
    expect(await fleet.tenancy.tenants.get(slug)).toMatchObject({
      name: 'Acme Corporation',
      state: 'active',
      hosts: ['acme.example.com'],
      labels: { plan: 'pro' },
      placements: [{ version: '0002', versionState: 'at_head', role: roleOf(slug) }],
    })
  })

  it('stops at the version that was asked for', async () => {
    const slug = newSlug('older')
    await fleet.ended(await fleet.onboard([slug], { to: '0001' }))
    expect(await fleet.versionsOf(slug)).toEqual(['0001'])
    expect((await fleet.tenancy.tenants.get(slug)).placements).toMatchObject([{ version: '0001', versionState: 'behind', pending: [{ version: '0002' }] }])
    expect((await fleet.roll({ selection: { kind: 'tenants', slugs: [slug] } })).state).toBe('succeeded')
  })

  it('runs the seed of the set last, in the same transaction', async () => {
    const slug = newSlug('seeded')
    await fleet.sync(
      { ...firstFiles, 'seed.sql': `insert into customer (email) values ('first@example.com');\ninsert into orders (customer_id) select id from customer;\n` },
      'seeded',
    )
    await fleet.ended(await fleet.onboard([slug], { set: 'seeded' }))
    expect(
      await fleet.sql`select c.email from ${fleet.sql(schemaOf(slug))}.orders o join ${fleet.sql(schemaOf(slug))}.customer c on c.id = o.customer_id`,
    ).toEqual([{ email: 'first@example.com' }])
  })

  it('builds what is built without a transaction, and what defers its constraints, in the one transaction', async () => {
    const slug = newSlug('mixed')
    await fleet.sync(
      {
        ...firstFiles,
        '0003_index.sql': '-- tenantry: transaction=off\ncreate index concurrently by_email on customer (email);\ndrop index concurrently by_email;\n',
        '0004_cycle.sql':
          'create table a (id int primary key, b int not null);\ncreate table b (id int primary key, a int not null references a deferrable initially deferred);\nalter table a add foreign key (b) references b deferrable initially deferred;\n',
        '0005_rows.sql': 'insert into a values (1, 1);\ninsert into b values (1, 1);\n',
        '0006_alter.sql': 'alter table a add column c int;\n',
      },
      'mixed',
    )
    const run = await fleet.ended(await fleet.onboard([slug], { set: 'mixed' }))
    expect(await lastErrorOf(run.id, slug)).toBeNull()
    expect(await fleet.versionsOf(slug)).toHaveLength(6)
  })

  it('puts tenants where they are to be, many at once', async () => {
    const slugs = slugsOf(40, `${mark}-many`)
    const run = await fleet.ended(await fleet.onboard(slugs.map((slug, index) => ({ slug, database: index % 2 === 0 ? 'db1' : 'db2' }))))
    expect(run).toMatchObject({ state: 'succeeded', counts: { succeeded: 40 } })
    const there = await fleet.open(1)<Array<{ n: number }>>`select count(*)::int as n from pg_namespace where nspname like ${`tenant_${mark}_many%`}`
    expect(there).toEqual([{ n: 20 }])
    expect((await fleet.verified(run.id)).verified).toMatchObject({ targets: 40, mismatches: 0 })
  })
})

describe('the tenant’s role', () => {
  it('may use what is in its own schema, also what later migrations add, and nothing else', async () => {
    const [mine, other] = [newSlug('mine'), newSlug('other')]
    await fleet.sync(firstFiles, 'roles')
    await fleet.ended(await fleet.onboard([mine, other], { set: 'roles' }))
    await fleet.sync(
      {
        '0003_more.sql':
          'create table more (id bigint generated always as identity, note text); create function three() returns int language sql as $$ select 3 $$;',
      },
      'roles',
    )
    await fleet.roll({ set: 'roles' })
    const as = (statement: string) =>
      fleet.sql
        .begin(async (sql) => {
          await sql.unsafe(`set local role "${roleOf(mine)}"; set local search_path to "${schemaOf(mine)}"`)
          return sql.unsafe(statement)
        })
        .then(
          (rows) => (rows.length > 0 ? Object.values(rows[0] ?? {})[0] : 'done'),
          (error: { code: string }) => error.code,
        )
    expect(await as(`insert into customer (email) values ('a@x') returning id::int`)).toBe(1)
    expect(await as(`insert into more (note) values ('x') returning id::int`)).toBe(1)
    expect(await as('update customer set email = lower(email) returning email')).toBe('a@x')
    expect(await as('select three()')).toBe(3)
    expect(await as('delete from more returning note')).toBe('x')
    const denied = '42501'
    expect(await as(`select * from "${schemaOf(other)}".customer`)).toBe(denied)
    expect(await as(`create table "${schemaOf(other)}".mine (id int)`)).toBe(denied)
    expect(await as('select * from tenantry_history')).toBe(denied)
    expect(await as(`insert into tenantry_history (version, name, checksum) values ('9', 'x', 'x')`)).toBe(denied)
    expect(await as('delete from tenantry_history')).toBe(denied)
    expect(await as('create table extra (id int)')).toBe(denied)
    expect(await as('alter table customer add column x int')).toBe(denied)
    expect(await as('drop table customer')).toBe(denied)
    expect(await as('create role another')).toBe(denied)
    expect(await fleet.sql`select rolcanlogin, rolsuper, rolcreaterole, rolbypassrls from pg_roles where rolname = ${roleOf(mine)}`).toEqual([
      { rolcanlogin: false, rolsuper: false, rolcreaterole: false, rolbypassrls: false },
    ])
  })
})

describe('an onboarding that fails', () => {
  it('at a migration or in the seed leaves no schema, no role and no active tenant, and can be repeated', async () => {
    const [migration, seed] = [newSlug('migration'), newSlug('seed')]
    await fleet.sync({ ...firstFiles, '0003_bad.sql': 'create table fine (id int);\nselect 1 / 0;\n' }, 'badmigration')
    await fleet.sync({ ...firstFiles, 'seed.sql': 'insert into customer (email) values (null);' }, 'badseed')
    const first = await fleet.ended(await fleet.onboard([migration], { set: 'badmigration' }))
    const second = await fleet.ended(await fleet.onboard([seed], { set: 'badseed' }))
    expect([first.state, second.state]).toEqual(['failed', 'failed'])
    expect(await lastErrorOf(first.id, migration)).toMatchObject({ code: '22012', file: '0003_bad.sql', line: 2 })
    expect(await lastErrorOf(second.id, seed)).toMatchObject({ code: '23502', file: 'seed.sql', line: 1 })
    for (const slug of [migration, seed]) {
      expect(await exists(slug)).toEqual(nothing)
      expect(await stateOf(slug)).toBe('provisioning')
    }
    await fleet.sync({ '0003_bad.sql': 'create table fine (id int);\n' }, 'badmigration')
    expect(await refusalOf(fleet.tenancy.runs.rerun(ada, { run: first.id, note: '' }))).toMatchObject({
      code: 'run.plan_changed',
      details: { problem: expect.stringContaining('onboard these tenants again') },
    })
    await fleet.sync({ 'seed.sql': `insert into customer (email) values ('a@x');` }, 'badseed')
    expect((await fleet.ended(await fleet.onboard([migration], { set: 'badmigration' }))).state).toBe('succeeded')
    expect((await fleet.ended(await fleet.onboard([seed], { set: 'badseed' }))).state).toBe('succeeded')
    expect([await stateOf(migration), await stateOf(seed)]).toEqual(['active', 'active'])
  })

  it('because schema or role are there touches neither, says so, and succeeds once they are gone', async () => {
    const [schema, role] = [newSlug('schema'), newSlug('role')]
    await fleet.sql.unsafe(`create schema "${schemaOf(schema)}"; create table "${schemaOf(schema)}".precious (id int); create role "${roleOf(role)}"`)
    const run = await fleet.ended(await fleet.onboard([schema, role]))
    expect(await lastErrorOf(run.id, schema)).toMatchObject({ code: 'schema_exists', hint: expect.stringContaining('baseline') })
    expect(await lastErrorOf(run.id, role)).toMatchObject({ code: 'role_exists' })
    expect(await exists(schema)).toEqual({ schema: true, role: false })
    expect(await exists(role)).toEqual({ schema: false, role: true })
    expect(await fleet.columnsOf(schemaOf(schema), 'precious')).toEqual(['id'])
    await fleet.sql.unsafe(`drop schema "${schemaOf(schema)}" cascade; drop role "${roleOf(role)}"`)
    const { run: again } = await fleet.tenancy.runs.rerun(ada, { run: run.id, note: '' })
    expect((await fleet.ended(again)).state).toBe('succeeded')
    expect(await exists(schema)).toEqual({ schema: true, role: true })
  })

  it('is one tenant’s: the others of the same call become active', async () => {
    const [good, bad, fine] = [newSlug('good'), newSlug('bad'), newSlug('fine')]
    await fleet.sql.unsafe(`create schema "${schemaOf(bad)}"`)
    await fleet.ended(await fleet.onboard([good, bad, fine]))
    expect([await stateOf(good), await stateOf(bad), await stateOf(fine)]).toEqual(['active', 'provisioning', 'active'])
  })

  it('may be repeated with another schema, and with the first one again', async () => {
    const slug = newSlug('moved')
    const schemas = [`${slug}-first`, `${slug}-second`]
    for (const schema of schemas) await fleet.sql.unsafe(`create schema "${schema}"`)
    for (const schema of schemas) expect((await fleet.ended(await fleet.onboard([{ slug, schema }]))).state).toBe('failed')
    await fleet.sql.unsafe(`drop schema "${schemas[0]}"`)
    expect((await fleet.ended(await fleet.onboard([{ slug, schema: schemas[0] }]))).state).toBe('succeeded')
    expect((await fleet.tenancy.tenants.get(slug)).placements).toMatchObject([{ schema: schemas[0] }])
    await fleet.sql.unsafe(`drop schema "${schemas[1]}"`)
    const other = newSlug('heir')
    expect((await fleet.ended(await fleet.onboard([{ slug: other, schema: schemas[1] }]))).state).toBe('succeeded')
  })

  it('may be repeated in another database', async () => {
    const slug = newSlug('moving')
    await fleet.sql.unsafe(`create schema "${schemaOf(slug)}"`)
    expect((await fleet.ended(await fleet.onboard([{ slug, database: 'db1' }]))).state).toBe('failed')
    expect((await fleet.ended(await fleet.onboard([{ slug, database: 'db2' }]))).state).toBe('succeeded')
    expect((await fleet.tenancy.tenants.get(slug)).placements).toMatchObject([{ database: 'db2' }])
  })

  it('in a second set of an active tenant can be repeated too, and its role serves both', async () => {
    const slug = newSlug('two')
    await fleet.ended(await fleet.onboard([slug]))
    await fleet.sync({ '0001_events.sql': 'create table event (id int);' }, 'analytics')
    const schema = `${schemaOf(slug)}_analytics`
    await fleet.sql.unsafe(`create schema "${schema}"`)
    expect((await fleet.ended(await fleet.onboard([{ slug, schema }], { set: 'analytics' }))).state).toBe('failed')
    expect(await stateOf(slug)).toBe('active')
    await fleet.sql.unsafe(`drop schema "${schema}"`)
    expect((await fleet.ended(await fleet.onboard([{ slug, schema }], { set: 'analytics' }))).state).toBe('succeeded')
    const [row] = await fleet.sql<Array<{ may: boolean }>>`select has_table_privilege(${roleOf(slug)}, ${`"${schema}".event`}, 'select') as may`
    expect(row).toEqual({ may: true })
    expect(await refusalOf(fleet.onboard([{ slug, schema }], { set: 'analytics' }))).toMatchObject({ code: 'tenant.exists' })
  })

  it('because it was cancelled can be repeated', async () => {
    const slugs = slugsOf(6, newSlug('cancelled'))
    await fleet.sync({ '0001_slow.sql': `create table a (id int); ${waitAt('cancelled')}` }, 'slow')
    const run = await fleet.onboard(slugs, { set: 'slow' })
    await fleet.tenancy.runs.cancel(ada, { run })
    await openGate(fleet.sql, 'cancelled')
    await fleet.ended(run)
    const { cancelled = [] } = await fleet.itemsOf(run)
    expect(cancelled.length).toBeGreaterThan(0)
    for (const slug of cancelled) expect(await exists(slug)).toEqual(nothing)
    expect((await fleet.ended(await fleet.onboard(cancelled, { set: 'slow' }))).state).toBe('succeeded')
  })
})

/** A server that has not answered within a second is no reason against: asked again until each has. One of the rows is refused in any case. */
const refusedFully = async (rows: Parameters<Fleet['onboard']>[0], isFull: (details: Outcome['details']) => boolean): Promise<Outcome> => {
  let refusal: Outcome = { code: '', details: {} }
  await fleet.until('the refusal of all', async () => {
    refusal = await refusalOf(fleet.onboard(rows))
    expect(refusal.code).toBe('onboard.baseline')
    return isFull(refusal.details)
  })
  return refusal
}

describe('a schema that is there already', () => {
  it('is adopted at the version that it is said to be at, with nothing run', async () => {
    const slug = newSlug('adopted')
    const schema = `Legacy ${slug}`
    await fleet.sql.unsafe(
      `create schema "${schema}"; create table "${schema}".customer (id int, email text); insert into "${schema}".customer values (7, 'a@x')`,
    )
    expect((await fleet.ended(await fleet.onboard([{ slug, schema, baseline: '0001' }]))).state).toBe('succeeded')
    expect(await fleet.sql`select version, baseline from ${fleet.sql(schema)}.tenantry_history`).toEqual([{ version: '0001', baseline: true }])
    expect(await fleet.columnsOf(schema, 'customer')).toEqual(['id', 'email'])
    expect(
      await fleet.sql`select has_table_privilege(${roleOf(slug)}, ${`"${schema}".customer`}, 'select') as reads, has_table_privilege(${roleOf(slug)}, ${`"${schema}".tenantry_history`}, 'select') as history`,
    ).toEqual([{ reads: true, history: false }])
    expect((await fleet.tenancy.tenants.get(slug)).placements).toMatchObject([{ schema, version: '0001', versionState: 'behind' }])
    const run = await fleet.roll({ selection: { kind: 'tenants', slugs: [slug] } })
    expect(await lastErrorOf(run.id, slug)).toMatchObject({ code: '42704', version: '0002' })
  })

  it('is not adopted when it is not there, which is said of every tenant before a run is made', async () => {
    const [there, missing, elsewhere, wrong] = [newSlug('there'), newSlug('missing'), newSlug('elsewhere'), newSlug('wrong')]
    for (const slug of [there, wrong]) await fleet.sql.unsafe(`create schema "${schemaOf(slug)}"`)
    await fleet.sql.unsafe(`create schema "${schemaOf(elsewhere)}"`)
    const [before] = await fleet.control`select count(*)::int as runs from run`
    const rows = [
      { slug: there, baseline: '0001' },
      { slug: missing, baseline: '0001' },
      { slug: wrong, baseline: '0099' },
      { slug: elsewhere, baseline: '0001', database: 'db2' },
    ]
    const refusal = await refusedFully(rows, ({ count }) => count === 3)
    expect(refusal.details.problems).toEqual([
      { slug: wrong, message: 'set “app” has no version 0099 to adopt it at' },
      { slug: missing, message: `there is no schema “${schemaOf(missing)}” in database “db1”` },
      { slug: elsewhere, message: `there is no schema “${schemaOf(elsewhere)}” in database “db2”` },
    ])
    expect(await fleet.control`select count(*)::int as runs from run`).toEqual([before])
    expect(await stateOf(there)).toBeUndefined()
    expect((await fleet.ended(await fleet.onboard([{ slug: there, baseline: '0001' }]))).state).toBe('succeeded')
  })

  it('is not adopted from a database that cannot be asked', async () => {
    const slug = newSlug('unasked')
    const name = new URL(fleet.urls[1] ?? '').pathname.slice(1)
    await fleet.sql.unsafe(`alter database "${name}" allow_connections false`)
    try {
      const rows = [
        { slug, baseline: '0001', database: 'db2' },
        { slug: newSlug('wrong'), baseline: '0099' },
      ]
      const { details } = await refusedFully(rows, ({ count }) => count === 2)
      expect(details.problem).toMatch(/database “db2” could not be asked[^]*No connection to[^]*Try again when it answers/)
      expect(await stateOf(slug)).toBeUndefined()
    } finally {
      await fleet.sql.unsafe(`alter database "${name}" allow_connections true`)
    }
  })

  it('is started with within a second when its database takes longer to say whether it is there; then its item tells', async () => {
    const [there, missing, elsewhere] = [newSlug('late'), newSlug('late-missing'), newSlug('late-elsewhere')]
    await fleet.sql.unsafe(`create schema "${schemaOf(there)}"`)
    await holdTurns(fleet.control)
    const began = Date.now()
    const run = await fleet.onboard([
      { slug: there, baseline: '0001' },
      { slug: missing, baseline: '0001' },
      { slug: elsewhere, baseline: '0001', database: 'db2' },
    ])
    const tookMs = Date.now() - began
    await giveTurns(fleet.control)
    // Nobody had given the turn up yet.
    expect(tookMs).toBeLessThan(5_000)
    await fleet.ended(run)
    expect(await fleet.itemsOf(run)).toEqual({ succeeded: [there], failed: [elsewhere, missing].toSorted() })
    expect(await lastErrorOf(run, missing)).toMatchObject({ code: 'schema_missing', message: expect.stringContaining(schemaOf(missing)) })
  })

  it('is not adopted against its own history, and nothing of the try is left', async () => {
    const slug = newSlug('contrary')
    const schema = schemaOf(slug)
    await fleet.ended(await fleet.onboard([slug]))
    const copy = newSlug('copy')
    await fleet.sql.unsafe(
      `create schema "${schemaOf(copy)}"; create table "${schemaOf(copy)}".tenantry_history (like "${schema}".tenantry_history including all); insert into "${schemaOf(copy)}".tenantry_history select * from "${schema}".tenantry_history`,
    )
    const run = await fleet.ended(await fleet.onboard([{ slug: copy, baseline: '0001' }]))
    expect(run.state).toBe('failed')
    expect(await exists(copy)).toEqual({ schema: true, role: false })
    expect((await fleet.ended(await fleet.onboard([{ slug: copy, baseline: '0002' }]))).state).toBe('succeeded')
  })

  it('belongs to one tenant: nobody else gets it, in no set', async () => {
    const [owner, other] = [newSlug('owner'), newSlug('second')]
    await fleet.ended(await fleet.onboard([owner]))
    expect(await refusalOf(fleet.onboard([{ slug: other, schema: schemaOf(owner) }]))).toMatchObject({ code: 'schema.taken', details: { slug: owner } })
    expect(await refusalOf(fleet.onboard([{ slug: other, schema: schemaOf(owner), baseline: '0001' }]))).toMatchObject({ code: 'schema.taken' })
    await fleet.sync({ '0001_x.sql': 'create table x (id int);' }, 'elsewhere')
    expect(await refusalOf(fleet.onboard([{ slug: other, schema: schemaOf(owner) }], { set: 'elsewhere' }))).toMatchObject({ code: 'schema.taken' })
    const third = newSlug('third')
    const both = await refusalOf(
      fleet.onboard([
        { slug: other, schema: 'one' },
        { slug: third, schema: 'one' },
      ]),
    )
    expect(both).toMatchObject({ code: 'schema.claimed_twice', details: { schema: 'one', database: 'db1', slugs: [other, third] } })
    expect(await stateOf(other)).toBeUndefined()
  })
})

describe('a host', () => {
  it('belongs to one tenant, whatever its state', async () => {
    const [owner, other, third] = [newSlug('hosted'), newSlug('later'), newSlug('last')]
    const host = `${owner}.example.com`
    await fleet.ended(await fleet.onboard([{ slug: owner, hosts: [host] }]))
    await fleet.tenancy.tenants.suspend(ada, { selection: { kind: 'tenants', slugs: [owner] }, reason: '' })
    expect(await refusalOf(fleet.onboard([{ slug: other, hosts: ['free.example.com', host] }]))).toEqual({
      code: 'host.taken',
      details: { host, slug: owner, state: 'suspended' },
    })
    const twice = [other, third].map((slug) => ({ slug, hosts: [`${other}.example.com`] }))
    expect(await refusalOf(fleet.onboard(twice))).toMatchObject({ code: 'host.claimed_twice', details: { slugs: [other, third] } })
    expect(await stateOf(other)).toBeUndefined()
  })

  it('that several ask for at the same instant goes to one of them', async () => {
    const slugs = [1, 2, 3, 4].map((n) => newSlug(`host${n}`))
    const host = `${mark}-raced.example.com`
    const outcomes = await Promise.all(slugs.map((slug) => refusalOf(fleet.onboard([{ slug, hosts: [host] }]))))
    expect(outcomes.map(({ code }) => code).toSorted()).toEqual(['host.taken', 'host.taken', 'host.taken', 'none'])
  })
})

describe('several at once', () => {
  it('for the same slug make exactly one tenant', async () => {
    const slug = newSlug('raced')
    const outcomes = await Promise.all(
      [1, 2, 3].map(() =>
        fleet.onboard([slug]).then(
          (run) => ({ run, code: 'started' }),
          (error: { code: string }) => ({ run: 0, code: error.code }),
        ),
      ),
    )
    const started = outcomes.filter(({ code }) => code === 'started')
    expect(started).toHaveLength(1)
    for (const { code } of outcomes) expect(['started', 'run.targets_busy', 'tenant.exists']).toContain(code)
    expect((await fleet.ended(started[0]?.run ?? 0)).state).toBe('succeeded')
    expect(await refusalOf(fleet.onboard([slug]))).toMatchObject({ code: 'tenant.exists', details: { slug } })
    expect(await fleet.sql`select 1 from pg_namespace where nspname = ${schemaOf(slug)}`).toHaveLength(1)
  })

  it('for the same schema give it to one tenant, and tell the others whose it is', async () => {
    const slugs = [1, 2, 3, 4].map((n) => newSlug(`claim${n}`))
    const schema = `${mark}_claimed`
    const outcomes = await Promise.all(slugs.map((slug) => refusalOf(fleet.onboard([{ slug, schema }]))))
    expect(outcomes.map(({ code }) => code).toSorted()).toEqual(['none', 'schema.taken', 'schema.taken', 'schema.taken'])
    const winner = slugs.find((_, index) => outcomes[index]?.code === 'none')
    for (const { code, details } of outcomes) if (code === 'schema.taken') expect(details).toMatchObject({ schema, slug: winner })
  })

  it('with the same slugs in other orders are refused in words, never by a deadlock', async () => {
    const slugs = slugsOf(120, newSlug('ring'))
    const orders = [slugs, slugs.toReversed(), [...slugs.slice(60), ...slugs.slice(0, 60)]]
    const outcomes = await Promise.all(
      orders.map((order) =>
        fleet.onboard(order).then(
          () => 'started',
          (error: { code: string }) => error.code,
        ),
      ),
    )
    expect(outcomes.filter((code) => code === 'started')).toHaveLength(1)
    for (const code of outcomes) expect(['started', 'run.targets_busy', 'tenant.exists']).toContain(code)
    // While the conductor makes one after the other active, in an order of its own.
    for (let call = 0; call < 25; call += 1) {
      const again = await Promise.all(
        [orders[1] ?? [], orders[2] ?? []].map((order) =>
          fleet.onboard(order).then(
            () => 'started',
            (error: { code: string }) => error.code,
          ),
        ),
      )
      for (const code of again) expect(['run.targets_busy', 'tenant.exists']).toContain(code)
    }
  })
})
