/** Reports against unions written by hand: value for value, for every sort of query and type. */
import postgres from 'postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startReportInput } from '../../../lib/tenancy/contract/index.ts'
import { ada, makeFleet, ownSlugs, schemaOf, type Fleet } from '../../support/fleet.ts'
import { reportFiles, reportQueries, reportRows, reportTextOf, unionPartOf } from '../../support/report-queries.ts'
import { useDatabases } from '../../support/template.ts'

const databases = useDatabases()
const { mark, newSlug } = ownSlugs('rv')
const slugs = ['a', 'b', 'c', 'd'].map(newSlug)
let fleet: Fleet
/** Spelled as reports are, so that the union's text can be compared. */
let plain: postgres.Sql

beforeAll(async () => {
  fleet = await makeFleet(databases, { files: reportFiles })
  await fleet.work()
  await fleet.ended(await fleet.onboard(slugs))
  plain = postgres(fleet.urls[0] ?? '', {
    max: 1,
    onnotice: () => undefined,
    connection: { TimeZone: 'UTC', DateStyle: 'ISO, YMD', IntervalStyle: 'postgres' },
  })
  for (const [index, slug] of slugs.entries()) await fleet.sql.unsafe(reportRows(schemaOf(slug), index))
})
afterAll(async () => {
  await plain.end()
  await fleet.dropRoles(mark)
  await fleet.close()
})

test.each(reportQueries)('%s', async (query) => {
  const { run } = await fleet.tenancy.reports.start(
    ada,
    startReportInput.parse({
      set: 'app',
      sql: reportTextOf(query),
    }),
  )
  await fleet.ended(run)
  expect((await fleet.tenancy.reports.get(ada, run)).silent).toEqual([])
  const rows: string[] = []
  for await (const piece of fleet.tenancy.reports.stream(ada, run)) rows.push(...piece.map((row) => JSON.stringify(row)))
  const union = slugs.map((slug) => unionPartOf(query, slug, schemaOf(slug)))
  const expected: string[] = []
  for (const text of union)
    expected.push(...(await plain.unsafe(text).simple().raw()).map((row) => JSON.stringify(row.map((value: Buffer | null) => value?.toString() ?? null))))
  expect(rows.toSorted()).toEqual(expected.toSorted())
  expect(rows.length).toBeGreaterThan(0)
})

test('types are kept where they are PostgreSQL’s own', async () => {
  const { run } = await fleet.tenancy.reports.start(
    ada,
    startReportInput.parse({ set: 'app', sql: 'select i8, n, f8, b, bc, tz, iv, jb, rz, an, m, am, p, mo, x from odd' }),
  )
  await fleet.ended(run)
  const { columns } = await fleet.tenancy.reports.get(ada, run)
  expect(columns.map(({ type }) => type)).toEqual([
    'text',
    'bigint',
    'numeric',
    'double precision',
    'boolean',
    'character',
    'timestamp with time zone',
    'interval',
    'jsonb',
    'tstzrange',
    'numeric[]',
    'text',
    'text',
    'bigint',
    'text',
    'text',
  ])
})
