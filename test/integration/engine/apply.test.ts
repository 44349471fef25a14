import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { schemaName } from '../../../lib/tenancy/contract/commands.ts'
import { firstFiles, makeFleet, schemaOf, type Fleet } from '../../support/fleet.ts'
import { useDatabases } from '../../support/template.ts'

const databases = useDatabases()
let fleet: Fleet
let sets = 0

beforeAll(async () => {
  fleet = await makeFleet(databases)
  await fleet.work()
})
afterAll(() => fleet.close())

/** Tenants of a set of their own, at the first two migrations; `slugs` get its number appended. */
const given = async (slugs: readonly string[], setUp: (schema: string) => string = () => ''): Promise<{ set: string; slugs: string[] }> => {
  sets += 1
  const set = `set${sets}`
  const numbered = slugs.map((slug) => `${slug}${sets}`)
  await fleet.sync(firstFiles, set)
  // Reading the run back looks at the schemas as well: it must not see what the test does to them.
  await fleet.verified(await fleet.onboard(numbered, { set }))
  for (const slug of numbered) await fleet.sql.unsafe(setUp(schemaOf(slug)))
  return { set, slugs: numbered }
}

const lastErrorOf = async (run: number, slug: string) => (await fleet.tenancy.runs.attempts(run, slug)).at(-1)?.error

const namesInPublic = async (): Promise<readonly string[]> => {
  const rows = await fleet.sql<Array<{ name: string }>>`
    select relname as name from pg_class where relnamespace = 'public'::regnamespace
    union all select typname from pg_type where typnamespace = 'public'::regnamespace
    union all select proname from pg_proc where pronamespace = 'public'::regnamespace`
  return rows.map(({ name }) => name)
}

describe('a migration', () => {
  it('commits its structure and its history row in one transaction', async () => {
    const { set, slugs } = await given(['acme'])
    await fleet.sync({ '0003_phone.sql': 'alter table customer add column phone text;' }, set)
    const run = await fleet.roll({ set })
    expect(run.state).toBe('succeeded')
    const schema = schemaOf(slugs[0] ?? '')
    const [row] = await fleet.sql<Array<{ same: boolean; run: string }>>`
      select h.xmin::text = a.xmin::text as same, h.run from ${fleet.sql(schema)}.tenantry_history h, pg_attribute a
      where h.version = '0003' and a.attrelid = ${`${schema}.customer`}::regclass and a.attname = 'phone'`
    expect(row).toEqual({ same: true, run: String(run.id) })
  })

  it('has not ended before it began, wherever it is recorded', async () => {
    const { set, slugs } = await given(Array.from({ length: 20 }, (_, i) => `moment${i}`))
    await fleet.sync({ '0003_phone.sql': 'alter table customer add column phone text;' }, set)
    expect((await fleet.roll({ set })).state).toBe('succeeded')
    const rows = slugs.map((slug) => `select * from ${schemaOf(slug)}.tenantry_history`).join(' union all ')
    expect(await fleet.sql.unsafe(`select count(*)::int as all, count(*) filter (where finished_at >= applied_at)::int as ordered from (${rows}) h`)).toEqual([
      { all: 60, ordered: 60 },
    ])
  })

  it('that fails leaves nothing behind and says which statement of which line, with all that PostgreSQL said', async () => {
    const { set, slugs } = await given(['acme', 'beta'], (schema) =>
      schema.includes('acme') ? `insert into ${schema}.customer (email) values ('a@x'), ('a@x')` : '',
    )
    await fleet.sync(
      {
        '0003_unique.sql':
          '-- one address, one customer\nalter table customer add column phone text;\n\ncreate unique index one_email\n  on customer (email);\ninsert into orders default values;\n',
      },
      set,
    )
    const run = await fleet.roll({ set })
    const [acme = '', beta = ''] = slugs
    expect(await fleet.itemsOf(run.id)).toEqual({ failed: [acme], succeeded: [beta] })
    expect(await lastErrorOf(run.id, acme)).toMatchObject({
      code: '23505',
      message: 'could not create unique index "one_email"',
      detail: 'Key (email)=(a@x) is duplicated.',
      table: 'customer',
      constraint: 'one_email',
      version: '0003',
      file: '0003_unique.sql',
      line: 4,
      statementLine: 4,
      statement: 'create unique index one_email\n  on customer (email)',
      offendingRowsQuery: `SELECT "email", count(*) FROM "${schemaOf(acme)}"."customer" GROUP BY "email" HAVING count(*) > 1 LIMIT 50`,
    })
    expect(await fleet.columnsOf(schemaOf(acme), 'customer')).not.toContain('phone')
    expect(await fleet.versionsOf(acme)).toEqual(['0001', '0002'])
    expect(await fleet.columnsOf(schemaOf(beta), 'customer')).toContain('phone')
  })

  it('keeps the hint and points to the line inside a statement', async () => {
    const { set, slugs } = await given(['acme'])
    await fleet.sync({ '0003_typo.sql': 'select 1;\nupdate customer\nset email = lower(email)\nwhere emial is not null;\n' }, set)
    const run = await fleet.roll({ set })
    expect(await lastErrorOf(run.id, slugs[0] ?? '')).toMatchObject({
      code: '42703',
      hint: expect.stringContaining('customer.email'),
      line: 4,
      statementLine: 2,
      file: '0003_typo.sql',
    })
  })

  it('that is refused at COMMIT is not applied, though every statement went through', async () => {
    const { set, slugs } = await given(
      ['acme'],
      (schema) => `alter table ${schema}.orders add constraint one_total unique (total) deferrable initially deferred`,
    )
    await fleet.sync({ '0003_fill.sql': 'alter table orders add column note text;\ninsert into orders (total) values (1), (1);\n' }, set)
    const run = await fleet.roll({ set })
    const [acme = ''] = slugs
    expect(run.state).toBe('failed')
    expect(await lastErrorOf(run.id, acme)).toMatchObject({ code: '23505', constraint: 'one_total', version: '0003', file: '0003_fill.sql', statement: null })
    expect(await fleet.versionsOf(acme)).toEqual(['0001', '0002'])
    expect(await fleet.columnsOf(schemaOf(acme), 'orders')).not.toContain('note')
  })

  it('of several is a transaction of its own: what was applied before the failing one stays', async () => {
    const { set, slugs } = await given(['acme'])
    await fleet.sync(
      {
        '0003_a.sql': 'alter table customer add column a int;',
        '0004_b.sql': 'alter table customer add column b int; select 1 / 0;',
        '0005_c.sql': 'alter table customer add column c int;',
      },
      set,
    )
    const run = await fleet.roll({ set })
    const [acme = ''] = slugs
    expect(await fleet.versionsOf(acme)).toEqual(['0001', '0002', '0003'])
    expect(await fleet.columnsOf(schemaOf(acme), 'customer')).toEqual(['id', 'email', 'a'])
    expect((await fleet.tenancy.runs.attempts(run.id, acme))[0]).toMatchObject({
      state: 'failed',
      versionsApplied: ['0003'],
      error: { version: '0004', code: '22012' },
    })
    const [row] = (await fleet.tenancy.runs.items({ run: run.id, sort: 'position', descending: false, offset: 0, limit: 10 })).rows
    expect(row).toMatchObject({ slug: acme, state: 'failed', attempts: 1 })
  })

  it('that was applied by somebody else meanwhile is not applied again', async () => {
    const { set, slugs } = await given(['acme', 'beta'])
    const [acme = '', beta = ''] = slugs
    await fleet.sync({ '0003_a.sql': 'alter table customer add column a int;' }, set)
    const [{ checksum } = { checksum: '' }] = (await fleet.tenancy.sets.get(set)).list.slice(-1)
    await fleet.sql.unsafe(
      `alter table ${schemaOf(acme)}.customer add column a int; insert into ${schemaOf(acme)}.tenantry_history (version, name, checksum, finished_at) values ('0003', 'a', '${checksum}', now())`,
    )
    const run = await fleet.roll({ set })
    expect(run.state).toBe('succeeded')
    expect(await fleet.itemsOf(run.id)).toEqual({ skipped: [acme], succeeded: [beta] })
    expect(await fleet.columnsOf(schemaOf(acme), 'customer')).toEqual(['id', 'email', 'a'])
  })

  it('of a history that left the set’s track is not run', async () => {
    const { set, slugs } = await given(['edited', 'beta'])
    const [edited = '', beta = ''] = slugs
    await fleet.sync({ '0003_a.sql': 'alter table customer add column a int;' }, set)
    await fleet.sql`update ${fleet.sql(schemaOf(edited))}.tenantry_history set checksum = 'another' where version = '0002'`
    const run = await fleet.roll({ set })
    expect(await fleet.itemsOf(run.id)).toEqual({ failed: [edited], succeeded: [beta] })
    expect(await lastErrorOf(run.id, edited)).toMatchObject({ code: 'diverged', message: expect.stringContaining('0002') })
    expect(await fleet.columnsOf(schemaOf(edited), 'customer')).not.toContain('a')
  })

  it('does not fall through to public, where a table of that name stands', async () => {
    const { set, slugs } = await given(['acme', 'beta'])
    await fleet.sql.unsafe('create table if not exists public.shared_by_mistake (id int)')
    await fleet.sync({ '0003_mistake.sql': 'alter table shared_by_mistake add column broken int;' }, set)
    const run = await fleet.roll({ set })
    expect(run.state).toBe('failed')
    for (const slug of slugs) expect(await lastErrorOf(run.id, slug)).toMatchObject({ code: '42P01' })
    expect(await fleet.columnsOf('public', 'shared_by_mistake')).toEqual(['id'])
    await fleet.sql.unsafe('drop table public.shared_by_mistake')
  })
})

describe('names', () => {
  it.each([
    ['quotes', `say "hi"; drop schema public cascade; --`],
    ['an apostrophe and a backslash', `o'br\\ien$$`],
    ['upper case', 'AcmeGmbH'],
    ['letters beyond ASCII', 'Größe_東京_🚀'],
    ['63 bytes', 'x'.repeat(63)],
  ])('with %s are the tenant’s schema and nothing else', async (what, schema) => {
    sets += 1
    const set = `set${sets}`
    const slug = `named${sets}`
    await fleet.sync(firstFiles, set)
    await fleet.ended(await fleet.onboard([{ slug, schema }], { set }))
    await fleet.sync({ '0003_phone.sql': 'alter table customer add column phone text; create view customers as select * from customer;' }, set)
    const run = await fleet.roll({ set })
    expect(await fleet.itemsOf(run.id), what).toEqual({ succeeded: [slug] })
    expect(await fleet.columnsOf(schema, 'customer')).toEqual(['id', 'email', 'phone'])
    expect(await namesInPublic()).toEqual([])
    const seen = await fleet.tenancy.tenants.inspect(slug, set)
    expect(seen).toMatchObject({ reachable: true, history: [{ version: '0001' }, { version: '0002' }, { version: '0003', run: run.id, match: 'same' }] })
  })

  it('longer than PostgreSQL’s 63 bytes are refused, never cut', async () => {
    const long = 'ä'.repeat(32)
    expect(schemaName.safeParse(long).error?.issues[0]?.message).toContain('63 bytes')
    const { set, slugs } = await given(['acme'])
    const [acme = ''] = slugs
    await fleet.sync({ '0003_phone.sql': 'alter table customer add column phone text;' }, set)
    await fleet.control`update target set schema_name = ${long} where schema_name = ${schemaOf(acme)}`
    const run = await fleet.roll({ set })
    expect(await fleet.itemsOf(run.id)).toEqual({ failed: [acme] })
    expect(await fleet.sql`select nspname from pg_namespace where nspname like 'ä%'`).toEqual([])
  })

  it('of a schema that is gone fail its tenant alone, and nothing is made in public', async () => {
    const { set, slugs } = await given(['gone', 'here'])
    const [gone = '', here = ''] = slugs
    await fleet.sync({ '0003_a.sql': 'create table extra (id int); alter table customer add column a int;' }, set)
    await fleet.sql.unsafe(`drop schema ${schemaOf(gone)} cascade`)
    const run = await fleet.roll({ set })
    expect(await fleet.itemsOf(run.id)).toEqual({ failed: [gone], succeeded: [here] })
    expect(await lastErrorOf(run.id, gone)).toMatchObject({ code: 'schema_missing' })
    expect(await namesInPublic()).toEqual([])
  })

  it('of a schema without history fail its tenant, with what to do', async () => {
    const { set, slugs } = await given(['bare'])
    const [bare = ''] = slugs
    await fleet.sync({ '0003_a.sql': 'alter table customer add column a int;' }, set)
    await fleet.sql.unsafe(`drop table ${schemaOf(bare)}.tenantry_history`)
    const run = await fleet.roll({ set })
    expect(await lastErrorOf(run.id, bare)).toMatchObject({ code: 'no_history', hint: expect.stringContaining('baseline') })
    expect(await fleet.columnsOf(schemaOf(bare), 'customer')).toEqual(['id', 'email'])
  })
})
