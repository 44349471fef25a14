/** A rollout while people ask the same tenants. */
import { setTimeout as sleep } from 'node:timers/promises'
import { figuresOf, inTurn } from '../measure.ts'
import { roundsFor } from '../options.ts'
import type { Result } from '../output.ts'
import { withSql } from '../server.ts'
import { fleetDatabase, startRollout, type Stage } from '../stage.ts'
import { question, startReport } from './report.ts'

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
export const beside = async (stage: Stage): Promise<Result[]> => {
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
      const started = await Promise.all(Array.from({ length: people }, () => startReport(product, question)))
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
