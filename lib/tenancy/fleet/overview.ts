import { sql } from 'kysely'
import { versionStates } from '../contract/states.ts'
import type { FleetOverview, RunSummary, VersionCounts } from '../contract/views.ts'
import type { Library } from '../context.ts'
import type { ControlDb } from '../control/db.ts'
import { versionShares, type VersionShare } from '../migrations/set-reads.ts'
import { driftState, failedTargets, isHalfDone, isSeenNow } from '../registry/tenant-filter.ts'
import { openRuns, recentRuns } from '../runs/summaries.ts'
import { attentionOf, type Worries } from './attention.ts'

const recentShown = 6
const workerSilenceSeconds = 60
/** Longer than this unseen, and what the page says of a target may not be so any more. */
const staleMinutes = 60

type Totals = {
  readonly tenants: number
  readonly failed: number
  readonly provisioning: number
  readonly observedAt: Date | null
  readonly oldestObservedAt: Date | null
  readonly stale: number
  readonly halfDone: number
  readonly drifted: number
  readonly driftedShapes: number
  readonly workers: number
}

const totalsOf = async (db: ControlDb): Promise<Totals> => {
  const { rows } = await sql<Totals>`
    with seen as (
      select min(o.observed_at) as oldest, max(o.observed_at) as newest, count(*) filter (where ${isHalfDone})::int as half_done,
        count(*) filter (where t.state = 'active' and coalesce(o.version_state <> 'unreachable' and o.observed_at < now() - make_interval(mins => ${staleMinutes}), o.target_id is null))::int as stale
      from placement p join tenant t on t.id = p.tenant_id left join observation o on o.target_id = p.target_id
    ), strayed as (
      select count(distinct p.tenant_id)::int as drifted, count(distinct (x.set_id, x.shape))::int as shapes
      from placement p join target ta on ta.id = p.target_id join observation o on o.target_id = ta.id join seen_structure x on ${isSeenNow}
      where ${driftState} = 'drifted'
    )
    select (select count(*) from tenant)::int as tenants,
      (select count(distinct p.tenant_id) from placement p join tenant t on t.id = p.tenant_id where t.state = 'active' and p.target_id in (${failedTargets}))::int as failed,
      (select count(*) from tenant t where t.state = 'provisioning'
        and not exists (select from run_item i where i.tenant_id = t.id and i.state in ('pending', 'running', 'interrupted')))::int as provisioning,
      seen.newest as "observedAt", seen.oldest as "oldestObservedAt", seen.stale, seen.half_done as "halfDone",
      strayed.drifted, strayed.shapes as "driftedShapes",
      (select count(*) from worker where heartbeat_at > now() - make_interval(secs => ${workerSilenceSeconds}))::int as workers
    from seen, strayed`.execute(db)
  const row = rows[0]
  if (!row) throw new Error('an aggregate without a row')
  return row
}

const headsOf = async (db: ControlDb): Promise<ReadonlyMap<string, string | null>> => {
  const { rows } = await sql<{ set: string; head: string | null }>`
    select s.name as set, (select version from migration m where m.set_id = s.id order by position desc limit 1) as head
    from migration_set s order by s.name`.execute(db)
  return new Map(rows.map(({ set, head }) => [set, head]))
}

const countStates = (shares: readonly VersionShare[]): VersionCounts => {
  const counts = { at_head: 0, behind: 0, ahead: 0, diverged: 0, unreachable: 0, unobserved: 0 }
  for (const { state, count } of shares) counts[state] += count
  return counts
}

const setsOf = (heads: ReadonlyMap<string, string | null>, shares: readonly VersionShare[]): FleetOverview['sets'] =>
  [...heads].map(([set, head]) => ({
    set,
    head,
    versions: shares.filter((share) => share.set === set).map(({ version, state, count }) => ({ version, state, count })),
  }))

const worriesOf = (totals: Totals, states: VersionCounts, active: readonly RunSummary[]): Worries => ({
  failed: totals.failed,
  diverged: states.diverged,
  drifted: totals.drifted,
  driftedShapes: totals.driftedShapes,
  unreachable: states.unreachable,
  halfDone: totals.halfDone,
  stale: totals.stale,
  provisioning: totals.provisioning,
  paused: active.filter(({ state }) => state === 'paused' || state === 'pausing'),
})

/** The home page's truth, from what was last observed. */
export const fleetOverview = async ({ control: { db } }: Pick<Library, 'control'>): Promise<FleetOverview> => {
  const [totals, shares, heads, activeRuns, finished] = await Promise.all([
    totalsOf(db),
    versionShares(db, null),
    headsOf(db),
    openRuns(db),
    recentRuns(db, recentShown),
  ])
  const states = countStates(shares)
  return {
    tenants: totals.tenants,
    targets: [...versionStates, 'unobserved' as const].reduce((sum, state) => sum + states[state], 0),
    states,
    failed: totals.failed,
    observedAt: totals.observedAt?.toISOString() ?? null,
    oldestObservedAt: totals.oldestObservedAt?.toISOString() ?? null,
    sets: setsOf(heads, shares),
    attention: attentionOf(worriesOf(totals, states, activeRuns)),
    activeRuns,
    recentRuns: finished,
    workers: totals.workers,
  }
}
