import { sql } from 'kysely'
import type { DriftState } from '../contract/drift.ts'
import type { VersionState } from '../contract/states.ts'
import { driftLetters, versionLetters, type FleetMap } from '../contract/views.ts'
import type { Library } from '../context.ts'
import { driftState, isSeenNow } from '../registry/tenant-filter.ts'

type GroupRow = {
  readonly database: string
  readonly set: string
  readonly slugs: readonly string[]
  /** Empty where there is none: the driver's arrays have no null. */
  readonly versions: readonly string[]
  readonly states: ReadonlyArray<VersionState | 'unobserved'>
  readonly drifts: readonly DriftState[]
}

/** A cell for each placement, by database and set, sorted by slug; as parallel lists, because 10,000 objects would be ten times the bytes. */
export const fleetMap = async ({ control }: Pick<Library, 'control'>): Promise<FleetMap> => {
  const { rows } = await sql<GroupRow>`
    select c.database, c.set, array_agg(c.slug order by c.slug) as slugs, array_agg(c.version order by c.slug) as versions,
      array_agg(c.state order by c.slug) as states, array_agg(c.drift order by c.slug) as drifts
    from (
      select d.name as database, s.name as set, t.slug, coalesce(o.version, '') as version, coalesce(o.version_state, 'unobserved') as state,
        ${driftState} as drift
      from placement p
      join tenant t on t.id = p.tenant_id
      join target ta on ta.id = p.target_id
      join database d on d.id = ta.database_id
      join migration_set s on s.id = p.set_id
      left join observation o on o.target_id = ta.id
      left join seen_structure x on ${isSeenNow}
    ) c
    group by c.database, c.set order by c.database, c.set`.execute(control.db)
  return {
    groups: rows.map(({ states, drifts, versions, ...group }) => ({
      ...group,
      versions: versions.map((version) => (version === '' ? null : version)),
      letters: states.map((state) => versionLetters[state]).join(''),
      drift: drifts.map((state) => driftLetters[state]).join(''),
    })),
  }
}
