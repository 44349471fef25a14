import { Checkbox } from './checkbox'
import { cn } from './class-names'
import type { TableColumn, TableSelection } from './data-table-types'
import { Skeleton } from './skeleton'

type Props<Row, Sort extends string> = {
  readonly index: number
  /** Pixels from the top of the first row. */
  readonly start: number
  /** undefined while it is on its way. */
  readonly row: Row | undefined
  readonly rowKey: string | null
  readonly columns: readonly TableColumn<Row, Sort>[]
  readonly tracks: string
  readonly selection: TableSelection | undefined
  readonly isOpen: boolean
  /** The one row that Tab leads to. */
  readonly isActive: boolean
  readonly onFocus: () => void
  readonly onOpen: ((row: Row) => void) | undefined
}

export function TableRow<Row, Sort extends string>(props: Props<Row, Sort>) {
  const { index, start, row, rowKey, columns, tracks, selection, isOpen, isActive, onFocus, onOpen } = props
  const selected = rowKey !== null && (selection?.isSelected(rowKey) ?? false)
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      aria-selected={selection ? selected : undefined}
      data-index={index}
      tabIndex={isActive ? 0 : -1}
      onFocus={onFocus}
      onClick={(event) => {
        if (row === undefined || (event.target as HTMLElement).closest('a, button, label')) return
        onOpen?.(row)
      }}
      className={cn(
        'absolute inset-x-0 grid h-9 items-center border-b border-line text-sm focus-visible:z-[1] focus-visible:-outline-offset-2',
        onOpen && 'cursor-pointer hover:bg-hover',
        (selected || isOpen) && 'bg-accent-soft hover:bg-accent-soft',
      )}
      style={{ gridTemplateColumns: tracks, transform: `translateY(${start}px)` }}
    >
      {selection ? (
        <div role="gridcell" className="flex justify-center">
          {rowKey === null ? null : (
            <Checkbox
              checked={selected}
              tabIndex={-1}
              aria-label={`Select ${rowKey}`}
              onClick={(event) => {
                event.preventDefault()
                selection.onToggle(rowKey, event.shiftKey)
              }}
            />
          )}
        </div>
      ) : null}
      {columns.map(({ id, align, cell }) => (
        <div key={id} role="gridcell" className={cn('min-w-0 truncate px-3', align === 'end' && 'text-right')}>
          {row === undefined ? <Skeleton className={cn('h-3 w-3/5', align === 'end' && 'ml-auto')} /> : cell(row)}
        </div>
      ))}
    </div>
  )
}
