'use client'

import { useQuery } from '@tanstack/react-query'
import { CircleAlert } from 'lucide-react'
import Link from 'next/link'
import { Panel } from '@/components/ui/page-header'
import { RelativeTime } from '@/components/ui/relative-time'
import { reportQueries } from '@/lib/client/queries/reports'
import type { PinnedFigure } from '@/lib/tenancy/contract'
import { alertWords, figureText, newest, partWords } from './figure-model'
import { FigureTrend } from './figure-trend'

/** Figures of reports on the page of the fleet: those that are pinned, and before them those that alert. Nothing while there are none. */
export function PinnedFigures() {
  const { data = [] } = useQuery(reportQueries.pinned)
  if (data.length === 0) return null
  const order = data.toSorted((one, other) => Number(other.alertingSince !== null) - Number(one.alertingSince !== null))
  return (
    <Panel
      title="Figures"
      actions={
        <Link href="/reports" className="text-xs text-muted hover:text-ink hover:underline">
          All reports
        </Link>
      }
    >
      <ul>
        {order.map((figure) => (
          <FigureLine key={figure.id} figure={figure} />
        ))}
      </ul>
    </Panel>
  )
}

function FigureLine({ figure }: { readonly figure: PinnedFigure }) {
  const last = newest(figure)
  const part = partWords(last)
  return (
    <li className="border-b border-line last:border-0">
      <Link href={`/reports/${figure.report.id}`} className="flex items-center gap-3 px-4 py-2 text-sm hover:bg-hover focus-visible:-outline-offset-2">
        <span className="min-w-0 flex-1">
          <span className="block truncate">{figure.name}</span>
          {figure.alertingSince === null ? (
            <span className="block truncate text-xs text-muted">
              {figure.report.name}
              {last === null ? '' : ', '}
              {last === null ? null : <RelativeTime at={last.at} />}
            </span>
          ) : (
            <span className="flex items-start gap-1 text-xs text-bad-ink">
              <CircleAlert aria-hidden className="mt-px size-3.5 shrink-0" />
              <span>
                {alertWords(figure)}, <RelativeTime at={figure.alertingSince} />
              </span>
            </span>
          )}
          {/* An alert says it of the value that it tells. */}
          {part === '' || figure.alertingSince !== null ? null : <span className="block text-xs text-muted">{part}</span>}
          {last?.problem ? <span className="line-clamp-2 text-xs text-bad-ink">The newest run came to no figure: {last.problem}</span> : null}
        </span>
        <FigureTrend figure={figure} />
        <span className="min-w-16 text-right text-base font-semibold">{figureText(last?.value ?? null)}</span>
      </Link>
    </li>
  )
}
