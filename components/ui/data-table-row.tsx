import { memo } from 'react'
import { Checkbox } from './checkbox'
import { cn } from './class-names'
import type { TableColumn } from './data-table-types'
import { Skeleton } from './skeleton'

type Props<Row, Sort extends string> = {
  readonly index: number
  /** Pixels from the top of the first row. */
  readonly start: number
  /** undefined while it is on its way. */
  readonly row: Row | undefined
  /** It moves by too fast to be read. */
  readonly sketched: boolean
  readonly rowKey: string | null
  readonly columns: readonly TableColumn<Row, Sort>[]
  readonly tracks: string
  /** null: rows cannot be selected here. */
  readonly selected: boolean | null
  readonly isOpen: boolean
  /** The one row that Tab leads to. */
  readonly isActive: boolean
  readonly onFocus: (index: number) => void
  readonly onOpen: ((row: Row) => void) | undefined
  readonly onToggle: (key: string, range: boolean) => void
}

function PlainRow<Row, Sort extends string>(props: Props<Row, Sort>) {
  const { index, start, row, sketched, rowKey, columns, tracks, selected, isOpen, isActive, onFocus, onOpen, onToggle } = props
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      aria-selected={selected ?? undefined}
      data-index={index}
      tabIndex={isActive ? 0 : -1}
      onFocus={() => onFocus(index)}
      onClick={(event) => {
        if (row === undefined || (event.target as HTMLElement).closest('a, button, label')) return
        onOpen?.(row)
      }}
      className={cn(
        'absolute inset-x-0 grid h-9 [contain:layout_style] items-center border-b border-line text-sm focus-visible:z-[1] focus-visible:-outline-offset-2',
        onOpen && 'cursor-pointer hover:bg-hover',
        (selected || isOpen) && 'bg-accent-soft hover:bg-accent-soft',
      )}
      style={{ gridTemplateColumns: tracks, transform: `translateY(${start}px)` }}
    >
      {sketched ? <Sketch /> : null}
      {sketched || selected === null ? null : (
        <div role="gridcell" className="flex justify-center">
          {rowKey === null ? null : (
            <Checkbox
              checked={selected}
              tabIndex={-1}
              aria-label={`Select ${rowKey}`}
              onClick={(event) => {
                event.preventDefault()
                onToggle(rowKey, event.shiftKey)
              }}
            />
          )}
        </div>
      )}
      {(sketched ? [] : columns).map(({ id, align, cell }) => (
        <div key={id} role="gridcell" className={cn('min-w-0 truncate px-2.5', align === 'end' && 'text-right')}>
          {row === undefined ? <Skeleton className={cn('h-3 w-3/5', align === 'end' && 'ml-auto')} /> : cell(row)}
        </div>
      ))}
    </div>
  )
}

function Sketch() {
  return (
    <div role="gridcell" className="col-span-full px-2.5">
      <Skeleton className="h-3 w-2/5" />
    </div>
  )
}

/** Of the rows in sight only those that differ are drawn again when the list moves or is read anew. */
export const TableRow = memo(PlainRow) as typeof PlainRow
