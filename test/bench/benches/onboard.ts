import { countedResults, countOnEmpty } from '../count-run.ts'
import { floorOnboard } from '../floor.ts'
import { inTurn } from '../measure.ts'
import { schemaOf, slugsOf } from '../fleet-set.ts'
import { roundsFor, type Options } from '../options.ts'
import type { Result } from '../output.ts'
import { addFleet, openProduct, type Product } from '../product.ts'
import type { BenchServer } from '../server.ts'
import { startOnboarding } from '../stage.ts'

const database = 'bench_onboard'
/** What an item costs does not hang on how many there are, and building ten thousand takes minutes. */
const mostCounted = 1_000

/** The registry as before the first tenant. */
const forget = ({ sql }: Product) =>
  sql.unsafe('truncate tenantry.run, tenantry.placement, tenantry.target, tenantry.tenant, tenantry.database cascade').simple()

/** Tenants through twenty migrations, each round in a database of its own. */
export const onboard = async (server: BenchServer, options: Options, size: number): Promise<Result[]> => {
  const product = await openProduct(server, { ...options, database: 'control_onboard' })
  const slugs = slugsOf(size)
  const fresh = async (): Promise<string> => {
    await server.drop(database)
    const url = await server.create(database)
    await server.settle()
    return url
  }
  try {
    const figures = await inTurn(
      roundsFor(options),
      async () => floorOnboard(await fresh(), options.connections, slugs.map(schemaOf)),
      async () => {
        const url = await fresh()
        await product.addFleet(url)
        const { finalMs } = await product.drive(() => startOnboarding(product, slugs))
        await forget(product)
        return finalMs
      },
    )
    const few = slugs.slice(0, mostCounted)
    const counted = await countOnEmpty(
      { options, fleetUrl: await fresh() },
      (tenancy, url) => addFleet(tenancy, [url], options.connections),
      (counting) => startOnboarding(counting, few),
    )
    return [
      { bench: 'onboarding through 20 migrations', size, ...figures, unit: 'ms', bar: size >= 1_000 ? 1.15 : null },
      ...countedResults('onboarding', few.length, counted),
    ]
  } finally {
    await product.close()
    await server.drop(database)
  }
}
