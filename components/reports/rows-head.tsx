import { ArrowDown, ArrowUp } from 'lucide-react'
import { cn } from '@/components/ui/class-names'
import type { ReportColumn } from '@/lib/tenancy/contract'
import { isNumber } from './report-model'
import type { Order } from './rows-model'

type Props = {
  readonly columns: readonly ReportColumn[]
  readonly tracks: string
  readonly order: Order | null
  readonly onSort: ((column: string) => void) | null
  readonly stale: boolean
}

export function RowsHead({ columns, tracks, order, onSort, stale }: Props) {
  return (
    <div role="rowgroup" className="sticky top-0 z-10">
      {stale ? <span aria-hidden className="absolute inset-x-0 bottom-0 h-0.5 bg-accent-ink" /> : null}
      <div
        role="row"
        aria-rowindex={1}
        className="grid h-[34px] items-center border-b border-line bg-surface text-xs text-muted"
        style={{ gridTemplateColumns: tracks }}
      >
        {columns.map((column, index) => {
          const sorted = order?.sort === column.name
          const Arrow = order?.descending ? ArrowDown : ArrowUp
          return (
            <div
              key={column.name}
              role="columnheader"
              data-column={index}
              title={`${column.name}: ${column.type}`}
              aria-sort={sorted ? (order.descending ? 'descending' : 'ascending') : undefined}
              className={cn('flex min-w-0 items-center px-3', isNumber(column) && 'justify-end')}
            >
              {onSort === null ? (
                <span className="truncate">{column.name}</span>
              ) : (
                <button
                  type="button"
                  onClick={() => onSort(column.name)}
                  className={cn('-mx-1 inline-flex min-w-0 items-center gap-1 rounded-sm px-1 py-0.5 hover:text-ink', sorted && 'font-medium text-ink')}
                >
                  <span className="truncate">{column.name}</span>
                  {sorted ? <Arrow aria-hidden className="size-3 shrink-0" /> : null}
                </button>
              )}
            </div>
          )
        })}
      </div>
    </div>
  )
}
