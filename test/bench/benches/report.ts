import { setTimeout as sleep } from 'node:timers/promises'
import { startReportInput } from '../../../lib/tenancy/contract/reports.ts'
import { systemActor } from '../../../lib/tenancy/contract/permissions.ts'
import { floorReport } from '../floor.ts'
import { setName, type Product } from '../product.ts'
import { figuresOf, inTurn, timed } from '../measure.ts'
import { roundsFor } from '../options.ts'
import type { Result } from '../output.ts'
import type { Stage } from '../stage.ts'

/** One row of each tenant, from its tables; until all rows are committed in the control database and the run has ended. */
export const question = 'select count(*) as orders, max(id) as newest from orders'

export const startReport = ({ tenancy }: Product, sql: string) => tenancy.reports.start(systemActor, startReportInput.parse({ set: setName, sql }))

const pollMs = 5

/** @returns milliseconds from the call until somebody who looks finds a row */
const untilFirstRow = async (product: Product): Promise<number> => {
  const begun = performance.now()
  let firstMs = 0
  await product.drive(async () => {
    const started = await startReport(product, question)
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
    async () => (await product.drive(() => startReport(product, question))).finalMs,
  )
  const first: number[] = []
  for (let round = 0; round < roundsFor(options); round += 1) first.push(await untilFirstRow(product))
  return [
    { bench: 'report: one row a tenant', size, ...figures, unit: 'ms', bar: 1.3 },
    { bench: 'report: until its first row can be read', size, floor: null, product: figuresOf(first), unit: 'ms', bar: 1_000 },
  ]
}

const manyRows = 1_000_000
/** A million rows of all tenants together. */
export const longQuestion = (targets: number): string =>
  `select n, n * 1.5 as amount, 'row ' || n as name, now() as at from generate_series(1, ${Math.ceil(manyRows / targets)}) n`

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
  const { finalMs } = await product.drive(async () => {
    const started = await startReport(product, longQuestion(size))
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

export const report = async (stage: Stage): Promise<Result[]> => [...(await oneRow(stage)), ...(await millionRows(stage))]
