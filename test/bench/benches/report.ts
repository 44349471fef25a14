import { setTimeout as sleep } from 'node:timers/promises'
import { startReportInput } from '../../../lib/tenancy/contract/reports.ts'
import { systemActor } from '../../../lib/tenancy/contract/permissions.ts'
import { floorReport } from '../floor.ts'
import { setName, type Product } from '../product.ts'
import { figuresOf, inTurn, timed } from '../measure.ts'
import { roundsFor } from '../options.ts'
import type { Result } from '../output.ts'
import { withSql } from '../server.ts'
import { fleetDatabase, startRollout, type Stage } from '../stage.ts'

/** One row of each tenant, from its tables; until all rows are committed in the control database and the run has ended. */
const question = 'select count(*) as orders, max(id) as newest from orders'

const start = ({ tenancy }: Product, sql: string) => tenancy.reports.start(systemActor, startReportInput.parse({ set: setName, sql }))

const pollMs = 5

/** @returns milliseconds from the call until somebody who looks finds a row */
const untilFirstRow = async (product: Product): Promise<number> => {
  const begun = performance.now()
  let firstMs = 0
  await product.drive(async () => {
    const started = await start(product, question)
    while ((await product.tenancy.reports.rows(systemActor, { run: started.run, descending: false, offset: 0, limit: 1 })).rows.length === 0)
      await sleep(pollMs)
    firstMs = performance.now() - begun
    return started
  })
  return firstMs
}

const oneRow = async (stage: Stage): Promise<Result[]> => {
  const { product, options, size } = stage
  const figures = await inTurn(
    roundsFor(options),
    () => floorReport(stage.fleetUrl, options.connections, stage.schemas, question),
    async () => (await product.drive(() => start(product, question))).finalMs,
  )
  const first: number[] = []
  for (let round = 0; round < roundsFor(options); round += 1) first.push(await untilFirstRow(product))
  return [
    { bench: 'report: one row a tenant', size, ...figures, unit: 'ms', bar: 1.3 },
    { bench: 'report: until its first row can be read', size, floor: null, product: figuresOf(first), unit: 'ms', bar: 1_000 },
  ]
}

const manyRows = 1_000_000
const megabytes = (bytes: number): number => bytes / 2 ** 20

/** What this process grows by while it hands all rows on, as the web and the command line do. */
const exported = async (product: Product, run: number): Promise<{ readonly ms: number; readonly grownBy: number; readonly rows: number }> => {
  const before = process.memoryUsage().rss
  let [peak, rows] = [before, 0]
  const ms = await timed(async () => {
    for await (const chunk of product.tenancy.reports.stream(systemActor, run)) {
      rows += chunk.length
      peak = Math.max(peak, process.memoryUsage().rss)
    }
  })
  return { ms, grownBy: megabytes(peak - before), rows }
}

const millionRows = async ({ product, size }: Stage): Promise<Result[]> => {
  let run = 0
  const sql = `select n, n * 1.5 as amount, 'row ' || n as name, now() as at from generate_series(1, ${Math.ceil(manyRows / size)}) n`
  const { finalMs } = await product.drive(async () => {
    const started = await start(product, sql)
    run = started.run
    return started
  })
  const { peak } = await product.worker()
  const { ms, grownBy, rows } = await exported(product, run)
  const line = (bench: string, value: number, unit: Result['unit'], bar: number | null): Result => ({
    bench: `report of ${rows.toLocaleString('en-US')} rows: ${bench}`,
    size,
    floor: null,
    product: figuresOf([value]),
    unit,
    bar,
  })
  return [
    line('collected', finalMs, 'ms', null),
    line('worker, largest size of the process', megabytes(peak), 'MB', 300),
    line('handed on', ms, 'ms', null),
    line('what that took of memory', grownBy, 'MB', null),
  ]
}

const people = 10

/** The most connections that Tenantry had to the fleet at once. */
const watchConnections = (url: string): { stop(): Promise<number> } => {
  let most = 0
  const over = new AbortController()
  const watching = withSql(url, async (sql) => {
    while (!over.signal.aborted) {
      const [row] = await sql<Array<{ open: number }>>`
        select count(*)::int as open from pg_stat_activity where datname = ${fleetDatabase} and application_name like 'tenantry:%'`
      most = Math.max(most, row?.open ?? 0)
      await sleep(20)
    }
  })
  return {
    async stop() {
      over.abort()
      await watching
      return most
    },
  }
}

/** A rollout by itself, and one while ten people ask the same tenants. */
const besideRollout = async (stage: Stage): Promise<Result[]> => {
  const { product, options, size } = stage
  let most = 0
  const ready = async (): Promise<void> => {
    await stage.reset()
    await stage.observe()
  }
  const figures = await inTurn(
    roundsFor(options),
    async () => {
      await ready()
      return (await product.drive(() => startRollout(product))).finalMs
    },
    async () => {
      await ready()
      const watch = watchConnections(stage.fleetUrl)
      const started = await Promise.all(Array.from({ length: people }, () => start(product, question)))
      const asked = started.map((one) => product.drive(() => Promise.resolve(one)))
      const { finalMs } = await product.drive(() => startRollout(product))
      await Promise.all(asked)
      most = Math.max(most, await watch.stop())
      return finalMs
    },
  )
  await stage.reset()
  return [
    { bench: `rollout while ${people} people run reports, to one alone`, size, ...figures, unit: 'ms', bar: 1.25 },
    { bench: 'most connections meanwhile', size, floor: null, product: figuresOf([most]), unit: 'count', bar: options.connections },
  ]
}

export const report = async (stage: Stage): Promise<Result[]> => [...(await oneRow(stage)), ...(await millionRows(stage)), ...(await besideRollout(stage))]
