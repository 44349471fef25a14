import { cn } from '@/components/ui/class-names'
import { ScrollBox } from '@/components/ui/scroll-box'
import { formatBytes, formatCount } from '@/lib/format'
import type { TableSize } from '@/lib/tenancy/contract'
import { sizedTables } from './tenant-model'

/** A telephone has room for what a table takes in all. */
const onWide = 'max-sm:hidden'
const headings = [
  { heading: 'Rows' },
  { heading: 'Table', className: onWide },
  { heading: 'Indexes', className: onWide },
  { heading: 'TOAST', className: onWide },
  { heading: 'Total' },
] as const

export function TableSizes({ tables }: { readonly tables: readonly TableSize[] }) {
  if (tables.length === 0) return <p className="px-4 py-3 text-sm text-muted">The schema holds 0 tables.</p>
  return (
    <ScrollBox label="Size by table">
      <table className="w-full text-sm">
        <thead>
          <tr className="h-8 border-b border-line text-xs text-muted">
            <th scope="col" className="px-4 text-left font-normal">
              Name
            </th>
            {headings.map(({ heading, ...rest }) => (
              <th key={heading} scope="col" className={cn('px-3 text-right font-normal last:pr-4', 'className' in rest && rest.className)}>
                {heading}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {sizedTables(tables).map(({ table, rows, tableBytes, indexBytes, toastBytes, totalBytes, share }) => (
            <tr key={table} className="h-8 border-b border-line whitespace-nowrap last:border-0">
              <th scope="row" className="mono px-4 text-left font-normal">
                {table}
              </th>
              <td className="px-3 text-right text-muted" title={rows === null ? 'not analysed yet' : 'PostgreSQL’s estimate'}>
                {rows === null ? '–' : formatCount(rows)}
              </td>
              <td className={cn('px-3 text-right text-muted', onWide)}>{formatBytes(tableBytes)}</td>
              <td className={cn('px-3 text-right text-muted', onWide)}>{formatBytes(indexBytes)}</td>
              <td className={cn('px-3 text-right text-muted', onWide)}>{formatBytes(toastBytes)}</td>
              <td className="px-3 pr-4">
                <span className="flex items-center justify-end gap-2">
                  <svg aria-hidden viewBox="0 0 56 4" className="h-1 w-14 shrink-0">
                    <rect width="56" height="4" rx="2" fill="var(--quiet-soft)" />
                    <rect width={Math.max(1.5, share * 56)} height="4" rx="2" fill="var(--line-strong)" />
                  </svg>
                  <span className="w-16 text-right">{formatBytes(totalBytes)}</span>
                </span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollBox>
  )
}
