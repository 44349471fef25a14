'use client'

import { useId, useLayoutEffect, useRef, useState } from 'react'
import { cn } from '@/components/ui/class-names'
import { useInSight } from '@/components/ui/use-in-sight'
import type { ReportColumn, ReportRow } from '@/lib/tenancy/contract'
import { CellValue } from './cell-value'
import { RowsHead } from './rows-head'
import { cellMove, columnWidths, type Cell, type Order } from './rows-model'
import { RowsRow } from './rows-row'
import { elementHeight, placeShowing, placeWithin, rowPixels, rowsInSight, scrolled, scrollTopOf, start, type Frame, type Place } from './scroll-model'

type Props = {
  readonly label: string
  readonly columns: readonly ReportColumn[]
  readonly total: number
  readonly sample: readonly ReportRow[]
  readonly rowAt: (index: number) => ReportRow | undefined
  readonly onSee: (first: number, last: number) => void
  readonly order: Order | null
  readonly onSort: ((column: string) => void) | null
  readonly stale?: boolean
  /** Other rows than before, or in another order: one begins at their top. */
  readonly resetKey?: string
}

const headPixels = 34

/** Rows of any number: a cell in focus, which is shown in full below; arrows, Home, End and the page keys move it, with Ctrl as far as it goes. */
export function RowsTable({ label, columns, total, sample, rowAt, onSee, order, onSort, stale = false, resetKey = '' }: Props) {
  const scroller = useRef<HTMLDivElement>(null)
  const [view, setView] = useState(600)
  const [held, setPlace] = useState<Place>(start)
  const [seenKey, setSeenKey] = useState(resetKey)
  const [active, setActive] = useState<Cell | null>(null)
  const id = useId()
  const frame: Frame = { rows: total, view: Math.max(rowPixels, view - headPixels) }
  if (seenKey !== resetKey) {
    setSeenKey(resetKey)
    setPlace(start)
    setActive(null)
  }
  const place = placeWithin(frame, held)
  const { first, last } = rowsInSight(frame, place)
  useInSight(first, Math.max(first, last), total, onSee)

  useLayoutEffect(() => {
    const element = scroller.current
    if (!element) return undefined
    const watch = new ResizeObserver(() => setView(element.clientHeight))
    watch.observe(element)
    return () => watch.disconnect()
  }, [])

  useLayoutEffect(() => {
    if (scroller.current) scroller.current.scrollTop = 0
  }, [resetKey])

  const goTo = (next: Place): void => {
    setPlace(next)
    if (scroller.current) scroller.current.scrollTop = scrollTopOf(next)
  }
  const onScroll = (): void => {
    if (!scroller.current) return
    const { place: next, moveBar } = scrolled(frame, place, scroller.current.scrollTop)
    if (moveBar) goTo(next)
    else if (next.top !== place.top || next.offset !== place.offset) setPlace(next)
  }
  const moveTo = (cell: Cell): void => {
    setActive(cell)
    const next = placeShowing(frame, place, cell.row)
    if (next !== null) goTo(next)
    scroller.current?.querySelector(`[data-column="${cell.column}"]`)?.scrollIntoView({ block: 'nearest', inline: 'nearest' })
  }
  const value = active === null ? undefined : rowAt(active.row)?.[active.column]
  const onKeyDown = (event: React.KeyboardEvent): void => {
    if (event.altKey || event.target !== event.currentTarget) return
    const isFar = event.metaKey || event.ctrlKey
    if (isFar && event.key === 'c' && window.getSelection()?.isCollapsed !== false && typeof value === 'string') {
      event.preventDefault()
      void navigator.clipboard.writeText(value)
      return
    }
    const move =
      active === null && !isFar && /^(Arrow|j$|k$|Home|End|Page)/.test(event.key)
        ? { row: first === 0 ? 0 : Math.ceil(place.top / rowPixels), column: 0 }
        : cellMove(event.key, isFar, active ?? { row: 0, column: 0 }, { rows: total, columns: columns.length, page: Math.floor(frame.view / rowPixels) - 1 })
    if (event.key === 'Escape' && active !== null) setActive(null)
    else if (move !== null) moveTo(move)
    else return
    event.preventDefault()
  }

  const onClick = ({ target }: React.MouseEvent): void => {
    const cell = target instanceof Element ? target.closest<HTMLElement>('[data-cell]')?.dataset.cell : undefined
    const [row, column] = (cell ?? '').split(' ').map(Number)
    if (row !== undefined && column !== undefined) setActive({ row, column })
  }

  // Whoever comes by keyboard sees where they are.
  const onFocus = ({ target, currentTarget }: React.FocusEvent): void => {
    if (active === null && total > 0 && target === currentTarget && target.matches(':focus-visible'))
      setActive({ row: Math.ceil(place.top / rowPixels), column: 0 })
  }

  const tracks = [...columnWidths(columns, sample).map((width) => `${width}px`), 'minmax(0, 1fr)'].join(' ')
  const shownColumn = active === null ? undefined : columns[active.column]
  return (
    <div className="flex min-h-0 flex-col">
      <div
        ref={scroller}
        role="grid"
        aria-label={label}
        aria-rowcount={total + 1}
        aria-colcount={columns.length}
        aria-busy={stale}
        aria-activedescendant={active === null || active.row < first || active.row > last ? undefined : `${id}-${active.row}-${active.column}`}
        tabIndex={0}
        onScroll={onScroll}
        onClick={onClick}
        onFocus={onFocus}
        onKeyDown={onKeyDown}
        className={cn('relative overflow-auto focus-visible:outline-none', total > 0 && 'max-h-[max(20rem,calc(100dvh-25rem))]')}
      >
        <div className="w-max min-w-full">
          <RowsHead columns={columns} tracks={tracks} order={order} onSort={onSort} stale={stale} />
          <div role="rowgroup" className="relative" style={{ height: elementHeight(frame) }}>
            {Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index).map((index) => (
              <RowsRow
                key={index}
                idPrefix={id}
                index={index}
                offset={place.offset}
                row={rowAt(index)}
                columns={columns}
                tracks={tracks}
                activeColumn={active?.row === index ? active.column : null}
              />
            ))}
          </div>
        </div>
      </div>
      {shownColumn === undefined || value === undefined ? null : <CellValue column={shownColumn} value={value} onClose={() => setActive(null)} />}
    </div>
  )
}
