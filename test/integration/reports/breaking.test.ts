/** Reports when something is in the way: locks, broken tenants, databases that are gone, workers that die, people who call it off. */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { startReportInput } from '../../../lib/tenancy/contract/index.ts'
import { silentLogger } from '../../../lib/tenancy/context.ts'
import { openControl } from '../../../lib/tenancy/control/db.ts'
import { dropExpired } from '../../../lib/tenancy/reports/drop-expired.ts'
import { reportSchema } from '../../../lib/tenancy/reports/place.ts'
import { ada, firstFiles, makeFleet, ownSlugs, refusalOf, schemaOf, type Fleet } from '../../support/fleet.ts'
import { useDatabases, withServer } from '../../support/template.ts'
import { killWorkers, passHeartbeats, spawnWorker } from '../../support/workers.ts'

const databases = useDatabases()
const { mark, newSlug } = ownSlugs('rb')
const files = {
  ...firstFiles,
  '0003_nap.sql': `create function nap() returns int language sql stable as 'select 1 from pg_sleep(60)';\ncreate function blink() returns int language sql stable as 'select 1 from pg_sleep(1)';\n`,
}

let fleet: Fleet
const slugs = ['a', 'b', 'c', 'd'].map(newSlug)
const away = newSlug('away')

beforeAll(async () => {
  fleet = await makeFleet(databases, { files, urls: [await databases.empty(), await databases.empty()], limits: { maxTries: 2 } })
  const worker = await fleet.work()
  await fleet.ended(await fleet.onboard([...slugs, { slug: away, database: 'db2' }]))
  await worker.stop()
})
afterEach(killWorkers)
afterAll(async () => {
  await fleet.dropRoles(mark)
  await fleet.close()
})

const start = async (sql: string, more: object = {}): Promise<number> =>
  (await fleet.tenancy.reports.start(ada, startReportInput.parse({ set: 'app', sql, ...more }))).run
const working = async <T>(work: () => Promise<T>): Promise<T> => {
  const worker = await fleet.work()
  try {
    return await work()
  } finally {
    await worker.stop()
  }
}

test('a locked tenant, a broken one and a database that is gone are named, each with its reason; the others answer', async () => {
  const [locked = '', broken = '', ...well] = slugs
  const run = await start('select count(*) as customers from customer')
  const database = new URL(fleet.urls[1] ?? '').pathname.slice(1)
  await withServer((sql) => sql.unsafe(`alter database ${database} allow_connections false`))
  await fleet.sql.unsafe(`alter schema ${schemaOf(broken)} rename to ${mark}_gone`)
  const holder = await fleet.sql.reserve()
  await holder.unsafe(`begin; lock table ${schemaOf(locked)}.customer`)
  try {
    await working(() => fleet.ended(run))
  } finally {
    await holder.unsafe('rollback')
    holder.release()
    await fleet.sql.unsafe(`alter schema ${mark}_gone rename to ${schemaOf(broken)}`)
    await withServer((sql) => sql.unsafe(`alter database ${database} allow_connections true`))
  }
  const report = await fleet.tenancy.reports.get(ada, run)
  expect(report).toMatchObject({ state: 'failed', tenants: 5, answered: 2, rows: 2 })
  expect(new Map(report.silent.map(({ code, slugs: silent }) => [code, silent]))).toEqual(
    new Map([
      ['55P03', [locked]],
      ['42P01', [broken]],
      ['55000', [away]],
    ]),
  )
  const { rows } = await fleet.tenancy.reports.rows(ada, { run, descending: false, offset: 0, limit: 10 })
  expect(rows).toEqual(well.map((slug) => [slug, '0']))
})

test('of a tenant whose rows cannot all be kept none are', async () => {
  const wide = Array.from({ length: 150 }, (_, index) => `case when n > 1000 then 'x'::name end as c${index}`).join(', ')
  const run = await start(`select n, ${wide} from generate_series(1, 1500) n`)
  await working(() => fleet.ended(run))
  expect(await fleet.tenancy.reports.get(ada, run)).toMatchObject({ state: 'failed', answered: 0, rows: 0, silent: [{ code: '54000' }] })
  expect((await fleet.control`select from ${fleet.control(reportSchema(run))}.collected`).length).toBe(0)
})

test('a report and a rollout are in nobody’s way', async () => {
  const report = await start('select count(*) as customers from customer')
  await fleet.sync({ ...files, '0004_more.sql': 'alter table customer add column more text;\n' })
  const rollout = await fleet.start()
  const second = await start('select count(*) as customers from customer')
  expect(await fleet.tenancy.runs.plan({ set: 'app', selection: { kind: 'all' } })).toMatchObject({ total: 0, leftOut: [{ reason: 'busy', count: 5 }] })
  await working(async () => {
    for (const run of [report, rollout, second]) expect(await fleet.ended(run)).toMatchObject({ state: 'succeeded', counts: { succeeded: 5, total: 5 } })
  })
})

test('a pause begins nothing more, and what is resumed answers once for each', async () => {
  const run = await start('select blink() as one from (values (1)) v (one)', { maxConcurrent: 1 })
  await working(async () => {
    await fleet.until('an answer', async () => ((await fleet.itemsOf(run)).succeeded?.length ?? 0) > 0)
    await fleet.tenancy.runs.pause(ada, { run })
    await fleet.until('nothing on its way', async () => (await fleet.itemsOf(run)).running === undefined)
    const { answered, rows } = await fleet.tenancy.reports.get(ada, run)
    expect([await fleet.stateOf(run), answered < 5, rows]).toEqual(['paused', true, answered])
    await sleep(1_000)
    expect(await fleet.tenancy.reports.get(ada, run)).toMatchObject({ answered, rows })
    await fleet.tenancy.runs.resume(ada, { run })
    expect(await fleet.ended(run)).toMatchObject({ state: 'succeeded', counts: { succeeded: 5 } })
  })
  const { rows } = await fleet.tenancy.reports.rows(ada, { run, descending: false, offset: 0, limit: 10 })
  expect(rows.map(([tenant]) => tenant)).toEqual([...slugs, away].toSorted())
})

test('a cancel ends what is being asked', async () => {
  const run = await start('select nap() as nap')
  await working(async () => {
    const asked = () => fleet.sql`select from pg_stat_activity where state = 'active' and application_name like ${`tenantry:%run ${run} %`}`
    await fleet.until('a tenant that is asked', async () => (await asked()).length > 0)
    await fleet.tenancy.runs.cancel(ada, { run })
    expect(await fleet.ended(run)).toMatchObject({ state: 'cancelled', counts: { succeeded: 0, failed: 0, cancelled: 5 } })
    expect((await asked()).length).toBe(0)
  })
  expect(await fleet.tenancy.reports.get(ada, run)).toMatchObject({ answered: 0, rows: 0, silent: [{ code: 'cancelled', slugs: [...slugs, away].toSorted() }] })
})

test('a cancel ends an answer of many chunks, whose backend is idle between them', async () => {
  const run = await start('select n, repeat(md5(n::text), 20) as long from generate_series(1, 3000000) n', { rowCap: 5_000_000 })
  await working(async () => {
    await fleet.until('rows', async () => (await fleet.tenancy.reports.get(ada, run)).rows > 5_000)
    await fleet.tenancy.runs.cancel(ada, { run })
    expect(await fleet.ended(run)).toMatchObject({ state: 'cancelled', counts: { succeeded: 0, failed: 0, cancelled: 5 } })
  })
  expect(await fleet.tenancy.reports.get(ada, run)).toMatchObject({ answered: 0, rows: 0 })
})

test('a worker that dies between rows and their report doubles none', async () => {
  const run = await start('select n from generate_series(1, 1500) n where (select count(*) from customer) = 0')
  const collected = async (): Promise<number> => {
    const [row] = await fleet.control<Array<{ n: string }>>`select count(*) as n from ${fleet.control(reportSchema(run))}.collected`
    return Number(row?.n)
  }
  const holder = await fleet.sql.reserve()
  await holder.unsafe(`begin; ${slugs.map((slug) => `lock table ${schemaOf(slug)}.customer`).join('; ')}`)
  const first = spawnWorker({ controlUrl: fleet.controlUrl, limits: { ...fleet.limits, maxTries: 1_000 } })
  const control = await fleet.control.reserve()
  try {
    await fleet.until('items that are known to be asked', async () => ((await fleet.itemsOf(run)).running?.length ?? 0) > 0)
    // From here on nothing is reported any more; what comes is collected all the same.
    await control.unsafe(`begin; select from run where id = ${run} for update`)
    await holder.unsafe('rollback')
    await fleet.until('all rows', async () => (await collected()) === 7_500)
    await first.end('SIGKILL')
    await control.unsafe('rollback')
  } finally {
    control.release()
    holder.release()
  }
  expect((await fleet.itemsOf(run)).succeeded?.length ?? 0).toBeLessThan(5)
  await passHeartbeats(fleet)
  await working(() => fleet.ended(run))
  expect(await fleet.tenancy.reports.get(ada, run)).toMatchObject({ state: 'succeeded', answered: 5, rows: 7_500 })
  expect(await collected()).toBe(7_500)
})

test('a tenant over which workers end is not asked for ever', async () => {
  const [deadly] = slugs
  const run = await start('select count(*) as customers from customer')
  await fleet.control`
    insert into attempt (run_id, position, number, state, started_at, finished_at, worker, error)
    select i.run_id, i.position, n, 'interrupted', now(), now(), 'unknown', '{"code":"conductor_lost"}' from run_item i join tenant t on t.id = i.tenant_id cross join generate_series(1, 2) n
    where i.run_id = ${run} and t.slug = ${deadly ?? ''}`
  await fleet.control`update run_item i set state = 'interrupted', attempts = 2 from tenant t where t.id = i.tenant_id and i.run_id = ${run} and t.slug = ${deadly ?? ''}`
  await working(() => fleet.ended(run))
  expect(await fleet.tenancy.reports.get(ada, run)).toMatchObject({ answered: 4, rows: 4, silent: [{ code: 'report_interrupted', slugs: [deadly] }] })
})

test('rows are dropped when their time is over, and lost ones are told', async () => {
  const [kept, gone, lost, read] = [await start('select 1 as a'), await start('select 2 as a'), await start('select 3 as a'), await start('select 4 as a')]
  await working(async () => {
    for (const run of [kept, gone, lost, read]) await fleet.ended(run)
  })

  // One that is being read keeps no other one.
  await fleet.control`update report_run set expires_at = now() - case when run_id = ${read} then interval '1 hour' else interval '1 second' end where run_id in (${gone}, ${read})`
  await fleet.control`truncate ${fleet.control(reportSchema(lost))}.tenants`
  const control = openControl(fleet.controlUrl)
  const reader = await fleet.control.reserve()
  const notDropped: unknown[] = []
  const logger = { ...silentLogger, warn: (fields: object) => void notDropped.push(fields) }
  try {
    await reader.unsafe(`begin; select from ${reportSchema(read)}.results`)
    expect(await dropExpired({ control, logger })).toBe(1)
    expect(notDropped).toMatchObject([{ run: read, code: '55P03' }])
    await reader.unsafe('rollback')
    expect(await dropExpired({ control, logger })).toBe(1)
  } finally {
    reader.release()
    await control.close()
  }
  const page = (run: number) => fleet.tenancy.reports.rows(ada, { run, sort: 'a', descending: true, offset: 0, limit: 2 })
  expect((await page(kept)).rows.length).toBe(2)
  expect(await refusalOf(page(gone))).toMatchObject({ code: 'report.expired' })
  expect(await refusalOf(page(lost))).toMatchObject({ code: 'report.lost' })
  expect(await refusalOf(fleet.tenancy.reports.get(ada, 999_999))).toMatchObject({ code: 'report.unknown' })
  expect(await fleet.tenancy.reports.get(ada, gone)).toMatchObject({ isExpired: true, rows: 5 })
})

test('a report that cannot be taken up holds up none behind it', async () => {
  const [broken, well] = [await start('select 1 as a'), await start('select 2 as a')]
  await fleet.control`delete from report_run where run_id = ${broken}`
  await working(() => fleet.ended(well))
  expect(await fleet.tenancy.reports.get(ada, well)).toMatchObject({ state: 'succeeded', answered: 5, rows: 5 })
  expect(await fleet.stateOf(broken)).toBe('running')
  const indexes = await fleet.control<
    Array<{ indexdef: string }>
  >`select indexdef from pg_indexes where schemaname = ${reportSchema(well)} and tablename = 'collected'`
  expect(indexes.map(({ indexdef }) => indexdef)).toEqual([expect.stringContaining('(tenantry_target)')])
})
