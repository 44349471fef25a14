'use client'

import { Rows3 } from 'lucide-react'
import { EmptyState } from '@/components/ui/empty-state'
import { ErrorState } from '@/components/ui/error-state'
import { SkeletonRows } from '@/components/ui/skeleton'
import { describeReadError, RefusedError } from '@/lib/client/fetch-json'
import type { RowsView } from '@/lib/client/queries/reports'
import { formatCount, plural } from '@/lib/format'
import type { ReportRun } from '@/lib/tenancy/contract'
import { GoneRows } from './gone-rows'
import { awaitsRows } from './report-model'
import { RowsSearch } from './rows-search'
import { nextOrder } from './rows-model'
import { RowsTable } from './rows-table'
import { useReportRows } from './use-report-rows'

type Props = { readonly report: ReportRun; readonly mayRun: boolean; readonly view: RowsView; readonly onView: (view: RowsView) => void }

/** What the tenants have answered, as far as they have. */
export function RowsPanel({ report, mayRun, view, onView }: Props) {
  const rows = useReportRows(report.run, view)
  if (rows.error instanceof RefusedError && (rows.error.code === 'report.lost' || rows.error.code === 'report.expired'))
    return <GoneRows report={report} code={rows.error.code} mayRun={mayRun} />
  if (rows.error && rows.total === null) return <ErrorState {...describeReadError(rows.error)} retry={rows.retry} />
  if (rows.total === null) return <SkeletonRows rows={10} className="rounded-lg border border-line bg-surface" />
  const isWaiting = view.q === '' && awaitsRows(rows.total, report)
  return (
    <section aria-label="Rows" className="overflow-clip rounded-lg border border-line bg-surface">
      <header className="flex min-h-11 flex-wrap items-center gap-x-3 gap-y-1 border-b border-line px-3 py-1.5 text-xs text-muted">
        <p role="status" className="min-w-0 flex-1">
          {isWaiting ? 'No rows yet' : <span className="font-medium text-ink">{formatCount(rows.total)}</span>}
          {isWaiting ? '' : rows.total === 1 ? ' row' : ' rows'}
          {view.q === '' ? '' : ' found'} in {plural(report.columns.length, 'column')}
          {view.sort === null ? ', in order of tenant' : `, by ${view.sort}${view.descending ? ' downwards' : ''}`}
        </p>
        <RowsSearch columns={report.columns} q={view.q} column={view.column} onChange={(found) => onView({ ...view, ...found })} />
      </header>
      <RowsTable
        label={`Rows of report ${report.run}`}
        columns={report.columns}
        total={rows.total}
        sample={rows.sample}
        rowAt={rows.rowAt}
        onSee={rows.see}
        order={view}
        onSort={(column) => onView({ ...view, ...nextOrder(view, column) })}
        stale={rows.stale}
        resetKey={JSON.stringify(view)}
      />
      {rows.total === 0 && view.q !== '' ? (
        <p className="px-4 py-6 text-sm text-muted">
          No row holds “{view.q}”{view.column === null ? '' : ` in ${view.column}`}.
        </p>
      ) : null}
      {isWaiting ? <p className="px-4 py-6 text-sm text-muted">The first rows stand here as soon as a tenant has answered.</p> : null}
      {rows.total === 0 && view.q === '' && !isWaiting ? (
        <EmptyState icon={Rows3} title="No tenant answered with a row" className="py-8">
          {report.answered === 0
            ? 'None answered at all: the reasons stand above.'
            : 'They answered, and nothing of theirs fits. Look at the conditions and the parameters.'}
        </EmptyState>
      ) : null}
    </section>
  )
}
