'use client'

import { useVirtualizer } from '@tanstack/react-virtual'
import { ArrowDown, ArrowUp } from 'lucide-react'
import { useEffect, useEffectEvent, useRef, useState } from 'react'
import { Checkbox } from './checkbox'
import { cn } from './class-names'
import { rowHeight, keyMove } from './data-table-model'
import { Skeleton } from './skeleton'

export type TableColumn<Row, Sort extends string = string> = {
  readonly id: string
  readonly header: string
  /** A CSS grid track: "minmax(180px, 2fr)", "96px". */
  readonly track: string
  /** Absent: the column cannot be sorted by. */
  readonly sort?: Sort
  readonly align?: 'start' | 'end'
  readonly cell: (row: Row) => React.ReactNode
}

type Selection = {
  readonly isSelected: (key: string) => boolean
  readonly all: boolean | 'indeterminate'
  /** `range` with Shift: everything from the row that was chosen last. */
  readonly onToggle: (key: string, range: boolean) => void
  readonly onToggleAll: () => void
  readonly onClear: () => void
}

type Props<Row, Sort extends string> = {
  readonly label: string
  readonly columns: readonly TableColumn<Row, Sort>[]
  readonly total: number
  /** The row at a place, or undefined while it is on its way. */
  readonly rowAt: (index: number) => Row | undefined
  /** Tells which rows are in sight, so that they can be fetched. */
  readonly onSee: (first: number, last: number) => void
  readonly rowKey: (row: Row) => string
  readonly onOpen?: (row: Row) => void
  readonly order?: { readonly sort: string; readonly descending: boolean }
  readonly onSort?: (sort: Sort) => void
  readonly selection?: Selection
  /** Shown instead of rows when there are none. */
  readonly empty: React.ReactNode
  /** What is shown is being replaced. */
  readonly stale?: boolean
  /** The row whose details stand open beside the list. */
  readonly openKey?: string | null
  readonly className?: string
}

/**
 * A table of any length: one sticky header, rows of a fixed height drawn only where one looks, one row of them in focus.
 * Keys: j/k or arrows move, Home/End, Page up/down, x selects (Shift+x up to it), Enter opens, Esc clears the selection.
 */
export function DataTable<Row, Sort extends string = string>(props: Props<Row, Sort>) {
  const { label, columns, total, rowAt, onSee, rowKey, onOpen, order, onSort, selection, empty, stale = false, openKey = null, className } = props
  const scroller = useRef<HTMLDivElement>(null)
  const [active, setActive] = useState(0)
  const virtual = useVirtualizer({ count: total, getScrollElement: () => scroller.current, estimateSize: () => rowHeight, overscan: 12, scrollPaddingStart: rowHeight, initialRect: { width: 1200, height: 900 } })
  const items = virtual.getVirtualItems()
  const first = items[0]?.index ?? 0
  const last = items.at(-1)?.index ?? 0
  const see = useEffectEvent(onSee)
  useEffect(() => see(first, last), [first, last, total])

  const tracks = [...(selection ? ['36px'] : []), ...columns.map(({ track }) => track)].join(' ')
  const moveTo = (index: number): void => {
    const next = Math.min(Math.max(0, index), Math.max(0, total - 1))
    setActive(next)
    virtual.scrollToIndex(next)
    requestAnimationFrame(() => scroller.current?.querySelector<HTMLElement>(`[data-index="${next}"]`)?.focus({ preventScroll: true }))
  }

  const onKeyDown = (event: React.KeyboardEvent): void => {
    if (event.metaKey || event.ctrlKey || event.altKey) return
    const target = event.target as HTMLElement
    if (target.closest('input, textarea, select, [role="menu"]')) return
    const row = rowAt(active)
    const move = keyMove(event.key, active, total, Math.floor((scroller.current?.clientHeight ?? 600) / rowHeight) - 2)
    if (move !== null) {
      event.preventDefault()
      moveTo(move)
    } else if (event.key.toLowerCase() === 'x' && selection && row) {
      event.preventDefault()
      selection.onToggle(rowKey(row), event.shiftKey)
    } else if (event.key === 'Enter' && row && target.getAttribute('role') === 'row') {
      event.preventDefault()
      onOpen?.(row)
    } else if (event.key === 'Escape' && selection) selection.onClear()
  }

  if (total === 0 && !stale) return <div className={cn('min-h-0 overflow-y-auto', className)}>{empty}</div>

  return (
    <div ref={scroller} className={cn('relative min-h-0 overflow-auto [contain:strict]', className)} onKeyDown={onKeyDown}>
      <div role="grid" aria-label={label} aria-rowcount={total + 1} aria-colcount={columns.length + (selection ? 1 : 0)} aria-busy={stale} className="w-max min-w-full">
        <div role="rowgroup" className="sticky top-0 z-10">
          {stale ? <span aria-hidden className="absolute inset-x-0 bottom-0 h-0.5 bg-accent-ink" /> : null}
          <div role="row" aria-rowindex={1} className="grid h-9 items-center border-b border-line bg-surface text-xs text-muted" style={{ gridTemplateColumns: tracks }}>
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
        <div role="rowgroup" className="relative" style={{ height: virtual.getTotalSize() }}>
          {items.map(({ index, start }) => {
            const row = rowAt(index)
            const key = row === undefined ? null : rowKey(row)
            const selected = key !== null && (selection?.isSelected(key) ?? false)
            return (
              <div
                key={key ?? `waiting-${index}`}
                role="row"
                aria-rowindex={index + 2}
                aria-selected={selection ? selected : undefined}
                data-index={index}
                tabIndex={index === active ? 0 : -1}
                onFocus={() => setActive(index)}
                onClick={(event) => {
                  if (row === undefined || (event.target as HTMLElement).closest('a, button, label')) return
                  onOpen?.(row)
                }}
                className={cn(
                  'absolute inset-x-0 grid h-9 items-center border-b border-line text-sm focus-visible:z-[1] focus-visible:-outline-offset-2',
                  onOpen && 'cursor-pointer hover:bg-hover',
                  (selected || (key !== null && key === openKey)) && 'bg-accent-soft hover:bg-accent-soft',
                )}
                style={{ gridTemplateColumns: tracks, transform: `translateY(${start}px)` }}
              >
                {selection ? (
                  <div role="gridcell" className="flex justify-center">
                    {key === null ? null : (
                      <Checkbox
                        checked={selected}
                        tabIndex={-1}
                        aria-label={`Select ${key}`}
                        onClick={(event) => {
                          event.preventDefault()
                          selection.onToggle(key, event.shiftKey)
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
          })}
        </div>
      </div>
    </div>
  )
}

type HeaderProps<Row, Sort extends string> = {
  readonly column: TableColumn<Row, Sort>
  readonly order: { readonly sort: string; readonly descending: boolean } | undefined
  readonly onSort: ((sort: Sort) => void) | undefined
}

function HeaderCell<Row, Sort extends string>({ column, order, onSort }: HeaderProps<Row, Sort>) {
  const { sort, header, align } = column
  const sorted = sort !== undefined && order?.sort === sort
  const Arrow = order?.descending ? ArrowDown : ArrowUp
  return (
    <div role="columnheader" aria-sort={sorted ? (order.descending ? 'descending' : 'ascending') : undefined} className={cn('flex min-w-0 items-center px-3', align === 'end' && 'justify-end')}>
      {sort === undefined || !onSort ? (
        <span className="truncate">{header}</span>
      ) : (
        <button type="button" onClick={() => onSort(sort)} className={cn('-mx-1 inline-flex min-w-0 items-center gap-1 rounded-sm px-1 py-0.5 hover:text-ink', sorted && 'font-medium text-ink')}>
          <span className="truncate">{header}</span>
          {sorted ? <Arrow aria-hidden className="size-3 shrink-0" /> : null}
        </button>
      )}
    </div>
  )
}
