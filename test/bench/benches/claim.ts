import { setTimeout as sleep } from 'node:timers/promises'
import { systemActor } from '../../../lib/tenancy/contract/permissions.ts'
import { figuresOf } from '../measure.ts'
import type { Options } from '../options.ts'
import type { Result } from '../output.ts'
import { databaseName, openProduct, setName, type Product } from '../product.ts'
import type { BenchServer } from '../server.ts'

const database = 'bench_claim'
const leastRounds = 25
/** Twice what is taken: as long as half is there, nothing is made up for in between. */
const poolSize = 52

const untilReady = async ({ sql }: Product): Promise<void> => {
  for (;;) {
    const [row] = await sql<Array<{ ready: number }>>`select count(*)::int as ready from tenantry.pool_schema where state = 'ready'`
    if (row?.ready === poolSize) return
    await sleep(100)
  }
}

const untilActive = async ({ sql }: Product, slug: string): Promise<void> => {
  for (;;) {
    const [row] = await sql<Array<{ state: string }>>`select state from tenantry.tenant where slug = ${slug}`
    if (row?.state === 'active') return
    await sleep(1)
  }
}

/** What follows a run, its reading back, takes the same turn at the server as a claim. */
const untilVerified = async ({ sql }: Product): Promise<void> => {
  for (;;) {
    const [row] = await sql<
      Array<{ verified: boolean }>
    >`select not exists (select from tenantry.run where verified_at is null) and not exists (select from tenantry.server_turn) as verified`
    if (row?.verified) return
    await sleep(20)
  }
}

/** From the call that onboards one tenant until it is seen to be active, with ready schemas there. */
const claimOne = async (product: Product, slug: string): Promise<number> => {
  const begun = performance.now()
  await product.tenancy.onboarding.start(systemActor, { set: setName, tenants: [{ slug, hosts: [], labels: {} }], isolation: 'schema', note: '' })
  await untilActive(product, slug)
  return performance.now() - begun
}

export const claim = async (server: BenchServer, options: Options): Promise<Result[]> => {
  const product = await openProduct(server, { ...options, database: 'control_claim' })
  try {
    await product.addFleet(await server.create(database))
    await product.tenancy.sets.setPool(systemActor, { set: setName, database: databaseName, size: poolSize })
    await untilReady(product)
    await server.settle()
    const times: number[] = []
    const rounds = Math.max(leastRounds, options.rounds ?? 0)
    for (let round = 0; round <= rounds; round += 1) {
      const ms = await claimOne(product, `claimed-${round}`)
      // The first one opens connections and compiles what all share.
      if (round > 0) times.push(ms)
      await untilVerified(product)
    }
    return [{ bench: 'claim one tenant from a warm pool', size: 1, floor: null, product: figuresOf(times), unit: 'ms', bar: 25 }]
  } finally {
    await product.close()
    await server.drop(database)
  }
}
