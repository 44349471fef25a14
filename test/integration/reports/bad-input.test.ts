/** What is asked wrongly, or of somebody who is not there any more: refused or named, and nobody else's answer is lost over it. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { savedReportContent, startReportInput, startSavedReportInput } from '../../../lib/tenancy/contract/index.ts'
import { settleSession } from '../../../lib/tenancy/reports/cage.ts'
import { reportSchema } from '../../../lib/tenancy/reports/place.ts'
import { readTenant } from '../../../lib/tenancy/reports/read-tenant.ts'
import { connectFleet } from '../../../lib/tenancy/session/fleet-connection.ts'
import { ada, makeFleet, ownSlugs, refusalOf, schemaOf, type Fleet } from '../../support/fleet.ts'
import { useDatabases } from '../../support/template.ts'

const databases = useDatabases()
const { mark, newSlug } = ownSlugs('ri')
const slugs = ['a', 'b', 'c'].map(newSlug)
const [first = '', second = '', third = ''] = slugs
let fleet: Fleet

beforeAll(async () => {
  fleet = await makeFleet(databases)
  const worker = await fleet.work()
  await fleet.ended(await fleet.onboard(slugs))
  await worker.stop()
  for (const slug of slugs) await fleet.sql`insert into ${fleet.sql(schemaOf(slug))}.customer (email) select n from generate_series(1, 40) n`
})
afterAll(async () => {
  await fleet.dropRoles(mark)
  await fleet.close()
})

const start = async (sql: string, more: object = {}): Promise<number> =>
  (await fleet.tenancy.reports.start(ada, startReportInput.parse({ set: 'app', sql, ...more }))).run
/** Waits for runs that were started before anybody worked on them. */
const finish = async (run: number) => {
  const worker = await fleet.work()
  await fleet.ended(run)
  await worker.stop()
  return fleet.tenancy.reports.get(ada, run)
}

test.each([
  ['a file of the server', "select pg_read_file('/etc/passwd') as a", 'function', 1, 8],
  ['a file as a large object', "select lo_import('/etc/passwd') as a", 'function', 1, 8],
  ['rows into a file', "copy customer to '/tmp/customers'", 'statement', 1, 1],
  ['another role', 'set role postgres', 'statement', 1, 1],
  ['another tenant', 'select email\nfrom tenant_other.employees', 'table', 2, 6],
  ['a setting', "select set_config('role', 'postgres', false) as a", 'function', 1, 8],
  ['another statement behind it', 'select 1 as a;\nreset role', 'several', 2, 1],
])('%s is refused with its place', async (_, sql, code, line, column) => {
  const { code: refused, details } = await refusalOf(start(sql))
  expect([refused, details.problems]).toMatchObject(['report.refused', [{ code, line, column }]])
})

/** In the cage as it is, but for the time that a statement has where one is given. */
const ask = async (statement: string, ms: number | null) => {
  const [placed] = await fleet.control<
    Array<{ role_name: string }>
  >`select p.role_name from placement p join tenant t on t.id = p.tenant_id where t.slug = ${first}`
  const connection = await connectFleet(fleet.urls[0] ?? '', { applicationName: 'tenantry:bad input' })
  try {
    await connection.query(settleSession)
    const [usual] = await connection.query<{ statement_timeout: string }>('show statement_timeout')
    expect(usual?.statement_timeout).toBe('30s')
    if (ms !== null) await connection.query(`set statement_timeout = ${ms}`)
    const cage = { schema: schemaOf(first), role: placed?.role_name ?? '', extensionSchemas: [], applicationName: 'tenantry report' }
    return await readTenant(connection, cage, 150_000, { statement, columns: [{ name: 'n', type: 'bigint', oid: 20 }], rowCap: 1_000 }, async () => {})
  } finally {
    await connection.close()
  }
}

describe('what would never end is ended:', () => {
  test.each([
    ['a recursion that is added up', 'with recursive n as (select 1::bigint as n union all select n + 1 from n) select count(*) as n from n'],
    ['a recursion that is sorted', 'with recursive n as (select 1::bigint as n union all select n + 1 from n) select n from n order by n desc'],
    ['ten tables crossed', `select count(*) as n from ${Array.from({ length: 10 }, (_, index) => `customer c${index}`).join(', ')}`],
  ])('%s, by its time', async (_, statement) => {
    expect(await ask(statement, 300)).toMatchObject({ kind: 'refused', error: { code: '57014' } })
  })

  test('a recursion whose rows are read, by their number', async () => {
    expect(await ask('with recursive n as (select 1::bigint as n union all select n + 1 from n) select n from n', null)).toEqual({ kind: 'too_many' })
  })
})

test('five million rows of one tenant are none, and the others’ stay', async () => {
  const run = await start(`select n from generate_series(1, case when (select count(*) from orders) > 0 then 5000000 else 2 end) n`)
  await fleet.sql`insert into ${fleet.sql(schemaOf(second))}.orders (total) values (1)`
  const report = await finish(run)
  await fleet.sql`truncate ${fleet.sql(schemaOf(second))}.orders`
  expect(report).toMatchObject({ state: 'failed', answered: 2, rows: 4, silent: [{ code: 'report_too_many_rows', slugs: [second] }] })
  expect(await fleet.control`select distinct tenant from ${fleet.control(reportSchema(run))}.collected order by 1`).toEqual([
    { tenant: first },
    { tenant: third },
  ])
})

test('a column of another type is named by tenant, with both types', async () => {
  const table = `${schemaOf(third)}.orders`
  const run = await start('select id, total from orders')
  await fleet.sql.unsafe(`insert into ${table} (total) values (1); alter table ${table} alter column total drop default, alter column total type text`)
  const report = await finish(run)
  await fleet.sql.unsafe(`alter table ${table} alter column total type numeric using total::numeric; truncate ${table}`)
  expect(report).toMatchObject({ answered: 2, silent: [{ code: 'report_columns', slugs: [third] }] })
  expect(report.silent[0]?.message).toBe('Column 2 is “total” text; the report has “total” numeric there.')
})

describe('a tenant that', () => {
  const named = (...of: readonly string[]) => ({ kind: 'tenants', slugs: of })
  const suspend = (slug: string) => fleet.tenancy.tenants.suspend(ada, { selection: { kind: 'tenants', slugs: [slug] }, reason: '' })
  const activate = (slug: string) => fleet.tenancy.tenants.activate(ada, { selection: { kind: 'tenants', slugs: [slug] }, reason: '' })

  test('was suspended since the start answers all the same: it was chosen when it was active', async () => {
    const run = await start('select count(*) as n from customer')
    await suspend(first)
    expect(await finish(run)).toMatchObject({ state: 'succeeded', tenants: 3, answered: 3, leftOut: [] })
    await activate(first)
  })

  test('was archived since the start answers too: it was chosen when it was active', async () => {
    const run = await start('select count(*) as n from customer')
    await fleet.control`update tenant set state = 'archived' where slug = ${first}`
    expect(await finish(run)).toMatchObject({ state: 'succeeded', tenants: 3, answered: 3, leftOut: [] })
    await fleet.control`update tenant set state = 'active' where slug = ${first}`
  })

  test('is suspended is not asked, and is told where it was named', async () => {
    const { id: report } = await fleet.tenancy.reports.saved.create(
      ada,
      savedReportContent.parse({ name: 'Two named', set: 'app', sql: 'select count(*) as n from customer', selection: named(first, second) }),
    )
    await suspend(first)
    const saved = await fleet.tenancy.reports.saved.start(ada, startSavedReportInput.parse({ report }))
    const all = await start('select count(*) as n from customer')
    expect(await finish(saved.run)).toMatchObject({ tenants: 1, answered: 1, leftOut: [first] })
    expect(await finish(all)).toMatchObject({ tenants: 2, answered: 2, leftOut: [] })
    await fleet.control`update tenant set state = 'archived' where slug = ${second}`
    expect(await refusalOf(start('select 1 as a', { selection: named(first, second) }))).toMatchObject({
      code: 'report.none_active',
      details: {
        reasons: `${first} (suspended); ${second} (archived)`,
        leftOut: [
          { slug: first, state: 'suspended' },
          { slug: second, state: 'archived' },
        ],
      },
    })
    await fleet.control`update tenant set state = 'active' where slug = ${second}`
    await activate(first)
  })

  test('was never there is named before anybody is asked', async () => {
    expect(await refusalOf(start('select 1 as a', { selection: named(first, `${mark}-nobody`) }))).toMatchObject({
      code: 'tenant.unknown',
      details: { slug: `${mark}-nobody` },
    })
  })

  test('has lost its schema, or its role, is named, and the others answer', async () => {
    const run = await start('select count(*) as n from customer')
    await fleet.sql.unsafe(`drop schema ${schemaOf(second)} cascade`)
    await fleet.control`update placement set role_name = ${`${mark}_no_such_role`} where tenant_id = (select id from tenant where slug = ${third})`
    const report = await finish(run)
    expect(report).toMatchObject({ tenants: 3, answered: 1, rows: 1 })
    expect(new Map(report.silent.map(({ code, slugs: silent }) => [code, silent]))).toEqual(
      new Map([
        ['42P01', [second]],
        ['22023', [third]],
      ]),
    )
  })
})
