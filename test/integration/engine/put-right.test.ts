/** What a finished run left undone and a later one has done: said as it is, and not done again. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ada, makeFleet, refusalOf, schemaOf, slugsOf, type Fleet } from '../../support/fleet.ts'
import { useDatabases } from '../../support/template.ts'

const databases = useDatabases()
const mark = `p${process.pid}`
let fleet: Fleet

const addCheck = (name: string): string => `alter table customer add constraint ${name} check (email <> '${name}');\n`

beforeAll(async () => {
  fleet = await makeFleet(databases)
  await fleet.work()
})
afterAll(async () => {
  await fleet.dropRoles(mark)
  await fleet.close()
})

const spoil = (slug: string, email: string) => fleet.sql`insert into ${fleet.sql(schemaOf(slug))}.customer (email) values (${email})`
const mend = (slug: string) => fleet.sql`delete from ${fleet.sql(schemaOf(slug))}.customer`
const ofThese = (slugs: readonly string[]) => ({ selection: { kind: 'tenants' as const, slugs: [...slugs] } })
const rerun = (run: number, slugs?: string[]) => fleet.tenancy.runs.rerun(ada, { run, slugs, note: '' })
const rowsOf = async (run: number) => {
  const { rows } = await fleet.tenancy.runs.items({ run, sort: 'slug', descending: false, offset: 0, limit: 50 })
  return rows.map(({ slug, putRightBy }) => [slug, putRightBy])
}

it('a rerun takes only what no later run has put right, and says which did', async () => {
  const slugs = slugsOf(4, `${mark}-bad`)
  const last = slugs[3] ?? ''
  await fleet.ended(await fleet.onboard(slugs))
  await fleet.sync({ '0003_c.sql': addCheck('c3') })
  for (const slug of slugs) await spoil(slug, 'c3')
  const first = await fleet.roll(ofThese(slugs))
  expect(first).toMatchObject({ counts: { failed: 4 }, leftover: { failed: 4, interrupted: 0, cancelled: 0, putRight: [] } })
  expect(await fleet.tenancy.runs.failures(first.id)).toMatchObject([{ count: 4, remaining: slugs, putRight: [] }])

  for (const slug of slugs.slice(0, 3)) await mend(slug)
  await fleet.sync({ '0004_d.sql': addCheck('d4') })
  const second = await fleet.roll(ofThese(slugs))
  expect(second.counts).toMatchObject({ succeeded: 3, failed: 1 })
  const putRight = [{ run: second.id, count: 3 }]
  expect(await fleet.tenancy.runs.get(first.id)).toMatchObject({ counts: { failed: 4 }, leftover: { failed: 1, putRight } })
  expect(await fleet.tenancy.runs.failures(first.id)).toMatchObject([{ count: 4, tenants: slugs, remaining: [last], putRight }])
  expect(await rowsOf(first.id)).toEqual(slugs.map((slug) => [slug, slug === last ? null : second.id]))
  expect(await refusalOf(rerun(first.id, slugs.slice(0, 2)))).toMatchObject({
    code: 'run.put_right',
    details: { run: first.id, count: 2, putRight: [{ run: second.id, count: 2 }] },
  })

  await mend(last)
  const third = await rerun(first.id)
  expect(third).toMatchObject({ items: 1, putRight })
  expect(await fleet.ended(third.run)).toMatchObject({ state: 'succeeded', counts: { total: 1 } })
  const all = [
    { run: second.id, count: 3 },
    { run: third.run, count: 1 },
  ]
  expect(await fleet.tenancy.runs.get(first.id)).toMatchObject({ leftover: { failed: 0, putRight: all } })
  expect(await refusalOf(rerun(first.id))).toMatchObject({ code: 'run.put_right', details: { putRight: all } })
  // The second one’s goal was higher than what the rerun of the first one did.
  expect(await rerun(second.id)).toMatchObject({ items: 1, putRight: [] })
})

it('an older version than the run’s own puts nothing right', async () => {
  const [slug = ''] = slugsOf(1, `${mark}-low`)
  await fleet.ended(await fleet.onboard([slug], { to: '0002' }))
  await spoil(slug, 'c3')
  const first = await fleet.roll({ ...ofThese([slug]), to: '0004' })
  await mend(slug)
  const second = await fleet.roll({ ...ofThese([slug]), to: '0003' })
  expect([first.state, second.state]).toEqual(['failed', 'succeeded'])
  expect((await fleet.tenancy.runs.get(first.id)).leftover).toMatchObject({ failed: 1, putRight: [] })
  const again = await rerun(first.id)
  expect((await fleet.ended(again.run)).state).toBe('succeeded')
  expect(await fleet.versionsOf(slug)).toEqual(['0001', '0002', '0003', '0004'])
})

it('an onboarding is put right by a later one of the same tenant, wherever that built it', async () => {
  const [slug = '', other = ''] = slugsOf(2, `${mark}-new`)
  for (const one of [slug, other]) await fleet.sql.unsafe(`create schema "${schemaOf(one)}"`)
  const first = await fleet.ended(await fleet.onboard([slug, other]))
  const second = await fleet.ended(await fleet.onboard([{ slug, schema: `${schemaOf(slug)}_b` }]))
  expect([first.state, second.state]).toEqual(['failed', 'succeeded'])
  expect(await fleet.tenancy.runs.failures(first.id)).toMatchObject([{ count: 2, remaining: [other], putRight: [{ run: second.id, count: 1 }] }])
  expect(await refusalOf(rerun(first.id, [slug]))).toMatchObject({ code: 'run.put_right' })
  await fleet.sql.unsafe(`drop schema "${schemaOf(other)}"`)
  expect(await rerun(first.id)).toMatchObject({ items: 1, putRight: [{ run: second.id, count: 1 }] })
})

it('a suspended tenant is neither put right nor taken', async () => {
  const [slug = ''] = slugsOf(1, `${mark}-rest`)
  await fleet.ended(await fleet.onboard([slug], { to: '0002' }))
  await spoil(slug, 'c3')
  const run = await fleet.roll(ofThese([slug]))
  await fleet.tenancy.tenants.suspend(ada, { selection: { kind: 'tenants', slugs: [slug] }, reason: '' })
  expect((await fleet.tenancy.runs.get(run.id)).leftover).toMatchObject({ failed: 0, putRight: [] })
  expect(await fleet.tenancy.runs.failures(run.id)).toMatchObject([{ tenants: [slug], remaining: [], putRight: [] }])
  expect(await refusalOf(rerun(run.id))).toMatchObject({ code: 'run.no_items' })
})
