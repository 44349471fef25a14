/** The way of rows into the control database, by itself: who writes after whom, and what it does with rows that are not taken. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startReportInput } from '../../../lib/tenancy/contract/index.ts'
import { openControl, type Control } from '../../../lib/tenancy/control/db.ts'
import type { Writer } from '../../../lib/tenancy/control/writer.ts'
import { Collector, type Driver, type Owner } from '../../../lib/tenancy/reports/collector.ts'
import { reportSchema } from '../../../lib/tenancy/reports/place.ts'
import { ada, makeFleet, ownSlugs, type Fleet } from '../../support/fleet.ts'
import { useDatabases } from '../../support/template.ts'

const databases = useDatabases()
const { mark, newSlug } = ownSlugs('rk')
const slug = newSlug('a')
let fleet: Fleet
let control: Control
let driver: Driver

beforeAll(async () => {
  fleet = await makeFleet(databases)
  control = openControl(fleet.controlUrl)
  const worker = await fleet.work()
  await fleet.ended(await fleet.onboard([slug]))
  await worker.stop()
  const [row] = await fleet.control<Array<{ server_id: string; epoch: string }>>`select server_id, epoch from conductor`
  driver = { serverId: Number(row?.server_id), epoch: Number(row?.epoch) }
})
afterAll(async () => {
  await control.close()
  await fleet.dropRoles(mark)
  await fleet.close()
})

/** Nobody works on it: its place is there, and the rows are the test's. */
const makeRun = async (): Promise<number> => (await fleet.tenancy.reports.start(ada, startReportInput.parse({ set: 'app', sql: 'select 1 as n' }))).run
const ownerOf = (run: number, target: number): Owner => ({ run, target, slug: `${slug}-${target}` })
const row = (text: string) => [Buffer.from(text)]
const withCollector = async <T>(use: (collector: Collector) => Promise<T>): Promise<T> => {
  const collector = new Collector(control, driver)
  try {
    return await use(collector)
  } finally {
    await collector.close()
  }
}
const put = async (run: number, target: number): Promise<void> =>
  withCollector(async (collector) => {
    await collector.add(ownerOf(run, target), [row(String(target))])
    await collector.settled(ownerOf(run, target))
  })
const collected = async (run: number): Promise<readonly string[]> => {
  const rows = await fleet.control<Array<{ n: number }>>`select n from ${fleet.control(reportSchema(run))}.collected order by n`
  return rows.map(({ n }) => String(n))
}
const counted = async (run: number): Promise<number> => {
  const [found] = await fleet.control<Array<{ n: string }>>`select row_count as n from report_run where run_id = ${run}`
  return Number(found?.n)
}

test('a commit that gives no answer for long is waited for: nothing of it is written twice', async () => {
  const run = await makeRun()
  const first = await control.connectWriter()
  let refused = 0
  /** The first one’s COMMIT is on its way for as long as the test wants; whoever repeats it meets its row, and does not wait for it for ever. */
  const stalled: Writer = {
    query: <Row extends object>(text: string, values?: readonly unknown[]) =>
      text === 'COMMIT' ? Promise.reject<Row[]>(Object.assign(new Error('no answer'), { code: 'CONNECTION_CLOSED' })) : first.query<Row>(text, values),
    copy: (text, pieces) => first.copy(text, pieces),
    end: () => {},
  }
  let opened = 0
  const connectWriter = async (): Promise<Writer> => {
    opened += 1
    if (opened === 1) return stalled
    const next = await control.connectWriter()
    await next.query('set lock_timeout = 50')
    return {
      query: async <Row extends object>(text: string, values?: readonly unknown[]) => {
        try {
          return await next.query<Row>(text, values)
        } catch (error) {
          refused += 1
          throw error
        }
      },
      copy: (text, pieces) => next.copy(text, pieces),
      end: () => next.end(),
    }
  }
  const collector = new Collector({ connectWriter }, driver)
  try {
    await collector.add(ownerOf(run, 1), [row('1')])
    await collector.add(ownerOf(run, 2), [row('2')])
    await fleet.until('repetitions that were in its way', async () => refused >= 2)
    await first.query('COMMIT')
    for (const target of [1, 2]) await collector.settled(ownerOf(run, target))
  } finally {
    await collector.close()
    first.end()
  }
  expect([await collected(run), await counted(run)]).toEqual([['1', '2'], 2])
})

test('a second collector of one driver loses nothing', async () => {
  const run = await makeRun()
  for (const target of [1, 2]) await put(run, target)
  expect(await collected(run)).toEqual(['1', '2'])
  expect(await counted(run)).toBe(2)
})

test('a row that is not taken is its own tenant’s failure, and those beside and behind it are written', async () => {
  const run = await makeRun()
  await withCollector(async (collector) => {
    const [bad, good, later] = [ownerOf(run, 1), ownerOf(run, 2), ownerOf(run, 3)]
    await Promise.all([collector.add(bad, [row('1'), row('no number')]), collector.add(good, [row('2')])])
    await expect(collector.settled(bad)).rejects.toMatchObject({ code: '22P02' })
    await collector.settled(good)
    await collector.add(later, [row('3')])
    await collector.settled(later)
  })
  expect(await collected(run)).toEqual(['2', '3'])
  expect(await counted(run)).toBe(2)
})

test('what an earlier try has brought is taken back by whoever tries again', async () => {
  const run = await makeRun()
  for (const target of [1, 2]) await put(run, target)
  await withCollector((collector) => collector.undo(ownerOf(run, 1)))
  expect(await collected(run)).toEqual(['2'])
  expect(await counted(run)).toBe(1)
})

test('a cancelled report has no rows of tenants that were never said to have answered', async () => {
  const run = await makeRun()
  const [item] = await fleet.control<Array<{ target_id: string }>>`select target_id from run_item where run_id = ${run}`
  await put(run, Number(item?.target_id))
  await fleet.tenancy.runs.cancel(ada, { run })
  expect(await fleet.ended(run)).toMatchObject({ state: 'cancelled' })
  expect(await fleet.tenancy.reports.get(ada, run)).toMatchObject({ answered: 0, rows: 0 })
  expect(await collected(run)).toEqual([])
})

test('bytes that are no text are refused, and never replaced by others', async () => {
  const run = await makeRun()
  await withCollector(async (collector) => {
    const owner = ownerOf(run, 1)
    await expect(collector.add(owner, [[Buffer.from('ü')], [Buffer.from([0x66, 0xfc, 0x72])]])).rejects.toMatchObject({ code: 'report_encoding' })
    expect(collector.holds(owner)).toBe(false)
  })
})

test('a report of too many rows is ended, and says so of those that were not asked', async () => {
  const run = await makeRun()
  await fleet.control`update run set state = 'running' where id = ${run}`
  const collector = new Collector(control, driver, 3)
  try {
    for (const [target, state] of [
      [1, 'running'],
      [2, 'cancelling'],
    ] as const) {
      await collector.add(ownerOf(run, target), [row('1'), row('2')])
      await collector.settled(ownerOf(run, target))
      expect(await fleet.stateOf(run)).toBe(state)
    }
  } finally {
    await collector.close()
  }
  await fleet.work()
  await fleet.ended(run)
  expect(await fleet.tenancy.reports.get(ada, run)).toMatchObject({ state: 'cancelled', silent: [{ code: 'report_too_many_rows', slugs: [slug] }] })
})
