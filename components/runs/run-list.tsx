'use client'

import { useInfiniteQuery } from '@tanstack/react-query'
import { ListChecks } from 'lucide-react'
import Link from 'next/link'
import { usePathname, useRouter, useSearchParams } from 'next/navigation'
import { Button } from '@/components/ui/button'
import { cn } from '@/components/ui/class-names'
import { EmptyState } from '@/components/ui/empty-state'
import { ErrorState } from '@/components/ui/error-state'
import { Page, PageHeader } from '@/components/ui/page-header'
import { SkeletonRows } from '@/components/ui/skeleton'
import { describeReadError } from '@/lib/client/fetch-json'
import { runQueries } from '@/lib/client/queries/runs'
import { filterLabels, readFilter, runFilters, statesOf } from './run-list-model'
import { RunRow, runColumns, runGrid } from './run-row'
import { useRowKeys } from '@/components/ui/use-row-keys'

/** Every run, the newest first; open ones move as their items settle. */
export function RunList({ mayStart }: { readonly mayStart: boolean }) {
  const search = useSearchParams()
  const path = usePathname()
  const router = useRouter()
  const filter = readFilter(search.get('state'))
  const set = search.get('set') ?? undefined
  const runs = useInfiniteQuery(runQueries.list({ state: statesOf(filter), set }))
  const rows = runs.data?.pages.flatMap((page) => page.rows) ?? []
  const { list, onKeyDown } = useRowKeys('a[data-run]', true)

  const hrefOf = (next: string): string => {
    const params = new URLSearchParams(search.toString())
    if (next === 'all') params.delete('state')
    else params.set('state', next)
    return params.size === 0 ? path : `${path}?${params}`
  }

  return (
    <Page>
      <PageHeader
        title="Runs"
        actions={
          mayStart ? (
            <Button asChild>
              <Link href="/migrations">Roll out…</Link>
            </Button>
          ) : null
        }
      >
        Each rollout, onboarding and repair, with what came of every target.
      </PageHeader>
      <nav aria-label="States" className="flex flex-wrap gap-0.5 sm:gap-1">
        {runFilters.map((one) => (
          <Link
            key={one}
            href={hrefOf(one)}
            replace
            scroll={false}
            aria-current={one === filter ? 'true' : undefined}
            className={cn(
              'inline-flex h-7 items-center rounded-md px-1.5 text-sm sm:px-2.5',
              one === filter ? 'bg-accent-soft font-medium text-accent-ink' : 'text-muted hover:bg-hover hover:text-ink',
            )}
          >
            {filterLabels[one]}
          </Link>
        ))}
        {set === undefined ? null : (
          <Button size="sm" variant="ghost" onClick={() => router.replace(filter === 'all' ? path : `${path}?state=${filter}`)}>
            only {set} · show all sets
          </Button>
        )}
      </nav>
      {runs.error && !runs.data ? <ErrorState {...describeReadError(runs.error)} retry={() => void runs.refetch()} /> : null}
      {runs.isPending ? <SkeletonRows rows={8} className="rounded-lg border border-line bg-surface" /> : null}
      {runs.data && rows.length === 0 ? <NoRuns filtered={filter !== 'all' || set !== undefined} mayStart={mayStart} /> : null}
      {rows.length === 0 ? null : (
        <div ref={list} role="table" aria-label="Runs" className="overflow-hidden rounded-lg border border-line bg-surface" onKeyDown={onKeyDown}>
          <div role="rowgroup">
            <div role="row" className={cn(runGrid, 'h-8 border-b border-line text-xs text-muted')}>
              {runColumns.map(({ label, className }) => (
                <span key={label} role="columnheader" className={className}>
                  {label}
                </span>
              ))}
            </div>
          </div>
          <div role="rowgroup">
            {rows.map((run) => (
              <RunRow key={run.id} run={run} />
            ))}
          </div>
        </div>
      )}
      {runs.hasNextPage ? (
        <Button className="self-center" busy={runs.isFetchingNextPage} onClick={() => void runs.fetchNextPage()}>
          Show older runs
        </Button>
      ) : null}
    </Page>
  )
}

function NoRuns({ filtered, mayStart }: { readonly filtered: boolean; readonly mayStart: boolean }) {
  if (filtered) return <EmptyState icon={ListChecks} title="No run is in this state" />
  return (
    <EmptyState
      icon={ListChecks}
      title="Nothing has been run yet"
      command="npx tenantry migrate --all"
      action={
        mayStart ? (
          <Button asChild variant="primary">
            <Link href="/migrations">Choose what to roll out</Link>
          </Button>
        ) : undefined
      }
    >
      Rollouts and onboardings stand here, with each target’s outcome and how to try the failed ones again.
    </EmptyState>
  )
}
