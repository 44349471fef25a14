/** The silent tenants of a report are asked again, and one result holds what all have answered. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  changeReportInput,
  reportRowsInput,
  savedReportContent,
  startReportInput,
  startSavedReportInput,
  type Actor,
  type ReportRow,
} from '../../../lib/tenancy/contract/index.ts'
import { silentLogger } from '../../../lib/tenancy/context.ts'
import { openControl } from '../../../lib/tenancy/control/db.ts'
import { dropExpired } from '../../../lib/tenancy/reports/drop-expired.ts'
import { commandLine } from '../../support/command-line.ts'
import { ada, makeFleet, ownSlugs, refusalOf, schemaOf, type Fleet } from '../../support/fleet.ts'
import { useDatabases } from '../../support/template.ts'

const databases = useDatabases()
const { mark, newSlug } = ownSlugs('ra')
const slugs = ['a', 'b', 'c', 'd'].map(newSlug)
const [a = '', b = '', c = '', d = ''] = slugs
let fleet: Fleet

beforeAll(async () => {
  fleet = await makeFleet(databases)
  await fleet.work()
  await fleet.ended(await fleet.onboard(slugs))
  for (const [index, slug] of slugs.entries())
    await fleet.sql`insert into ${fleet.sql(schemaOf(slug))}.customer (email) select ${slug} || n from generate_series(1, ${index + 1}) n`
})
afterAll(async () => {
  await fleet.dropRoles(mark)
  await fleet.close()
})

const breakIt = (slug: string) => fleet.sql.unsafe(`alter table ${schemaOf(slug)}.customer rename to customer_away`)
const mend = (slug: string) => fleet.sql.unsafe(`alter table ${schemaOf(slug)}.customer_away rename to customer`)
const start = async (sql = 'select email from customer order by id'): Promise<number> => {
  const { run } = await fleet.tenancy.reports.start(ada, startReportInput.parse({ set: 'app', sql }))
  await fleet.ended(run)
  return run
}
const again = async (run: number, chosen?: string[]): Promise<number> => {
  const child = await fleet.tenancy.runs.rerun(ada, { run, note: '', ...(chosen ? { slugs: chosen } : {}) })
  await fleet.ended(child.run)
  return child.run
}
const all = async (run: number): Promise<readonly ReportRow[]> => {
  const rows: ReportRow[] = []
  for await (const piece of fleet.tenancy.reports.stream(ada, run)) rows.push(...piece)
  return rows
}
const rowsOf = (...of: readonly string[]): readonly ReportRow[] =>
  of.toSorted().flatMap((slug) => Array.from({ length: slugs.indexOf(slug) + 1 }, (_, n) => [slug, `${slug}${n + 1}`]))

test('answers merge, over as many reruns as it takes', async () => {
  await breakIt(b)
  await breakIt(c)
  const first = await start()
  expect(await fleet.tenancy.reports.get(ada, first)).toMatchObject({
    state: 'failed',
    tenants: 4,
    answered: 2,
    rows: 5,
    silent: [{ slugs: [b, c], message: expect.stringMatching(/(relation|column) "\w+" does not exist/) }],
  })
  await mend(b)
  const second = await again(first)
  expect(await fleet.tenancy.reports.get(ada, second)).toMatchObject({
    state: 'failed',
    tenants: 4,
    answered: 3,
    rows: 7,
    parentRun: first,
    silent: [{ code: '42P01', slugs: [c] }],
  })
  expect(await all(second)).toEqual(rowsOf(a, b, d))
  await mend(c)
  const third = await again(second)
  expect(await fleet.tenancy.reports.get(ada, third)).toMatchObject({ state: 'succeeded', tenants: 4, answered: 4, rows: 10, parentRun: second, silent: [] })
  expect(await all(third)).toEqual(rowsOf(a, b, c, d))

  // Page by page it is the same, from either end.
  for (const descending of [false, true]) {
    const pages: ReportRow[] = []
    for (let offset = 0; offset < 12; offset += 3)
      pages.push(...(await fleet.tenancy.reports.rows(ada, reportRowsInput.parse({ run: third, descending, offset, limit: 3 }))).rows)
    const order = descending ? slugs.toSorted().toReversed() : slugs.toSorted()
    expect(pages).toEqual(order.flatMap((slug) => rowsOf(slug)))
  }
  const page = await fleet.tenancy.reports.rows(ada, reportRowsInput.parse({ run: third, sort: 'email', descending: true, limit: 2 }))
  expect([page.total, page.rows]).toEqual([10, rowsOf(d).toReversed().slice(0, 2)])
  const found = await fleet.tenancy.reports.rows(
    ada,
    reportRowsInput.parse({ run: third, filter: { column: 'email', kind: 'contains', value: '1' }, limit: 10 }),
  )
  expect(found.total).toBe(found.rows.length)
  const combined = await fleet.tenancy.reports.combine(ada, {
    run: third,
    sql: 'select tenant, count(email) as n, max(version) as version from tenants left join results using (tenant) group by 1 order by 1',
  })
  expect(await refusalOf(fleet.tenancy.reports.combine(ada, { run: third, sql: 'select tenant, count(*), count(*) from results group by 1' }))).toMatchObject({
    code: 'report.combine_columns',
    details: { position: 3, column: 'count', before: 2 },
  })
  expect(combined.rows).toEqual(slugs.toSorted().map((slug) => [slug, String(slugs.indexOf(slug) + 1), '0002']))

  // What was answered before stays as it was, and who puts right what it left is told.
  expect(await fleet.tenancy.reports.get(ada, first)).toMatchObject({ answered: 2, rows: 5, childRuns: [second] })
  expect(await all(first)).toEqual(rowsOf(a, d))
  expect((await fleet.tenancy.runs.get(first)).leftover).toEqual({
    failed: 0,
    interrupted: 0,
    cancelled: 0,
    putRight: [
      { run: second, count: 1 },
      { run: third, count: 1 },
    ],
  })
  expect((await refusalOf(again(first))).code).toBe('run.put_right')
  expect((await refusalOf(again(third))).code).toBe('run.no_items')
})

test('some of the silent can be asked alone, from the terminal as well; the others stay silent', async () => {
  await breakIt(a)
  await breakIt(b)
  const first = await start()
  await mend(a)
  await mend(b)
  const second = await again(first, [a])
  expect(await fleet.tenancy.reports.get(ada, second)).toMatchObject({ tenants: 4, answered: 3, rows: 8, silent: [{ code: '42P01', slugs: [b] }] })
  expect(await all(second)).toEqual(rowsOf(a, c, d))
  const line = await commandLine(fleet.controlUrl).run(['--json', 'runs', 'rerun', String(first), '--tenants', b])
  const { run } = JSON.parse(line.stdout)
  expect([line.code, run.state, run.counts.total]).toEqual([0, 'succeeded', 1])
  expect(await all(run.id)).toEqual(rowsOf(b, c, d))
  // Whom neither has asked again can be asked by way of either.
  expect(await fleet.tenancy.reports.get(ada, await again(second))).toMatchObject({ tenants: 4, answered: 4, rows: 10, silent: [] })
})

test('the same tenant is not asked twice at once for one result', async () => {
  await breakIt(a)
  const first = await start()
  await mend(a)
  const holder = await fleet.sql.reserve()
  await holder.unsafe(`begin; lock table ${schemaOf(a)}.customer`)
  const child = await fleet.tenancy.runs.rerun(ada, { run: first, note: '' })
  const refused = await refusalOf(again(first))
  await holder.unsafe('rollback')
  holder.release()
  expect(refused).toMatchObject({ code: 'run.targets_busy', details: { run: child.run, count: 1 } })
  await fleet.ended(child.run)
})

test('who may not run it may not ask again, neither in a new run nor inside of one', async () => {
  const oli: Actor = { kind: 'person', id: 'p2', label: 'oli@example.com', role: 'operator' }
  const asked = { set: 'app', sql: 'select email from customer order by id' }
  const { id: report } = await fleet.tenancy.reports.saved.create(ada, savedReportContent.parse({ name: 'Asked again', ...asked }))
  await breakIt(a)
  const own = await start()
  const saved = await fleet.tenancy.reports.saved.start(ada, startSavedReportInput.parse({ report }))
  await fleet.ended(saved.run)
  await mend(a)
  for (const run of [own, saved.run]) {
    expect((await refusalOf(fleet.tenancy.runs.rerun(oli, { run, note: '' }))).code).toBe('report.not_yours')
    await fleet.control`update run set state = 'paused' where id = ${run}`
    expect((await refusalOf(fleet.tenancy.runs.retry(oli, { run }))).code).toBe('report.not_yours')
    await fleet.control`update run set state = 'failed' where id = ${run}`
  }
  await fleet.tenancy.reports.saved.change(ada, changeReportInput.parse({ name: 'Asked again', ...asked, runnableBy: ['operator'], report, revision: 1 }))
  const { run } = await fleet.tenancy.runs.rerun(oli, { run: saved.run, note: '' })
  await fleet.ended(run)
  expect(await fleet.tenancy.reports.get(ada, run)).toMatchObject({ answered: 4, silent: [] })
})

test('what a result is made of is kept as long as the result, and goes after it', async () => {
  await breakIt(a)
  const first = await start()
  await mend(a)
  await fleet.control`update report_run set expires_at = now() + interval '1 minute' where run_id = ${first}`
  const second = await again(first)
  const expiry = await fleet.control<
    Array<{ run_id: number; expires_at: Date }>
  >`select run_id, expires_at from report_run where run_id in (${first}, ${second})`
  expect(new Set(expiry.map((row) => row.expires_at.getTime())).size).toBe(1)
  const control = openControl(fleet.controlUrl)
  const drop = () => dropExpired({ control, logger: silentLogger })
  try {
    await fleet.control`update report_run set expires_at = now() - interval '1 second' where run_id = ${first}`
    expect(await drop()).toBe(0)
    expect(await all(second)).toEqual(rowsOf(a, b, c, d))
    await fleet.control`update report_run set expires_at = now() - interval '1 second' where run_id = ${second}`
    expect(await drop()).toBe(2)
  } finally {
    await control.close()
  }
  for (const run of [first, second]) expect((await refusalOf(all(run))).code).toBe('report.expired')
})

test('a report whose rows are gone is not asked again, nor for a tenant that is suspended since', async () => {
  await breakIt(a)
  await breakIt(b)
  const [gone, lost, left] = [await start(), await start(), await start()]
  await mend(a)
  await mend(b)
  await fleet.control`update report_run set dropped_at = now() where run_id = ${gone}`
  await fleet.control`truncate ${fleet.control(`tenantry_report_${lost}`)}.tenants`
  expect((await refusalOf(again(gone))).code).toBe('report.expired')
  expect((await refusalOf(again(lost))).code).toBe('report.lost')
  await fleet.tenancy.tenants.suspend(ada, { selection: { kind: 'tenants', slugs: [a] }, reason: '' })
  const child = await again(left)
  expect(await fleet.tenancy.reports.get(ada, child)).toMatchObject({ tenants: 4, answered: 3, silent: [{ slugs: [a] }] })
  expect((await refusalOf(again(child))).code).toBe('run.no_items')
  await fleet.tenancy.tenants.activate(ada, { selection: { kind: 'tenants', slugs: [a] }, reason: '' })
  expect(await fleet.tenancy.reports.get(ada, await again(child))).toMatchObject({ answered: 4, silent: [] })
})
