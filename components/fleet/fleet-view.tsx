'use client'

import { useQuery } from '@tanstack/react-query'
import { Eye } from 'lucide-react'
import Link from 'next/link'
import { toast } from 'sonner'
import type { Observe } from '@/components/tenants/bulk-part'
import { figureWorries, type FigureWorry } from '@/components/reports/figure-model'
import { PinnedFigures } from '@/components/reports/pinned-figures'
import { Button } from '@/components/ui/button'
import { ErrorState } from '@/components/ui/error-state'
import { Page, Panel } from '@/components/ui/page-header'
import { RelativeTime } from '@/components/ui/relative-time'
import { Skeleton } from '@/components/ui/skeleton'
import { describeReadError } from '@/lib/client/fetch-json'
import { activeRunsQuery, fleetOverviewQuery } from '@/lib/client/fleet'
import { reportQueries } from '@/lib/client/queries/reports'
import { useToastedCommand } from '@/lib/client/use-toasted-command'
import { plural } from '@/lib/format'
import type { FleetOverview, PinnedFigure } from '@/lib/tenancy/contract'
import { AttentionList } from './attention-list'
import { isFarBehind } from './fleet-model'
import { MapPanel } from './map-panel'
import { OpenRuns, RecentRuns } from './run-list'
import { TruthSentence } from './truth-sentence'
import { VersionStrip } from './version-strip'

/** That something was not looked at for a while is the least. */
const withFigures = (
  attention: FleetOverview['attention'],
  figures: readonly PinnedFigure[],
): ReadonlyArray<FleetOverview['attention'][number] | FigureWorry> => [
  ...attention.filter(({ kind }) => kind !== 'stale'),
  ...figureWorries(figures),
  ...attention.filter(({ kind }) => kind === 'stale'),
]

/** @param observe null for those who may only look */
export function FleetView({ observe }: { readonly observe: Observe | null }) {
  const overview = useQuery(fleetOverviewQuery)
  const { data: live } = useQuery(activeRunsQuery)
  const { data: figures } = useQuery(reportQueries.pinned)
  const { data } = overview
  if (!data)
    return overview.isError ? <ErrorState {...describeReadError(overview.error)} retry={() => void overview.refetch()} /> : <Skeleton className="m-6 h-96" />
  const open = live ?? data.activeRuns
  return (
    <Page>
      <header className="flex flex-wrap items-start gap-x-4 gap-y-3">
        <div className="min-w-0 flex-1 max-sm:basis-full">
          <TruthSentence overview={data} />
          <SeenLine overview={data} />
        </div>
        {observe ? <ObserveButton observe={observe} /> : null}
      </header>
      <div className="grid items-start gap-4 xl:grid-cols-[minmax(0,1fr)_400px]">
        <div className="flex min-w-0 flex-col gap-4">
          <Panel title="Versions">
            <div className="flex flex-col gap-6 p-4">
              {data.sets.map((set) => (
                <VersionStrip key={set.set} set={set} />
              ))}
            </div>
          </Panel>
          <MapPanel />
        </div>
        <div className="flex min-w-0 flex-col gap-4 max-xl:order-first">
          <Panel title="Needs attention">
            {figures === undefined && data.attention.length === 0 ? (
              <Skeleton className="m-4 h-4" />
            ) : (
              <AttentionList items={withFigures(data.attention, figures ?? [])} />
            )}
          </Panel>
          <PinnedFigures />
          <Panel
            title="Runs in flight"
            actions={
              <Link href="/runs" className="text-xs text-muted hover:text-ink hover:underline">
                All runs
              </Link>
            }
          >
            {open.length === 0 ? <p className="px-4 py-3 text-sm text-muted">0 runs are in flight.</p> : <OpenRuns runs={open} />}
          </Panel>
          {data.recentRuns.length === 0 ? null : (
            <Panel title="Finished lately">
              <RecentRuns runs={data.recentRuns} />
            </Panel>
          )}
        </div>
      </div>
    </Page>
  )
}

function SeenLine({ overview: { observedAt, oldestObservedAt, workers, targets } }: { readonly overview: FleetOverview }) {
  return (
    <p className="mt-1 flex flex-wrap gap-x-3 text-sm text-muted">
      <span>{plural(targets, 'target')}</span>
      <span>
        last seen <RelativeTime at={observedAt} none="never" />
        {isFarBehind(observedAt, oldestObservedAt) ? (
          <>
            , one of them only <RelativeTime at={oldestObservedAt} />
          </>
        ) : null}
      </span>
      <span className={workers === 0 ? 'text-bad-ink' : undefined}>
        {workers === 0 ? '0 workers: queued runs wait until one is started' : plural(workers, 'worker')}
      </span>
    </p>
  )
}

function ObserveButton({ observe }: { readonly observe: Observe }) {
  const { send, busy } = useToastedCommand(observe, {
    onDone: ({ databases }) =>
      toast.success(`${plural(databases.length, 'database')} will be looked at now.`, { description: 'This page follows as soon as they were read.' }),
  })
  return (
    <Button busy={busy} onClick={() => send({})} className="max-sm:order-last">
      <Eye aria-hidden />
      Look again
    </Button>
  )
}
