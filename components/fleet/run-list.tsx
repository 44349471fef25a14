import Link from 'next/link'
import { runLook } from '@/components/runs/run-status'
import { Progress } from '@/components/ui/progress'
import { RelativeTime } from '@/components/ui/relative-time'
import { StateBadge } from '@/components/ui/state-badge'
import type { RunSummary } from '@/lib/tenancy/contract'
import { countsSentence, partsOf, runTitle, workedOf } from './run-list-model'

export function OpenRuns({ runs }: { readonly runs: readonly RunSummary[] }) {
  return (
    <ul>
      {runs.map((run) => (
        <li key={run.id} className="border-b border-line last:border-0">
          <Link href={`/runs/${run.id}`} className="flex flex-col gap-2 px-4 py-3 text-sm hover:bg-hover focus-visible:-outline-offset-2">
            <span className="flex items-center gap-3">
              <span className="min-w-0 flex-1 truncate">
                <span className="font-medium">Run {run.id}</span> <span className="text-muted">{runTitle(run)}</span>
              </span>
              <StateBadge look={runLook(run)} />
            </span>
            <Progress label={`Run ${run.id}`} total={run.counts.total} done={workedOf(run.counts)} parts={partsOf(run.counts)} />
            <span className="flex justify-between gap-3 text-xs text-muted">
              <span>{countsSentence(run.counts)}</span>
              <span className="truncate">
                {run.startedBy}, <RelativeTime at={run.startedAt ?? run.createdAt} />
              </span>
            </span>
          </Link>
        </li>
      ))}
    </ul>
  )
}

export function RecentRuns({ runs }: { readonly runs: readonly RunSummary[] }) {
  return (
    <ul>
      {runs.map((run) => (
        <li key={run.id} className="border-b border-line last:border-0">
          <Link href={`/runs/${run.id}`} className="flex min-h-9 items-center gap-3 px-4 py-1.5 text-sm hover:bg-hover focus-visible:-outline-offset-2">
            <StateBadge look={runLook(run)}>
              <span className="sr-only">{runLook(run).label}: </span>
              <span className="min-w-12">Run {run.id}</span>
            </StateBadge>
            <span className="flex min-w-0 flex-1 flex-col sm:flex-row sm:items-baseline sm:justify-between sm:gap-x-3">
              <span className="truncate text-muted">{runTitle(run)}</span>
              <span className="shrink-0 text-xs text-muted">{countsSentence(run.counts)}</span>
            </span>
            <RelativeTime at={run.finishedAt} className="w-16 shrink-0 text-right text-xs text-faint" />
          </Link>
        </li>
      ))}
    </ul>
  )
}
