/** The migrations of the bars: 13 tables and 32 indexes in 20 files; the 21st adds a column with a default and an index. */
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

export const fleetDir = join(import.meta.dirname, 'fleet')

export type BareMigration = { readonly version: string; readonly name: string; readonly sql: string }

export const fleetMigrations: readonly BareMigration[] = readdirSync(fleetDir)
  .toSorted()
  .map((file) => ({ version: file.slice(0, 4), name: file.slice(5, -4), sql: readFileSync(join(fleetDir, file), 'utf8') }))

/** Where fleets stand before the rollout, and the version that it brings. */
export const builtVersion = '0020'
export const rolloutVersion = '0021'

export const slugsOf = (count: number, prefix = 'bench'): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}-${String(index + 1).padStart(5, '0')}`)
export const schemaOf = (slug: string): string => `tenant_${slug.replaceAll('-', '_')}`
