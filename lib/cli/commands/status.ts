import type { Command } from 'commander'
import { z } from 'zod'
import { formatBytes, formatRelative, plural } from '../../format.ts'
import { listTenantsInput, setName, tenantInput } from '../../tenancy/contract/index.ts'
import type { RowDrift, TenantDetail, TenantRow } from '../../tenancy/contract/index.ts'
import { formatColumns } from '../columns.ts'
import { runCommand } from '../command.ts'
import { statusDocument } from '../documents.ts'
import type { TargetDocument } from '../documents.ts'
import { exitCodes } from '../failure.ts'
import { parseInput } from '../parse-input.ts'
import { refresh } from '../refresh.ts'
import type { Session } from '../session.ts'

const statusInput = z.object({
  set: setName.optional(),
  tenant: tenantInput.shape.slug.optional(),
  refresh: z.boolean().default(false),
  check: z.boolean().default(false),
})
type StatusInput = z.output<typeof statusInput>

type Seen = {
  readonly target: TargetDocument
  /** Rollouts leave tenants out that are not active, so they hold back no pipeline. */
  readonly isActive: boolean
}

const isDrifted = (drift: RowDrift | null): boolean | null => (drift === null || drift.state === 'unknown' ? null : drift.state === 'drifted')

const fromRow = (row: TenantRow): Seen[] =>
  row.set === null || row.database === null || row.schema === null || row.isolation === null
    ? []
    : [
        {
          isActive: row.state === 'active',
          target: {
            tenant: row.slug,
            set: row.set,
            database: row.database,
            schema: row.schema,
            isolation: row.isolation,
            version: row.version,
            pending: row.pending,
            state: row.versionState ?? 'unobserved',
            bytes: row.bytes,
            drift: isDrifted(row.drift),
            observedAt: row.observedAt,
          },
        },
      ]

const fromDetail = (tenant: TenantDetail): Seen[] =>
  tenant.placements.map((placement) => ({
    isActive: tenant.state === 'active',
    target: {
      tenant: tenant.slug,
      set: placement.set,
      database: placement.database,
      schema: placement.schema,
      isolation: placement.isolation,
      version: placement.version,
      pending: placement.versionState === null ? null : placement.pending.length,
      state: placement.versionState ?? 'unobserved',
      bytes: placement.bytes,
      drift: isDrifted(placement.drift),
      observedAt: placement.observedAt,
    },
  }))

const pageSize = 500

const readAll = async ({ tenancy }: Session, set: string | undefined): Promise<Seen[]> => {
  const seen: Seen[] = []
  for (let offset = 0; ; offset += pageSize) {
    const page = await tenancy.tenants.list(listTenantsInput.parse({ ...(set === undefined ? {} : { set: [set] }), offset, limit: pageSize }))
    seen.push(...page.rows.flatMap(fromRow))
    if (offset + pageSize >= page.total) return seen
  }
}

const readTargets = async (session: Session, { tenant, set }: StatusInput): Promise<Seen[]> => {
  if (set !== undefined) await session.tenancy.sets.get(set)
  if (tenant === undefined) return readAll(session, set)
  const seen = fromDetail(await session.tenancy.tenants.get(tenant))
  return set === undefined ? seen : seen.filter(({ target }) => target.set === set)
}

const formatTargets = (targets: readonly TargetDocument[], now: number): string =>
  formatColumns(targets, [
    { title: 'tenant', value: ({ tenant }) => tenant },
    { title: 'set', value: ({ set }) => set },
    { title: 'database', value: ({ database }) => database },
    { title: 'schema', value: ({ schema }) => schema },
    { title: 'version', value: ({ version }) => version ?? '–' },
    { title: 'pending', value: ({ pending }) => (pending === null ? '–' : String(pending)), isNumber: true },
    { title: 'state', value: ({ state }) => state.replace('_', ' ') },
    { title: 'drift', value: ({ drift }) => (drift === null ? '–' : drift ? 'drifted' : 'no') },
    { title: 'size', value: ({ bytes }) => (bytes === null ? '–' : formatBytes(bytes)), isNumber: true },
    { title: 'seen', value: ({ observedAt }) => (observedAt === null ? 'never' : formatRelative(Date.parse(observedAt), now)) },
  ])

const summarise = (targets: readonly TargetDocument[]): string => {
  const counts = Object.entries(Object.groupBy(targets, ({ state }) => state)).map(([state, list]) => `${list.length} ${state.replace('_', ' ')}`)
  return `${plural(targets.length, 'target')}: ${counts.join(', ')}`
}

const status = async (session: Session, input: StatusInput): Promise<number> => {
  const { output } = session
  const isFresh = !input.refresh || (await refresh(session, input.tenant, true))
  if (isFresh === 'stopped') return exitCodes.interrupted
  const seen = await readTargets(session, input)
  const targets = seen.map(({ target }) => target)
  output.result(statusDocument, { targets }, () =>
    targets.length === 0
      ? 'There are no targets yet: tenantry onboard SLUG makes the first.'
      : `${formatTargets(targets, Date.now())}\n\n${summarise(targets)}`,
  )
  const isBehind = input.check && seen.some(({ isActive, target }) => isActive && target.state !== 'at_head')
  return isBehind || !isFresh ? exitCodes.targetsFailed : exitCodes.well
}

export const addStatus = (program: Command): void => {
  program
    .command('status')
    .summary('show where every target stands')
    .description('One row a target, as last observed.')
    .option('--set <set>', 'only targets of this migration set')
    .option('--tenant <slug>', 'only this tenant')
    .option('--refresh', 'look at the databases first instead of trusting what was last seen')
    .option('--check', 'exit 1 when an active tenant is not at the newest version')
    .addHelpText('after', "\nExamples:\n  tenantry status --set app --refresh --check\n  tenantry status --json | jq '.targets[] | select(.pending > 0)'")
    .action((options: { set?: string; tenant?: string; refresh?: boolean; check?: boolean }) => runCommand(() => parseInput(statusInput, options), status))
}
