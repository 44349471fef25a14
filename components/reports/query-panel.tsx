import { SqlView } from '@/components/ui/sql-view'
import type { ReportRun } from '@/lib/tenancy/contract'

/** What was asked: the text, and the values it was asked with. */
export function QueryPanel({ report }: { readonly report: ReportRun }) {
  const values = Object.entries(report.params)
  return (
    <div className="flex flex-col gap-4">
      <SqlView sql={report.sql} label={`SQL of report ${report.run}`} maxHeight="max-h-[60vh]" />
      {values.length === 0 ? null : (
        <dl className="grid max-w-xl grid-cols-[max-content_minmax(0,1fr)] gap-x-6 gap-y-1 text-sm">
          {values.map(([name, value]) => (
            <div key={name} className="contents">
              <dt className="mono text-muted">:{name}</dt>
              <dd className="break-words">{value === '' ? <span className="text-muted">empty text</span> : value}</dd>
            </div>
          ))}
        </dl>
      )}
    </div>
  )
}
