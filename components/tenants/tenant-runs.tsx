import Link from 'next/link'
import { headline, wordsOf } from '@/components/runs/run-failures-model'
import { itemStateLooks, runKindLabels } from '@/components/runs/run-status'
import { RelativeTime } from '@/components/ui/relative-time'
import { StateBadge } from '@/components/ui/state-badge'
import type { TenantDetail } from '@/lib/tenancy/contract'

export function TenantRuns({ slug, runs }: { readonly slug: string; readonly runs: TenantDetail['runs'] }) {
  if (runs.length === 0) return <p className="px-4 py-3 text-sm text-muted">0 runs have touched it.</p>
  return (
    <ul>
      {runs.map(({ run, kind, set, state, attempts, finishedAt, error }) => (
        <li key={run} className="border-b border-line last:border-0">
          <Link
            href={`/runs/${run}?item=${slug}`}
            className="flex min-h-9 flex-col justify-center gap-0.5 px-4 py-2 text-sm hover:bg-hover focus-visible:-outline-offset-2"
          >
            <span className="flex items-center gap-3">
              <StateBadge look={itemStateLooks[state]}>
                <span className="sr-only">{itemStateLooks[state].label}: </span>Run {run}
              </StateBadge>
              <span className="min-w-0 flex-1 truncate text-muted">
                {runKindLabels[kind]} <span className="mono">{set}</span>
                {attempts > 1 ? `, ${attempts} attempts` : ''}
              </span>
              <RelativeTime at={finishedAt} className="text-xs text-faint" />
            </span>
            {error === null ? null : (
              <span className="truncate pl-5 text-xs text-bad-ink" title={error.message}>
                {headline(wordsOf(error).title)}: {error.message}
              </span>
            )}
          </Link>
        </li>
      ))}
    </ul>
  )
}
