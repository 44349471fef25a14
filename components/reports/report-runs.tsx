'use client'

import Link from 'next/link'
import { reportLook } from '@/components/runs/run-status'
import { cn } from '@/components/ui/class-names'
import { RelativeTime } from '@/components/ui/relative-time'
import { StateBadge } from '@/components/ui/state-badge'
import { formatCount, plural } from '@/lib/format'
import type { ReportRunRow } from '@/lib/tenancy/contract'
import { useRowKeys } from '@/components/ui/use-row-keys'

const grid =
  'grid items-center gap-x-3 px-4 grid-cols-[2.5rem_minmax(0,1fr)_6.5rem] lg:gap-x-6 lg:grid-cols-[3rem_minmax(10rem,1.6fr)_6.5rem_minmax(8rem,1fr)_6rem_minmax(8rem,1fr)_6rem_7rem]'

const headings: ReadonlyArray<readonly [label: string, className?: string]> = [
  ['Run'],
  ['Report'],
  ['State'],
  ['Answered', 'text-right max-lg:hidden'],
  ['Rows', 'text-right max-lg:hidden'],
  ['Started by', 'max-lg:hidden'],
  ['When', 'max-lg:hidden'],
  ['Kept until', 'max-lg:hidden'],
]

/** Runs of reports, the newest first. */
export function ReportRuns({ rows, isNamed = true }: { readonly rows: readonly ReportRunRow[]; readonly isNamed?: boolean }) {
  const { list, onKeyDown } = useRowKeys('a[data-run]', true)
  return (
    <div ref={list} role="table" aria-label="Runs of reports" className="overflow-hidden rounded-lg border border-line bg-surface" onKeyDown={onKeyDown}>
      <div role="rowgroup">
        <div role="row" className={cn(grid, 'h-8 border-b border-line text-xs text-muted')}>
          {headings.map(([label, className]) => (
            <span key={label} role="columnheader" className={className}>
              {label}
            </span>
          ))}
        </div>
      </div>
      <div role="rowgroup">
        {rows.map((row) => (
          <RunLine key={row.run} row={row} isNamed={isNamed} />
        ))}
      </div>
    </div>
  )
}

const nameOf = ({ report, tenants, sampledOf, set }: ReportRunRow, isNamed: boolean): string => {
  if (sampledOf !== null)
    return `Tried on ${formatCount(tenants)} of ${plural(sampledOf, 'tenant')}${isNamed && report !== null ? `: ${report.name}` : ` of ${set}`}`
  return isNamed && report !== null ? report.name : `${plural(tenants, 'tenant')} of ${set}`
}

function RunLine({ row, isNamed }: { readonly row: ReportRunRow; readonly isNamed: boolean }) {
  const silent = row.tenants - row.answered
  return (
    <div role="row" className={cn(grid, 'relative min-h-9 border-b border-line py-1 last:border-0 hover:bg-hover')}>
      <span role="cell" className="mono text-muted">
        {row.run}
      </span>
      <span role="cell" className="min-w-0">
        <Link
          data-run
          href={`/reports/runs/${row.run}`}
          className="block truncate font-medium before:absolute before:inset-0 focus-visible:outline-none focus-visible:before:outline-2 focus-visible:before:-outline-offset-2 focus-visible:before:outline-accent-ink"
        >
          {nameOf(row, isNamed)}
        </Link>
        <span className="block truncate text-xs text-muted lg:hidden">
          {formatCount(row.answered)} of {formatCount(row.tenants)} answered, {plural(row.rows, 'row')} · <RelativeTime at={row.createdAt} />
        </span>
        {row.note === '' && row.parentRun === null ? null : (
          <span className="block truncate text-xs text-muted">
            {[row.parentRun === null ? '' : `asks the silent of ${row.parentRun} again`, row.note].filter((text) => text !== '').join(' · ')}
          </span>
        )}
      </span>
      <span role="cell">
        <StateBadge look={reportLook(row.state, row.answered)} />
      </span>
      <span role="cell" className="text-right max-lg:hidden">
        {formatCount(row.answered)} <span className="text-muted">of {formatCount(row.tenants)}</span>
        {silent > 0 && row.finishedAt !== null ? <span className="text-bad-ink"> · {formatCount(silent)} silent</span> : null}
      </span>
      <span role="cell" className="text-right max-lg:hidden">
        {formatCount(row.rows)}
      </span>
      <span role="cell" className="truncate text-muted max-lg:hidden">
        {row.startedBy}
      </span>
      <span role="cell" className="truncate text-muted max-lg:hidden">
        <RelativeTime at={row.createdAt} />
      </span>
      <span role="cell" className="truncate text-muted max-lg:hidden">
        {row.isExpired ? 'dropped' : row.expiresAt.slice(0, 10)}
      </span>
    </div>
  )
}
