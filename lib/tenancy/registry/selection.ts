import { sql } from 'kysely'
import type { Selection } from '../contract/commands.ts'
import type { ControlDb } from '../control/db.ts'
import { TenancyError } from '../errors.ts'
import { allOf, conditionsOf, tenantRows, type Condition } from './tenant-filter.ts'

const conditionFor = (selection: Selection): Condition => {
  switch (selection.kind) {
    case 'all':
      return sql<boolean>`true`
    case 'tenants':
      return sql<boolean>`t.slug = any(${[...selection.slugs]}::text[])`
    case 'filter':
      return allOf(conditionsOf(selection.filter))
  }
}

/** A tenant that somebody named must be there; one that a filter does not find is no mistake. */
const refuseUnknown = async (db: ControlDb, selection: Selection): Promise<void> => {
  if (selection.kind !== 'tenants') return
  const { rows } = await sql<{ slug: string }>`
    select slug from unnest(${[...selection.slugs]}::text[]) slug where not exists (select from tenant t where t.slug = slug.slug) limit 1`.execute(db)
  const missing = rows[0]
  if (missing) throw new TenancyError('tenant.unknown', { slug: missing.slug })
}

/**
 * The targets of a selection in order of slug, in whatever state their tenants are; a shared target once.
 * @param set only targets of this set
 * @throws tenant.unknown when a named tenant is not there
 */
export const resolveSelection = async (db: ControlDb, selection: Selection, set?: string): Promise<readonly number[]> => {
  await refuseUnknown(db, selection)
  const ofSet = set === undefined ? sql<boolean>`true` : sql<boolean>`s.name = ${set}`
  const { rows } = await sql<{ id: number }>`
    select p.target_id as id from ${tenantRows}
    where p.target_id is not null and ${ofSet} and ${conditionFor(selection)}
    group by p.target_id order by min(t.slug), p.target_id`.execute(db)
  return rows.map(({ id }) => id)
}

/**
 * The tenants of a selection, placed or not, in order of slug.
 * @throws tenant.unknown when a named tenant is not there
 */
export const resolveTenants = async (db: ControlDb, selection: Selection): Promise<readonly number[]> => {
  await refuseUnknown(db, selection)
  const { rows } = await sql<{ id: number }>`
    select t.id from ${tenantRows} where ${conditionFor(selection)} group by t.id order by t.slug`.execute(db)
  return rows.map(({ id }) => id)
}
