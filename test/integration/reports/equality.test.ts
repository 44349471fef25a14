/** 25 queries over 300 tenants against what each schema answers by itself, written out by hand: value for value. */
import postgres from 'postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startReportInput } from '../../../lib/tenancy/contract/index.ts'
import { ada, makeFleet, type Fleet } from '../../support/fleet.ts'
import { reportFiles, reportQueries, reportRows, reportTextOf, unionPartOf } from '../../support/report-queries.ts'
import { useDatabases } from '../../support/template.ts'

const databases = useDatabases()
const role = `equal_${process.pid}`
const tenants = Array.from({ length: 300 }, (_, index) => ({ slug: `e${String(index).padStart(3, '0')}`, schema: `equal_${index}`, index }))
/** Made in one transaction: what a server locks in one is bounded. */
const atOnce = 25

const runs = new Map<string, number>()
let fleet: Fleet
/** Spelled as reports are, so that the union's text can be compared. */
let plain: postgres.Sql

/** Schemas as onboarding leaves them, as far as a report looks. */
const makeSchemas = async (): Promise<void> => {
  await plain.unsafe(`create role ${role}`)
  for (let at = 0; at < tenants.length; at += atOnce) {
    const texts = tenants.slice(at, at + atOnce).map(
      ({ schema, index }) => `create schema ${schema}; set search_path = ${schema}; ${reportFiles['0001_init.sql']}
        ${reportRows(schema, index % 7)}; grant usage on schema ${schema} to ${role}; grant select on all tables in schema ${schema} to ${role}`,
    )
    await plain.unsafe(`begin; ${texts.join('; ')}; commit; reset search_path; set timezone = 'UTC'`)
  }
}

const register = () => fleet.control`
  with given as (select * from jsonb_to_recordset(${fleet.control.json(tenants)}) as x(slug text, schema text)),
  t as (insert into tenant (slug, name, state) select slug, slug, 'active' from given returning id, slug),
  p as (insert into target (set_id, database_id, schema_name, isolation) select s.id, d.id, g.schema, 'schema' from given g, migration_set s, database d returning id, set_id, schema_name)
  insert into placement (tenant_id, set_id, target_id, isolation, role_name)
  select t.id, p.set_id, p.id, 'schema', ${role} from given g join t using (slug) join p on p.schema_name = g.schema`

beforeAll(async () => {
  fleet = await makeFleet(databases, { files: reportFiles })
  plain = postgres(fleet.urls[0] ?? '', {
    max: 1,
    onnotice: () => undefined,
    connection: { TimeZone: 'UTC', DateStyle: 'ISO, YMD', IntervalStyle: 'postgres' },
  })
  await makeSchemas()
  await register()
  // All at once, as many people would.
  for (const query of reportQueries) {
    const { run } = await fleet.tenancy.reports.start(ada, startReportInput.parse({ set: 'app', sql: reportTextOf(query) }))
    runs.set(query, run)
  }
  await fleet.work()
})
afterAll(async () => {
  await plain.unsafe(`drop owned by ${role}; drop role ${role}`)
  await plain.end()
  await fleet.close()
})

const textOf = (row: ReadonlyArray<Buffer | string | null>): string => JSON.stringify(row.map((value) => (value === null ? null : value.toString())))

test('there are 25', () => {
  expect(new Set(reportQueries).size).toBe(25)
})

test.each(reportQueries)('%s', async (query) => {
  const run = runs.get(query) ?? 0
  await fleet.ended(run)
  expect(await fleet.tenancy.reports.get(ada, run)).toMatchObject({ state: 'succeeded', tenants: 300, answered: 300 })
  const rows: string[] = []
  for await (const piece of fleet.tenancy.reports.stream(ada, run)) rows.push(...piece.map((row) => textOf(row)))
  // One after the other: a UNION of all cannot be made where a type is the tenant's own.
  const parts = tenants.map(({ slug, schema }) => unionPartOf(query, slug, schema)).join(';\n')
  const answers: readonly unknown[] = await plain.unsafe(parts).simple().raw()
  const expected = answers.flatMap((answer) => (Array.isArray(answer) ? answer.map((row: ReadonlyArray<Buffer | null>) => textOf(row)) : []))
  expect(rows.length).toBeGreaterThanOrEqual(300)
  const [found, wanted] = [rows.toSorted(), expected.toSorted()]
  const other = wanted.findIndex((row, index) => row !== found[index])
  expect([found.length, found[other]]).toEqual([wanted.length, wanted[other]])
})
