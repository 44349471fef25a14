'use client'

import { useQuery } from '@tanstack/react-query'
import { RotateCw } from 'lucide-react'
import { TargetPanel } from '@/components/drift/target-panel'
import { versionStateLooks } from '@/components/fleet/version-state'
import { Button } from '@/components/ui/button'
import { CopyButton } from '@/components/ui/copy-button'
import { ErrorState } from '@/components/ui/error-state'
import { Facts } from '@/components/ui/facts'
import { Panel } from '@/components/ui/page-header'
import { RelativeTime } from '@/components/ui/relative-time'
import { SkeletonRows } from '@/components/ui/skeleton'
import { StateBadge } from '@/components/ui/state-badge'
import { describeReadError } from '@/lib/client/fetch-json'
import { inspectionQuery } from '@/lib/client/tenants'
import { formatBytes, plural } from '@/lib/format'
import type { PlacementView } from '@/lib/tenancy/contract'
import { TableSizes } from './table-sizes'
import { placementSentence, timelineOf } from './tenant-model'
import { TenantTimeline } from './tenant-timeline'
import { isolationLabels } from './tenant-state'

type Props = { readonly slug: string; readonly placement: PlacementView; readonly maySeeSet: boolean }

/** Where the tenant's data of one set lives, and what a look into that database shows right now. */
export function PlacementPanels({ slug, placement, maySeeSet }: Props) {
  const inspection = useQuery(inspectionQuery(slug, placement.set))
  const found = inspection.data
  return (
    <>
      <Panel
        title={
          <>
            <span className="mono">{placement.set}</span> <span className="font-normal text-muted">{placementSentence(placement)}</span>
          </>
        }
        actions={<StateBadge look={versionStateLooks[placement.versionState ?? 'unobserved']} variant="soft" />}
      >
        <PlacementFacts placement={placement} />
        {placement.remark === null ? null : <p className="border-t border-line px-4 py-2 text-sm text-bad-ink">{placement.remark}</p>}
      </Panel>
      <TargetPanel slug={slug} set={placement.set} />
      <Panel
        title="Migrations"
        actions={
          <>
            <span className="text-xs text-faint">
              {found ? (
                <>
                  read <RelativeTime at={found.readAt} />
                </>
              ) : (
                'reading the database…'
              )}
            </span>
            <Button variant="ghost" size="icon-sm" aria-label="Read the database again" busy={inspection.isFetching} onClick={() => void inspection.refetch()}>
              <RotateCw aria-hidden />
            </Button>
          </>
        }
      >
        {inspection.isError ? (
          <div className="p-4">
            <ErrorState compact {...describeReadError(inspection.error)} retry={() => void inspection.refetch()} />
          </div>
        ) : found === undefined ? (
          <SkeletonRows rows={8} />
        ) : found.reachable ? (
          <TenantTimeline set={placement.set} entries={timelineOf(placement.pending, found.history)} maySeeSet={maySeeSet} />
        ) : (
          <Unreached placement={placement} reason={found.reason} maySeeSet={maySeeSet} />
        )}
      </Panel>
      <Panel title={found?.reachable ? `Size of ${plural(found.tables.length, 'table')}` : 'Size by table'}>
        {inspection.isError || (found && !found.reachable) ? (
          <p className="px-4 py-3 text-sm text-muted">
            The database could not be read. When it was seen last, the tenant held {placement.bytes === null ? 'an unknown size' : formatBytes(placement.bytes)}
            .
          </p>
        ) : found?.reachable ? (
          <TableSizes tables={found.tables} />
        ) : (
          <SkeletonRows rows={6} />
        )}
      </Panel>
    </>
  )
}

function Unreached({ placement, reason, maySeeSet }: { readonly placement: PlacementView; readonly reason: string; readonly maySeeSet: boolean }) {
  return (
    <>
      <p className="px-4 pt-3 text-sm">
        The database can’t be read now: <span className="text-muted">{reason}</span>
      </p>
      <p className="px-4 py-1 text-sm text-muted">
        Seen last <RelativeTime at={placement.observedAt} none="never" />: {placementSentence(placement)}.
      </p>
      <TenantTimeline set={placement.set} entries={timelineOf(placement.pending, [])} maySeeSet={maySeeSet} />
    </>
  )
}

function PlacementFacts({ placement }: { readonly placement: PlacementView }) {
  const { database, server, schema, role, isolation, version, head, bytes, observedAt } = placement
  return (
    <Facts
      items={[
        [
          'Version',
          <span key="v" className="mono">
            {version ?? 'none'}
          </span>,
        ],
        [
          'Newest of the set',
          <span key="h" className="mono">
            {head ?? 'none'}
          </span>,
        ],
        [
          'Database',
          <span key="d" className="mono">
            {database}
          </span>,
        ],
        [
          'Server',
          <span key="s" className="mono">
            {server}
          </span>,
        ],
        [
          'Schema',
          <span key="c" className="flex items-center">
            <span className="mono max-sm:break-all sm:truncate">{schema}</span>
            <CopyButton text={schema} label="Copy the schema’s name" />
          </span>,
        ],
        [
          'Role',
          <span key="r" className="mono">
            {role ?? 'none'}
          </span>,
        ],
        ['Isolation', isolationLabels[isolation]],
        ['Size', bytes === null ? 'unknown' : formatBytes(bytes)],
        ['Seen', <RelativeTime key="o" at={observedAt} none="never" />],
      ]}
    />
  )
}
