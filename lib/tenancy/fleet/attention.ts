import type { FleetOverview, RunSummary } from '../contract/views.ts'

export type Worries = {
  readonly failed: number
  readonly diverged: number
  readonly drifted: number
  readonly driftedShapes: number
  readonly unreachable: number
  readonly halfDone: number
  readonly stale: number
  readonly provisioning: number
  readonly paused: readonly RunSummary[]
}

type Attention = FleetOverview['attention'][number]

const many = (count: number, one: string, more: string): string => `${count} ${count === 1 ? one : more}`

const reasons: Readonly<Record<string, string>> = {
  failure_tolerance: 'more targets failed than it may leave behind',
  different: 'more targets than it tolerates are applied, but different from what the migrations make',
  requested: 'somebody asked for it',
}

const pausedText = (paused: readonly RunSummary[]): string => {
  const [run] = paused
  if (!run || paused.length > 1) return `${paused.length} runs stand still`
  const reason = run.stopReason === null ? undefined : reasons[run.stopReason]
  return `Run ${run.id} is ${run.state}${reason === undefined ? '' : `: ${reason}`}`
}

/** What somebody should look at, the most pressing first. Each links to the list that shows just that. */
export const attentionOf = (worries: Worries): readonly Attention[] => {
  const { failed, diverged, drifted, driftedShapes, unreachable, halfDone, stale, provisioning, paused } = worries
  const all: readonly Attention[] = [
    { kind: 'failed', count: failed, text: `${many(failed, 'tenant', 'tenants')} failed in the last run`, href: '/tenants?failed=true&state=active' },
    {
      kind: 'paused_run',
      count: paused.length,
      text: pausedText(paused),
      href: paused.length === 1 ? `/runs/${paused[0]?.id}` : '/runs?state=paused',
    },
    {
      kind: 'half_done',
      count: halfDone,
      text: `${many(halfDone, 'tenant has', 'tenants have')} a migration that stopped half-way`,
      href: '/tenants?halfDone=true',
    },
    {
      kind: 'diverged',
      count: diverged,
      text: `${many(diverged, 'tenant holds', 'tenants hold')} other migrations than the set`,
      href: '/tenants?versionState=diverged',
    },
    { kind: 'drifted', count: drifted, text: `${many(drifted, 'tenant', 'tenants')} drifted in ${many(driftedShapes, 'shape', 'shapes')}`, href: '/drift' },
    {
      kind: 'unreachable',
      count: unreachable,
      text: `${many(unreachable, 'tenant', 'tenants')} could not be reached`,
      href: '/tenants?versionState=unreachable',
    },
    {
      kind: 'provisioning',
      count: provisioning,
      text: `${many(provisioning, 'tenant was', 'tenants were')} reserved but not built`,
      href: '/tenants?state=provisioning',
    },
    { kind: 'stale', count: stale, text: `${many(stale, 'tenant was', 'tenants were')} not seen within the last hour`, href: '/tenants?sort=observedAt' },
  ]
  return all.filter(({ count }) => count > 0)
}
