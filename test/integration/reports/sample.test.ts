/** A text is tried on a few tenants that differ: what stands in the way of it somewhere is told at the first try. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startReportInput } from '../../../lib/tenancy/contract/index.ts'
import { ada, makeFleet, ownSlugs, schemaOf, type Fleet } from '../../support/fleet.ts'
import { useDatabases } from '../../support/template.ts'

const databases = useDatabases()
const { mark, newSlug } = ownSlugs('rs')
const slugs = Array.from('abcdefgh', (letter) => newSlug(letter))
const [behind = '', changed = ''] = slugs.slice(-2)
let fleet: Fleet

beforeAll(async () => {
  fleet = await makeFleet(databases, {
    files: { '0001_init.sql': 'create table job (id int, hours numeric);', '0002_site.sql': 'alter table job add column site text;' },
  })
  await fleet.work()
  await fleet.ended(await fleet.onboard(slugs.filter((slug) => slug !== behind)))
  await fleet.ended(await fleet.onboard([behind], { to: '0001' }))
  await fleet.sql.unsafe(`alter table ${schemaOf(changed)}.job alter column hours type text`)
  await fleet.tenancy.observation.now({ structure: true })
})
afterAll(async () => {
  await fleet.dropRoles(mark)
  await fleet.close()
})

it('names the tenant with another type and the one without the column, though both are far down the alphabet', async () => {
  const { run } = await fleet.tenancy.reports.start(ada, startReportInput.parse({ set: 'app', sql: 'select hours, site from job', sample: 5 }))
  await fleet.ended(run)
  const report = await fleet.tenancy.reports.get(ada, run)
  expect([report.tenants, report.answered]).toEqual([5, 3])
  expect(report.silent.map(({ message, slugs: named }) => [named, message])).toEqual(
    expect.arrayContaining([
      [[changed], expect.stringContaining('hours')],
      [[behind], expect.stringContaining('site')],
    ]),
  )
  expect(report).toMatchObject({ sampledOf: slugs.length, selection: { kind: 'all' }, leftOut: [] })
  expect((await fleet.itemsOf(run)).failed).toEqual([changed, behind].toSorted())
  expect((await fleet.tenancy.reports.runs(ada, { limit: 1 })).rows).toMatchObject([{ run, tenants: 5, sampledOf: slugs.length }])
})

it('asks all where there are no more, as they were chosen', async () => {
  const { run } = await fleet.tenancy.reports.start(ada, startReportInput.parse({ set: 'app', sql: 'select 1 as one', sample: 50 }))
  await fleet.ended(run)
  expect(await fleet.tenancy.reports.get(ada, run)).toMatchObject({
    tenants: slugs.length,
    answered: slugs.length,
    selection: { kind: 'all' },
    sampledOf: null,
  })
})
