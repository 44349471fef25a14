import { setTimeout as sleep } from 'node:timers/promises'
import { isFinalRun, systemActor } from '../tenancy/contract/index.ts'
import type { OnboardRow, Tenancy } from '../tenancy/contract/index.ts'
import { demoSet, demoTenants } from './fleet.ts'
import type { DemoTenant } from './fleet.ts'

const rowOf = (tenant: DemoTenant): OnboardRow => ({
  slug: tenant.slug,
  name: tenant.name,
  hosts: [...tenant.hosts],
  labels: { plan: tenant.plan, region: tenant.region },
  database: tenant.database,
})

const pollMs = 100

/** Waits until the run is final. Throws with the first failure's words when it did not succeed. */
const settle = async (tenancy: Tenancy, run: number): Promise<void> => {
  for (;;) {
    const { state } = await tenancy.runs.get(run)
    if (state === 'succeeded') return
    if (isFinalRun(state) || state === 'paused') {
      const [failure] = await tenancy.runs.failures(run)
      throw new Error(`The demo fleet could not be made: run ${run} is ${state}${failure ? `: ${failure.message}` : ''}`)
    }
    await sleep(pollMs)
  }
}

const findActive = async (tenancy: Tenancy): Promise<ReadonlySet<string>> => {
  const page = await tenancy.tenants.list({ set: [demoSet], state: ['active', 'suspended'], sort: 'slug', descending: false, offset: 0, limit: 500 })
  return new Set(page.rows.map(({ slug }) => slug))
}

/** Runs that an interrupted start left behind go on by themselves once somebody works. */
const settleOpen = async (tenancy: Tenancy): Promise<void> => {
  const { rows } = await tenancy.runs.list({ set: demoSet, limit: 50 })
  for (const { id, state } of rows) if (!isFinalRun(state)) await settle(tenancy, id)
}

/** Onboards those of the demo's tenants that are not there yet, each to its own version. */
export const onboardMissing = async (tenancy: Tenancy): Promise<void> => {
  const worker = await tenancy.startWorker({ schedules: false })
  try {
    await settleOpen(tenancy)
    const active = await findActive(tenancy)
    const missing = Map.groupBy(
      demoTenants.filter(({ slug }) => !active.has(slug)),
      ({ version }) => version,
    )
    const runs: number[] = []
    for (const [version, tenants] of [...missing].toSorted(([a], [b]) => a.localeCompare(b))) {
      const note = `The demo fleet: tenants that start at ${version}`
      runs.push((await tenancy.onboarding.start(systemActor, { set: demoSet, tenants: tenants.map(rowOf), isolation: 'schema', to: version, note })).run)
    }
    for (const run of runs) await settle(tenancy, run)
  } finally {
    await worker.stop()
  }
}
