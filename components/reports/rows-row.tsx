import Link from 'next/link'
import { memo } from 'react'
import { cn } from '@/components/ui/class-names'
import { Skeleton } from '@/components/ui/skeleton'
import type { ReportColumn, ReportRow } from '@/lib/tenancy/contract'
import { isNumber } from './report-model'
import { rowTop } from './scroll-model'

type Props = {
  readonly idPrefix: string
  readonly index: number
  readonly offset: number
  /** undefined while it is on its way. */
  readonly row: ReportRow | undefined
  readonly columns: readonly ReportColumn[]
  readonly tracks: string
  readonly activeColumn: number | null
}

const shortened = (value: string): string => (value.length > 400 ? `${value.slice(0, 400)}…` : value)

function PlainRow({ idPrefix, index, offset, row, columns, tracks, activeColumn }: Props) {
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      className={cn(
        'absolute inset-x-0 grid h-[30px] [contain:layout_style] items-center border-b border-line text-sm hover:bg-hover',
        activeColumn !== null && 'bg-accent-soft hover:bg-accent-soft',
      )}
      style={{ gridTemplateColumns: tracks, transform: `translateY(${rowTop(index, { top: 0, offset })}px)` }}
    >
      {columns.map((column, at) => (
        <div
          key={column.name}
          id={`${idPrefix}-${index}-${at}`}
          role="gridcell"
          data-cell={`${index} ${at}`}
          className={cn(
            'h-full min-w-0 truncate px-3 leading-[30px] whitespace-pre',
            isNumber(column) && 'text-right',
            activeColumn === at && 'outline-2 -outline-offset-2 outline-accent-ink',
          )}
        >
          {row === undefined ? (
            <Skeleton className={cn('mt-[9px] h-3 w-3/5', isNumber(column) && 'ml-auto')} />
          ) : (
            <Value column={column} value={row[at] ?? null} />
          )}
        </div>
      ))}
    </div>
  )
}

function Value({ column, value }: { readonly column: ReportColumn; readonly value: string | null }) {
  if (value === null) return <span className="text-2xs tracking-wide text-faint uppercase">null</span>
  if (column.name === 'tenant')
    return (
      <Link href={`/tenants/${value}`} prefetch={false} tabIndex={-1} className="mono hover:underline">
        {value}
      </Link>
    )
  return shortened(value).replaceAll(/[\r\n\t]/g, '␣')
}

/** Of the rows in sight only those that differ are drawn again when the table moves. */
export const RowsRow = memo(PlainRow)
