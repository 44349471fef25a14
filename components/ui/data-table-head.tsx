import { ArrowDown, ArrowUp } from 'lucide-react'
import { Checkbox } from './checkbox'
import { cn } from './class-names'
import type { TableColumn, TableOrder, TableSelection } from './data-table-types'

type Props<Row, Sort extends string> = {
  readonly columns: readonly TableColumn<Row, Sort>[]
  readonly tracks: string
  readonly order: TableOrder | undefined
  readonly onSort: ((sort: Sort) => void) | undefined
  readonly selection: TableSelection | undefined
  readonly stale: boolean
}

export function TableHead<Row, Sort extends string>({ columns, tracks, order, onSort, selection, stale }: Props<Row, Sort>) {
  return (
    <div role="rowgroup" className="sticky top-0 z-10">
      {stale ? <span aria-hidden className="absolute inset-x-0 bottom-0 h-0.5 bg-accent-ink" /> : null}
      <div
        role="row"
        aria-rowindex={1}
        className="grid h-9 items-center border-b border-line bg-surface text-xs text-muted"
        style={{ gridTemplateColumns: tracks }}
      >
        {selection ? (
          <div role="columnheader" className="flex justify-center">
            <Checkbox checked={selection.all} onCheckedChange={selection.onToggleAll} aria-label="Select all rows shown" />
          </div>
        ) : null}
        {columns.map((column) => (
          <HeaderCell key={column.id} column={column} order={order} onSort={onSort} />
        ))}
      </div>
    </div>
  )
}

type HeaderProps<Row, Sort extends string> = {
  readonly column: TableColumn<Row, Sort>
  readonly order: TableOrder | undefined
  readonly onSort: ((sort: Sort) => void) | undefined
}

function HeaderCell<Row, Sort extends string>({ column, order, onSort }: HeaderProps<Row, Sort>) {
  const { sort, header, align } = column
  const sorted = sort !== undefined && order?.sort === sort
  const Arrow = order?.descending ? ArrowDown : ArrowUp
  return (
    <div
      role="columnheader"
      aria-sort={sorted ? (order.descending ? 'descending' : 'ascending') : undefined}
      className={cn('flex min-w-0 items-center px-2.5', align === 'end' && 'justify-end')}
    >
      {sort === undefined || !onSort ? (
        <span className="truncate">{header}</span>
      ) : (
        <button
          type="button"
          onClick={() => onSort(sort)}
          className={cn('-mx-1 inline-flex min-w-0 items-center gap-1 rounded-sm px-1 py-0.5 hover:text-ink', sorted && 'font-medium text-ink')}
        >
          <span className="truncate">{header}</span>
          {sorted ? <Arrow aria-hidden className="size-3 shrink-0" /> : null}
        </button>
      )}
    </div>
  )
}
