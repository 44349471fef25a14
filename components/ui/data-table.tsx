'use client'

import { useVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useRef, useState } from 'react'
import { cn } from './class-names'
import { TableHead } from './data-table-head'
import { rowHeight } from './data-table-model'
import { TableRow } from './data-table-row'
import type { TableColumn, TableOrder, TableSelection } from './data-table-types'
import { useFlung } from './use-flung'
import { useInSight } from './use-in-sight'
import { useLatest } from './use-latest'
import { useTableKeys } from './use-table-keys'

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
  readonly order?: TableOrder
  readonly onSort?: (sort: Sort) => void
  readonly selection?: TableSelection | undefined
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
  const wanted = useRef<number | null>(null)
  const virtual = useVirtualizer({
    count: total,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 8,
    // A row that is drawn in the very task of the scrolling makes that task long; a frame later is as good.
    useFlushSync: false,
    scrollPaddingStart: rowHeight,
    initialRect: { width: 1200, height: 900 },
  })
  const items = virtual.getVirtualItems()
  const first = items[0]?.index ?? 0
  const last = items.at(-1)?.index ?? 0
  useInSight(first, last, total, onSee)
  const flung = useFlung(virtual.isScrolling, first, last - first)

  const { onToggle } = selection ?? {}
  const press = useLatest((row: Row) => onOpen?.(row))
  const turn = useLatest((key: string, range: boolean) => onToggle?.(key, range))
  const focusWanted = (): void => {
    if (wanted.current === null) return
    const row = scroller.current?.querySelector<HTMLElement>(`[data-index="${wanted.current}"]`)
    if (!row) return
    wanted.current = null
    row.focus({ preventScroll: true })
  }
  // A row far away is drawn some time after the list was moved there.
  useEffect(focusWanted)

  const activeRow = rowAt(active)
  const onKeyDown = useTableKeys({
    active,
    total,
    pageRows: () => Math.floor((scroller.current?.clientHeight ?? 600) / rowHeight) - 2,
    moveTo: (index) => {
      const next = Math.min(Math.max(0, index), Math.max(0, total - 1))
      setActive(next)
      virtual.scrollToIndex(next)
      wanted.current = next
      focusWanted()
    },
    onSelect: (range) => (activeRow === undefined ? undefined : selection?.onToggle(rowKey(activeRow), range)),
    onOpen: () => (activeRow === undefined ? undefined : onOpen?.(activeRow)),
    onClear: () => selection?.onClear(),
  })
  if (total === 0 && !stale) return <div className={cn('min-h-0 overflow-y-auto', className)}>{empty}</div>

  const tracks = [...(selection ? ['36px'] : []), ...columns.map(({ track }) => track)].join(' ')
  return (
    <div ref={scroller} className={cn('relative min-h-0 overflow-auto [contain:strict]', className)} onKeyDown={onKeyDown}>
      <div
        role="grid"
        aria-label={label}
        aria-rowcount={total + 1}
        aria-colcount={columns.length + (selection ? 1 : 0)}
        aria-busy={stale}
        className="w-max min-w-full"
      >
        <TableHead columns={columns} tracks={tracks} order={order} onSort={onSort} selection={selection} stale={stale} />
        <div role="rowgroup" className="relative" style={{ height: virtual.getTotalSize() }}>
          {items.map(({ index, start }) => {
            const row = rowAt(index)
            const key = row === undefined ? null : rowKey(row)
            return (
              <TableRow
                key={index}
                index={index}
                start={start}
                row={row}
                sketched={flung}
                rowKey={key}
                columns={columns}
                tracks={tracks}
                selected={selection ? key !== null && selection.isSelected(key) : null}
                isOpen={key !== null && key === openKey}
                isActive={index === active}
                onFocus={setActive}
                onOpen={onOpen && press}
                onToggle={turn}
              />
            )
          })}
        </div>
      </div>
    </div>
  )
}
