/** The same fleet on three servers and on one, driven by one worker and by two. */
import { floorRollout } from '../floor.ts'
import { schemaOf, slugsOf } from '../fleet-set.ts'
import { figuresOf, type Figures } from '../measure.ts'
import { roundsFor, type Options } from '../options.ts'
import type { Result } from '../output.ts'
import { openProduct, type Product } from '../product.ts'
import { openServer, type BenchServer } from '../server.ts'
import { fleetDatabase, startOnboarding, startRollout, tidy, undoRollouts } from '../stage.ts'

type Part = { readonly server: BenchServer; readonly url: string; readonly schemas: readonly string[] }
type Spread = { readonly product: Product; readonly parts: readonly Part[]; close(): Promise<void> }

/** A fleet at the version before the rollout, in as many servers, with a console of its own. */
const openSpread = async (control: BenchServer, options: Options, size: number, count: number): Promise<Spread> => {
  const servers = await Promise.all(Array.from({ length: count }, (_, index) => openServer({ label: `bench-${count}-${index + 1}` })))
  const slugs = slugsOf(size)
  const parts = await Promise.all(
    servers.map(async (server, index) => ({
      server,
      url: await server.create(fleetDatabase),
      schemas: slugs.filter((_, position) => position % count === index).map(schemaOf),
    })),
  )
  const product = await openProduct(control, { ...options, database: `control_${count}` })
  await product.addFleet(...parts.map(({ url }) => url))
  await product.drive(() => startOnboarding(product, slugs, count))
  for (const { url } of parts) await tidy(url)
  return {
    product,
    parts,
    async close() {
      await product.close()
      for (const server of servers) await server.close()
    },
  }
}

/** Back to the version before, beside the clock, and seen there. */
const reset = async ({ product, parts }: Spread): Promise<void> => {
  for (const { server, url, schemas } of parts) {
    await undoRollouts(url, schemas)
    await server.settle()
  }
  await product.tenancy.observation.now({})
}

const bare = async (spread: Spread, connections: number): Promise<number> => {
  const start = performance.now()
  await Promise.all(spread.parts.map(({ url, schemas }) => floorRollout(url, connections, schemas)))
  const ms = performance.now() - start
  await reset(spread)
  return ms
}

const driven = async (spread: Spread): Promise<number> => {
  const { finalMs } = await spread.product.drive(() => startRollout(spread.product))
  await reset(spread)
  return finalMs
}

const withSecondWorker = async (spread: Spread): Promise<number> => {
  const end = await spread.product.addWorker()
  try {
    return await driven(spread)
  } finally {
    await end()
  }
}

const ways = ['bareOne', 'bareThree', 'oneByOne', 'oneByTwo', 'threeByTwo'] as const
type Way = (typeof ways)[number]

const compared = (bench: string, size: number, one: Figures, three: Figures): Result => ({
  bench,
  size,
  floor: one,
  product: three,
  unit: 'ms',
  bar: null,
  note: `${(one.median / three.median).toFixed(2)} × the throughput`,
})

export const servers = async (options: Options, size: number): Promise<Result[]> => {
  const control = await openServer({ label: 'bench-control' })
  const one = await openSpread(control, options, size, 1)
  const three = await openSpread(control, options, size, 3)
  const measure: Readonly<Record<Way, () => Promise<number>>> = {
    bareOne: () => bare(one, options.connections),
    bareThree: () => bare(three, options.connections),
    oneByOne: () => driven(one),
    oneByTwo: () => withSecondWorker(one),
    threeByTwo: () => withSecondWorker(three),
  }
  const times: Record<Way, number[]> = { bareOne: [], bareThree: [], oneByOne: [], oneByTwo: [], threeByTwo: [] }
  try {
    for (let round = 0; round <= roundsFor(options); round += 1) {
      for (const way of ways) {
        const ms = await measure[way]()
        if (round > 0) times[way].push(ms)
      }
    }
  } finally {
    await three.close()
    await one.close()
    await control.close()
  }
  const of = (way: Way): Figures => figuresOf(times[way])
  return [
    compared('bare loop: three servers against one', size, of('bareOne'), of('bareThree')),
    compared('rollout: three servers and two workers against one and one', size, of('oneByOne'), of('threeByTwo')),
    compared('rollout: three servers and two workers against one and two', size, of('oneByTwo'), of('threeByTwo')),
  ]
}
