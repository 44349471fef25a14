/** What this process counts of its own work, with how the fleet stands, in the text format of Prometheus. No tenant is named in it. */
import { collectDefaultMetrics, Counter, Histogram, Registry } from 'prom-client'
import { runKinds, type PoolUse } from '../tenancy/contract/index.ts'
import type { Meters } from '../tenancy/index.ts'
import { releaseVersion } from '../version.ts'
import { gauge } from './gauge.ts'

export type ProcessMetrics = {
  readonly meters: Meters
  render(pool: PoolUse | null): Promise<string>
}

/** From a migration that finds nothing to do to one that rewrites a large table. */
const secondsBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 600]

/** Classes that tries of items end with: of a series that begins above nothing no rate tells how it came there. */
const errorClasses = {
  succeeded: [''],
  skipped: [''],
  failed: ['08', '0A', '22', '23', '25', '40', '42', '53', '54', '55', '57', 'P0', 'XX', 'driver', 'tenantry'],
  interrupted: ['08', '25', '53', '57', 'driver', 'tenantry'],
} as const satisfies Readonly<Record<Parameters<Meters['attempt']>[1], readonly string[]>>

const createProcessMetrics = (): ProcessMetrics => {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  gauge(registry, 'tenantry_build_info', 'Always 1; the labels say which release this process runs.', [
    { labels: { version: releaseVersion, node: process.version }, value: 1 },
  ])
  const attempts = new Counter({
    name: 'tenantry_item_attempts_total',
    help: 'Tries of items that ended in this process. sqlstate_class: the first two characters of the SQLSTATE, driver, tenantry, or empty.',
    labelNames: ['kind', 'outcome', 'sqlstate_class'],
    registers: [registry],
  })
  for (const kind of runKinds)
    for (const [outcome, classes] of Object.entries(errorClasses))
      for (const errorClass of classes) attempts.inc({ kind, outcome, sqlstate_class: errorClass }, 0)
  const durations = new Histogram({
    name: 'tenantry_item_attempt_seconds',
    help: 'How long tries of items took in this process, without waiting for a slot.',
    labelNames: ['kind', 'outcome'],
    buckets: secondsBuckets,
    registers: [registry],
  })
  return {
    meters: {
      attempt(kind, outcome, errorClass, seconds) {
        attempts.inc({ kind, outcome, sqlstate_class: errorClass })
        durations.observe({ kind, outcome }, seconds)
      },
    },
    async render(pool) {
      const now = new Registry()
      if (pool) {
        const states = (['busy', 'idle', 'waiting'] as const).map((state) => ({ labels: { state }, value: pool[state] }))
        gauge(now, 'tenantry_control_pool_connections', 'Connections of this process to the control database, and calls that wait for one.', states)
        gauge(now, 'tenantry_control_pool_size', 'Most connections that this process opens to the control database for its work.', [
          { labels: {}, value: pool.most },
        ])
      }
      return `${await registry.metrics()}\n${await now.metrics()}`
    },
  }
}

declare global {
  /** One for the process: what the worker counts is read by a handler that Next has compiled apart. */
  var tenantryMetrics: ProcessMetrics | undefined
}

export const processMetrics = (): ProcessMetrics => (globalThis.tenantryMetrics ??= createProcessMetrics())
