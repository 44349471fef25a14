import { sql } from 'kysely'
import type { TenantFilter } from '../contract/commands.ts'
import type { TenantFacets } from '../contract/views.ts'
import type { Library } from '../context.ts'
import { conditionsOf, facetDimensions, facetValue, tenantRows, type Condition, type FacetDimension } from './tenant-filter.ts'

type Counted = { readonly dimension: FacetDimension; readonly value: string; readonly count: number }

/** Beyond these a list of choices is no help; the search finds the others. */
const mostValues = 200

const plainDimensions = facetDimensions.filter((dimension) => dimension !== 'label')

const both = (conditions: readonly Condition[]): Condition => (conditions.length === 0 ? sql<boolean>`true` : sql<boolean>`${sql.join(conditions, sql` and `)}`)

/**
 * Counts for every filter in one pass. Each row remembers which filters it missed (`missed`, and `missed_keys` for labels); a row counts
 * for a filter's values when it missed no other filter.
 */
export const tenantFacets = async ({ control }: Pick<Library, 'control'>, filter: TenantFilter): Promise<TenantFacets> => {
  const { always, byDimension, byLabel } = conditionsOf(filter)
  const missed = [...byDimension].map(([dimension, condition]) => sql`case when not ${condition} then ${dimension}::text end`)
  const missedKeys = [...byLabel].map(([key, condition]) => sql`case when not ${condition} then ${key}::text end`)
  const listOf = (parts: typeof missed) => (parts.length === 0 ? sql`'{}'::text[]` : sql`array_remove(array[${sql.join(parts)}], null)`)
  const counts = plainDimensions.map(
    (dimension) => sql`
      select ${dimension}::text as dimension, ${sql.ref(dimension)} as value, count(*)::int as count from seen
      where ${sql.ref(dimension)} is not null and missed_keys = '{}' and missed <@ ${[dimension]}::text[] group by 2`,
  )
  const { rows } = await sql<Counted>`
    with seen as materialized (
      select t.labels, ${sql.join(plainDimensions.map((dimension) => sql`${facetValue(dimension)} as ${sql.ref(dimension)}`))},
        ${listOf(missed)} as missed, ${listOf(missedKeys)} as missed_keys
      from ${tenantRows} where ${both(always)}
    ), counted as (
      ${sql.join(counts, sql` union all `)}
      union all
      select 'label', label.key || '=' || label.value, count(*)::int from seen, jsonb_each_text(labels) label
      where missed = '{}' and missed_keys <@ array[label.key] group by 2
    ), ranked as (
      select *, row_number() over (partition by dimension order by count desc, value) as place from counted
    )
    select dimension, value, count from ranked where place <= ${mostValues} order by dimension, value`.execute(control.db)
  const facet = (dimension: FacetDimension) => rows.filter((row) => row.dimension === dimension).map(({ value, count }) => ({ value, count }))
  return {
    state: facet('state'),
    set: facet('set'),
    database: facet('database'),
    isolation: facet('isolation'),
    versionState: facet('versionState'),
    version: facet('version'),
    drift: facet('drift'),
    shape: facet('shape'),
    label: facet('label'),
  }
}
