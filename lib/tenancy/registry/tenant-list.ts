import { sql, type RawBuilder } from 'kysely'
import type { ListTenantsInput } from '../contract/commands.ts'
import type { DriftState } from '../contract/drift.ts'
import { versionStates } from '../contract/states.ts'
import type { RowDrift, TenantPage, TenantRow } from '../contract/views.ts'
import type { Library } from '../context.ts'
import { allOf, conditionsOf, driftState, isSeenNow, tenantRows, type Condition } from './tenant-filter.ts'

const newestItem = sql`
  left join lateral (
    select i.run_id, i.position from run_item i where i.target_id = p.target_id and not i.reads order by i.run_id desc limit 1
  ) newest on true`

/** Worst last. */
const driftOrder: readonly DriftState[] = ['norm', 'accepted', 'unknown', 'drifted']

const sortKeys: Readonly<Record<ListTenantsInput['sort'], RawBuilder<unknown>>> = {
  slug: sql`t.slug`,
  name: sql`lower(t.name)`,
  state: sql`t.state`,
  set: sql`s.name`,
  database: sql`d.name`,
  isolation: sql`p.isolation`,
  version: sql`o.version`,
  pending: sql`o.pending`,
  versionState: sql`array_position(${[...versionStates]}::text[], o.version_state)`,
  bytes: sql`o.bytes`,
  lastRun: sql`newest.run_id`,
  observedAt: sql`o.observed_at`,
  drift: sql`array_position(${[...driftOrder]}::text[], ${driftState})`,
}

type PageRow = Omit<TenantRow, 'observedAt' | 'lastRun' | 'drift'> & {
  readonly total: number
  readonly observedAt: Date | null
  readonly runId: number | null
  readonly itemState: NonNullable<TenantRow['lastRun']>['state'] | null
  readonly itemAt: Date | null
  readonly driftState: RowDrift['state'] | null
  readonly shape: RowDrift['shape']
  readonly letter: RowDrift['letter']
  readonly severity: RowDrift['severity']
}

/**
 * First the page's keys with as few joins as its order needs, then everything else for its rows only: 10,000 tenants cost one pass over
 * narrow rows.
 */
const pageQuery = (condition: Condition, { sort, descending, offset, limit }: Pick<ListTenantsInput, 'sort' | 'descending' | 'offset' | 'limit'>) => {
  const direction = descending ? sql`desc nulls last` : sql`asc nulls last`
  return sql<PageRow>`
    with page as materialized (
      select row_number() over () as place, chosen.* from (
        select t.id as tenant_id, p.set_id, count(*) over () as total
        from ${tenantRows} ${sort === 'lastRun' ? newestItem : sql``}
        where ${condition}
        order by ${sortKeys[sort]} ${direction}, t.slug, p.set_id
        offset ${offset} limit ${limit}
      ) chosen
    ), heads as (
      select distinct on (set_id) set_id, version from migration order by set_id, position desc
    )
    select page.total::int as total, t.slug, t.name, t.state, t.hosts, t.labels, ta.id as "targetId", s.name as set, d.name as database,
      ta.schema_name as schema, p.isolation, o.version, heads.version as head, o.pending, o.version_state as "versionState", o.bytes,
      o.observed_at as "observedAt", o.remark, newest.run_id as "runId", item.state as "itemState",
      coalesce(item.finished_at, item.started_at, run.created_at) as "itemAt", ${driftState} as "driftState", x.shape, x.letter, x.severity
    from page
    join tenant t on t.id = page.tenant_id
    left join placement p on p.tenant_id = page.tenant_id and p.set_id = page.set_id
    left join target ta on ta.id = p.target_id
    left join migration_set s on s.id = p.set_id
    left join database d on d.id = ta.database_id
    left join observation o on o.target_id = ta.id
    left join seen_structure x on ${isSeenNow}
    left join heads on heads.set_id = p.set_id
    ${newestItem}
    left join run_item item on item.run_id = newest.run_id and item.position = newest.position
    left join run on run.id = newest.run_id
    order by page.place`
}

const rowOf = ({ total: _total, observedAt, runId, itemState, itemAt, driftState: state, shape, letter, severity, ...row }: PageRow): TenantRow => ({
  ...row,
  drift: state === null ? null : { state, shape, letter, severity },
  observedAt: observedAt?.toISOString() ?? null,
  lastRun: runId === null || itemState === null ? null : { id: runId, state: itemState, at: itemAt?.toISOString() ?? null },
})

const countRows = async ({ control }: Pick<Library, 'control'>, condition: Condition): Promise<number> => {
  const { rows } = await sql<{ total: number }>`select count(*)::int as total from ${tenantRows} where ${condition}`.execute(control.db)
  return rows[0]?.total ?? 0
}

/** One page of placements (and of tenants without one), in a stable order; what is unknown comes last in either direction. */
export const listTenants = async (library: Pick<Library, 'control'>, input: ListTenantsInput): Promise<TenantPage> => {
  const condition = allOf(conditionsOf(input))
  const { rows } = await pageQuery(condition, input).execute(library.control.db)
  // A page behind the last one has no row to carry the total.
  const total = rows[0]?.total ?? (input.offset === 0 ? 0 : await countRows(library, condition))
  return { rows: rows.map(rowOf), total, offset: input.offset }
}
