import { sql, type RawBuilder } from 'kysely'
import type { TenantFilter } from '../contract/commands.ts'

/** Of what was seen at another version than the target is at now, nothing is said. */
export const isSeenNow = sql`x.id = o.seen_id and x.digest = o.digest`

/** One row a placement; tenants without one keep a row. The names t, p, ta, s, d, o, x are used by every condition and sort. */
export const tenantRows = sql`
  tenant t
  left join placement p on p.tenant_id = t.id
  left join target ta on ta.id = p.target_id
  left join migration_set s on s.id = p.set_id
  left join database d on d.id = ta.database_id
  left join observation o on o.target_id = ta.id
  left join seen_structure x on ${isSeenNow}`

/**
 * Targets whose newest item failed and that were not put right by hand since. Starts from the targets that ever failed, which are few,
 * instead of looking for the newest item of every target; all of it but the last rows is answered from indexes.
 */
export const failedTargets = sql`
  with ever as (
    select target_id, max(run_id) as run_id from run_item where state = 'failed' and not reads group by target_id
  ), newest as materialized (
    select target_id, run_id from ever where not exists (select from run_item n where n.target_id = ever.target_id and n.run_id > ever.run_id and not n.reads)
  )
  select f.target_id from newest join run_item f on f.target_id = newest.target_id and f.run_id = newest.run_id
  left join observation fo on fo.target_id = f.target_id
  where f.state = 'failed' and not coalesce(fo.version_state = 'at_head' and fo.observed_at > f.finished_at, false)`

/** A target that is at head or behind carries a remark only when a migration stopped half-way. */
export const isHalfDone = sql<boolean>`coalesce(o.remark is not null and o.version_state in ('at_head', 'behind'), false)`

/** Null for a tenant without a target. Acceptances run out by themselves. */
export const driftState = sql<string>`case when ta.id is null then null when x.id is null then 'unknown' when x.accepted_until <= now() then 'drifted' else x.state end`

export type Condition = RawBuilder<boolean>
export const facetDimensions = ['state', 'set', 'database', 'isolation', 'versionState', 'version', 'drift', 'shape', 'label'] as const
export type FacetDimension = (typeof facetDimensions)[number]

const valueOf: Readonly<Record<Exclude<FacetDimension, 'label'>, RawBuilder<string>>> = {
  state: sql`t.state`,
  set: sql`s.name`,
  database: sql`d.name`,
  isolation: sql`p.isolation`,
  versionState: sql`o.version_state`,
  version: sql`o.version`,
  drift: driftState,
  shape: sql`x.shape`,
}
export const facetValue = (dimension: Exclude<FacetDimension, 'label'>): RawBuilder<string> => valueOf[dimension]

const anyOf = (value: RawBuilder<string>, list: readonly string[]): Condition => sql<boolean>`coalesce(${value} = any(${[...list]}::text[]), false)`

/** `key=value` texts by key: values of one key are alternatives, different keys must all hold. */
export const labelsByKey = (labels: readonly string[]): ReadonlyMap<string, readonly string[]> => {
  const byKey = new Map<string, string[]>()
  for (const label of labels) {
    const at = label.indexOf('=')
    const key = at === -1 ? label : label.slice(0, at)
    byKey.set(key, [...(byKey.get(key) ?? []), at === -1 ? '' : label.slice(at + 1)])
  }
  return byKey
}

const labelCondition = (key: string, values: readonly string[]): Condition => sql<boolean>`coalesce(t.labels ->> ${key} = any(${[...values]}::text[]), false)`

const searchCondition = (q: string): Condition => {
  const text = q.toLowerCase()
  return sql<boolean>`(strpos(t.slug, ${text}) > 0 or strpos(lower(t.name), ${text}) > 0
    or strpos(array_to_string(t.hosts, ' '), ${text}) > 0 or strpos(coalesce(ta.schema_name, ''), ${text}) > 0)`
}

/** Asked by what is seen, which few targets share: `x` alone would be found for all of them first. */
const hasShape = (shapes: readonly string[]): Condition =>
  sql<boolean>`(x.id is not null and o.seen_id in (select f.id from seen_structure f where f.shape = any(${[...shapes]}::text[])))`

export type Conditions = {
  /** Search and the like, which no facet leaves out. */
  readonly always: readonly Condition[]
  readonly byDimension: ReadonlyMap<Exclude<FacetDimension, 'label'>, Condition>
  readonly byLabel: ReadonlyMap<string, Condition>
}

export const conditionsOf = (filter: TenantFilter): Conditions => {
  const always: Condition[] = []
  if (filter.q) always.push(searchCondition(filter.q))
  if (filter.failed) always.push(sql<boolean>`coalesce(p.target_id in (${failedTargets}), false)`)
  if (filter.halfDone) always.push(isHalfDone)
  const byDimension = new Map<Exclude<FacetDimension, 'label'>, Condition>()
  for (const dimension of facetDimensions) {
    if (dimension === 'label') continue
    const chosen = filter[dimension]
    if (chosen && chosen.length > 0) byDimension.set(dimension, dimension === 'shape' ? hasShape(chosen) : anyOf(valueOf[dimension], chosen))
  }
  const byLabel = new Map([...labelsByKey(filter.label ?? [])].map(([key, values]) => [key, labelCondition(key, values)]))
  return { always, byDimension, byLabel }
}

/** The whole filter as one condition. */
export const allOf = ({ always, byDimension, byLabel }: Conditions): Condition => {
  const all = [...always, ...byDimension.values(), ...byLabel.values()]
  return all.length === 0 ? sql<boolean>`true` : sql<boolean>`${sql.join(all, sql` and `)}`
}
