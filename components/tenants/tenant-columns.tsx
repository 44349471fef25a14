import Link from 'next/link'
import { shapeHref, shapeTitle } from '@/components/drift/drift-model'
import { driftStateLooks, severityLooks } from '@/components/drift/drift-state'
import { itemStateLooks } from '@/components/runs/run-status'
import { versionStateLooks } from '@/components/fleet/version-state'
import type { TableColumn } from '@/components/ui/data-table-types'
import { RelativeTime } from '@/components/ui/relative-time'
import { StateBadge } from '@/components/ui/state-badge'
import { formatBytes, formatCount } from '@/lib/format'
import type { ListTenantsInput, RowDrift, TenantRow } from '@/lib/tenancy/contract'
import type { ColumnId } from './tenant-search'
import { isolationLabels, tenantStateLooks } from './tenant-state'

const dash = <span className="text-faint">–</span>

export const columnLabels: Readonly<Record<ColumnId, string>> = {
  tenant: 'Tenant',
  versionState: 'Version state',
  drift: 'Drift',
  version: 'Version',
  pending: 'Pending',
  set: 'Set',
  database: 'Database',
  isolation: 'Isolation',
  bytes: 'Size',
  state: 'State',
  lastRun: 'Last run',
  observedAt: 'Seen',
}

type Column = TableColumn<TenantRow, ListTenantsInput['sort']> & { readonly id: ColumnId }

/** @param mostBytes what a full bar of the size column stands for */
export const tenantColumns = (mostBytes: number): readonly Column[] => [
  {
    id: 'tenant',
    header: columnLabels.tenant,
    track: 'minmax(200px, 1fr)',
    sort: 'slug',
    cell: ({ slug, name }) => (
      <span className="flex min-w-0 items-baseline gap-2">
        <Link href={`/tenants/${slug}`} tabIndex={-1} prefetch={false} className="max-w-[78%] shrink-0 truncate font-medium hover:underline">
          {name}
        </Link>
        <span className="mono min-w-0 truncate text-muted">{slug}</span>
      </span>
    ),
  },
  {
    id: 'versionState',
    header: columnLabels.versionState,
    track: '112px',
    sort: 'versionState',
    cell: ({ versionState, remark, targetId }) =>
      targetId === null ? dash : <StateBadge look={versionStateLooks[versionState ?? 'unobserved']} {...(remark === null ? {} : { title: remark })} />,
  },
  {
    id: 'drift',
    header: columnLabels.drift,
    track: '92px',
    sort: 'drift',
    cell: ({ drift, set }) => (drift === null || set === null ? dash : <DriftCell drift={drift} set={set} />),
  },
  {
    id: 'version',
    header: columnLabels.version,
    track: '72px',
    sort: 'version',
    cell: ({ version }) => (version === null ? dash : <span className="mono">{version}</span>),
  },
  {
    id: 'pending',
    header: columnLabels.pending,
    track: '72px',
    sort: 'pending',
    align: 'end',
    cell: ({ pending }) => (pending === null ? dash : pending === 0 ? <span className="text-faint">0</span> : formatCount(pending)),
  },
  { id: 'set', header: columnLabels.set, track: '72px', sort: 'set', cell: ({ set }) => (set === null ? dash : <span className="mono">{set}</span>) },
  {
    id: 'database',
    header: columnLabels.database,
    track: '76px',
    sort: 'database',
    cell: ({ database }) => (database === null ? dash : <span className="mono">{database}</span>),
  },
  {
    id: 'isolation',
    header: columnLabels.isolation,
    track: '76px',
    sort: 'isolation',
    cell: ({ isolation }) => (isolation === null ? dash : isolationLabels[isolation]),
  },
  {
    id: 'bytes',
    header: columnLabels.bytes,
    track: '104px',
    sort: 'bytes',
    align: 'end',
    cell: ({ bytes }) => (bytes === null ? dash : <SizeBar bytes={bytes} most={mostBytes} />),
  },
  { id: 'state', header: columnLabels.state, track: '104px', sort: 'state', cell: ({ state }) => <StateBadge look={tenantStateLooks[state]} /> },
  {
    id: 'lastRun',
    header: columnLabels.lastRun,
    track: '82px',
    sort: 'lastRun',
    cell: ({ lastRun }) =>
      lastRun === null ? (
        dash
      ) : (
        <StateBadge look={itemStateLooks[lastRun.state]} title={itemStateLooks[lastRun.state].label}>
          <Link href={`/runs/${lastRun.id}`} tabIndex={-1} prefetch={false} className="hover:underline">
            Run {lastRun.id}
          </Link>
        </StateBadge>
      ),
  },
  {
    id: 'observedAt',
    header: columnLabels.observedAt,
    track: '80px',
    sort: 'observedAt',
    cell: ({ observedAt }) => <RelativeTime at={observedAt} none="never" className="text-muted" />,
  },
]

function DriftCell({ drift: { state, shape, letter, severity }, set }: { readonly drift: RowDrift; readonly set: string }) {
  const look = driftStateLooks[state]
  if (state === 'unknown') return <span title={look.label}>{dash}</span>
  if (state === 'norm' || shape === null) return <StateBadge look={look} />
  return (
    <StateBadge look={look} title={severity === null ? look.label : `${look.label}, ${severityLooks[severity].label.toLowerCase()}`}>
      <Link href={shapeHref({ set, id: shape })} tabIndex={-1} prefetch={false} className="hover:underline">
        {shapeTitle({ state, letter })}
        <span className="sr-only">, {look.label.toLowerCase()}</span>
      </Link>
    </StateBadge>
  )
}

function SizeBar({ bytes, most }: { readonly bytes: number; readonly most: number }) {
  return (
    <span className="flex items-center justify-end gap-2">
      <svg aria-hidden viewBox="0 0 24 4" className="h-1 w-6 shrink-0">
        <rect width="24" height="4" rx="2" fill="var(--quiet-soft)" />
        <rect width={most === 0 ? 0 : Math.max(1.5, (bytes / most) * 24)} height="4" rx="2" fill="var(--line-strong)" />
      </svg>
      <span className="w-[60px] shrink-0">{formatBytes(bytes)}</span>
    </span>
  )
}
