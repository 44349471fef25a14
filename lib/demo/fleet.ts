/** What the demo fleet looks like: who is at which version, whose data is in the way of the newest migration, and whose table is in use. */
import { join } from 'node:path'
import { projectRoot } from '../root.ts'
import { defaultSchemaName } from '../tenancy/contract/slug.ts'
import { companies } from './companies.ts'
import type { Company } from './companies.ts'

export const demoSet = 'app'
export const demoSetDir = join(/* turbopackIgnore: true */ projectRoot, 'migrations', 'demo', demoSet)

/** The newest migration: it adds a constraint that some invoices break. */
export const newestVersion = '0012'
const usualVersion = '0011'

/** The names that the console shows, and the databases' own. */
export const demoDatabases = { eu: { name: 'eu-1', dbname: 'tempo_eu_1' }, us: { name: 'us-1', dbname: 'tempo_us_1' } } as const

const laggards: ReadonlyArray<{ readonly version: string; readonly tenants: number }> = [
  { version: '0010', tenants: 8 },
  { version: '0009', tenants: 6 },
  { version: '0008', tenants: 4 },
  { version: '0006', tenants: 2 },
]

const laggardVersions = laggards.flatMap(({ version, tenants }) => Array.from({ length: tenants }, () => version))
/** Laggards are spread over the fleet: every tenth company is one. */
const versionAt = (index: number): string => (index % 10 === 4 ? (laggardVersions[Math.floor(index / 10)] ?? usualVersion) : usualVersion)

const brokenAt: ReadonlySet<number> = new Set([20, 65, 107, 168])
const heldAt = 42

export type DemoTenant = Company & {
  readonly database: string
  readonly dbname: string
  readonly schema: string
  /** Where it stands before the first rollout. */
  readonly version: string
  /** Some of its invoices have their two dates swapped. */
  readonly isBroken: boolean
  /** A long report reads its invoices until somebody waits for them. */
  readonly isHeld: boolean
}

export const demoTenants: readonly DemoTenant[] = companies.map((company, index) => ({
  ...company,
  database: demoDatabases[company.region].name,
  dbname: demoDatabases[company.region].dbname,
  schema: defaultSchemaName(company.slug),
  version: versionAt(index),
  isBroken: brokenAt.has(index),
  isHeld: index === heldAt,
}))
