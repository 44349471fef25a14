'use client'

import { useVirtualizer } from '@tanstack/react-virtual'
import { ArrowDown, ArrowUp, ListX, X } from 'lucide-react'
import { useCallback, useEffect, useRef, useState } from 'react'
import { Button } from '@/components/ui/button'
import { cn } from '@/components/ui/class-names'
import { keyMove, rowHeight } from '@/components/ui/data-table-model'
import { EmptyState } from '@/components/ui/empty-state'
import { ErrorState } from '@/components/ui/error-state'
import { SearchField } from '@/components/ui/search-field'
import { StateBadge, type StateLook } from '@/components/ui/state-badge'
import { toneClasses } from '@/components/ui/tone'
import { useFlung } from '@/components/ui/use-flung'
import { useInSight } from '@/components/ui/use-in-sight'
import { useLatest } from '@/components/ui/use-latest'
import { describeReadError } from '@/lib/client/fetch-json'
import { formatCount, plural } from '@/lib/format'
import { itemStates } from '@/lib/tenancy/contract'
import { ItemRow, itemColumns, itemGrid } from './item-row'
import { plainView, sortAfterClick, toggleState, type ItemSort, type ItemsView } from './run-items-model'
import { shownState, type RunLive } from './run-live-model'
import { differentLook, itemStateLooks } from './run-status'
import { useStepper, type Stepper } from './stepper'
import { useItemRows } from './use-item-rows'
import { useTopWithin } from './use-top-within'

type Props = {
  readonly live: RunLive
  readonly view: ItemsView
  readonly open: string | null
  readonly stepper: Stepper
  readonly onView: (view: ItemsView) => void
  readonly onOpen: (slug: string) => void
}

/** Every item of the run, however many: filter, sort, arrows or j and k to move, Enter to open. */
export function RunItems({ live, view, open, stepper, onView, onOpen }: Props) {
  const { run, letters } = live
  const items = useItemRows(run.id, view)
  const total = items.total ?? run.counts.total
  const list = useRef<HTMLDivElement>(null)
  const margin = useTopWithin(list, 'content')
  const [active, setActive] = useState(0)
  const focusActive = useRef(false)
  const openRow = useLatest(onOpen)

  const virtual = useVirtualizer({
    count: total,
    estimateSize: () => rowHeight,
    overscan: 8,
    // A row that is drawn in the very task of the scrolling makes that task long; a frame later is as good.
    useFlushSync: false,
    getScrollElement: () => document.getElementById('content'),
    scrollMargin: margin,
    // The header row sticks to the top and would cover what is scrolled under it.
    scrollPaddingStart: 44,
    initialRect: { width: 0, height: 800 },
  })
  const rows = virtual.getVirtualItems()
  const first = rows[0]?.index ?? 0
  const last = rows.at(-1)?.index ?? 0
  useInSight(first, last, total, items.see)
  const flung = useFlung(virtual.isScrolling, first, last - first)

  useEffect(() => {
    if (!focusActive.current) return
    const row = list.current?.querySelector<HTMLElement>(`[data-index="${active}"]`)
    if (!row) return
    focusActive.current = false
    row.focus({ preventScroll: true })
  })

  const { rowAt } = items
  useStepper(
    stepper,
    useCallback(
      (slug, by) => {
        const here = Array.from({ length: total }, (_, index) => index).find((index) => rowAt(index)?.slug === slug)
        const next = here === undefined ? 0 : here + by
        const row = rowAt(next)
        if (row === null) return null
        setActive(next)
        virtual.scrollToIndex(next)
        return row.slug
      },
      [rowAt, total, virtual],
    ),
  )

  const onKeyDown = (event: React.KeyboardEvent): void => {
    if (event.metaKey || event.ctrlKey || event.altKey) return
    if (event.key === 'Enter') {
      const row = items.rowAt(active)
      if (row) onOpen(row.slug)
      return
    }
    const next = keyMove(event.key, active, total, 15)
    if (next === null) return
    event.preventDefault()
    focusActive.current = true
    setActive(next)
    virtual.scrollToIndex(next)
  }

  const isFiltered = view.q !== '' || view.states.length > 0 || view.cause !== null || view.differs
  return (
    <div className="@container flex flex-col gap-3">
      <ItemFilters live={live} view={view} shown={total} onView={onView} />
      {items.error ? <ErrorState {...describeReadError(items.error)} retry={items.retry} /> : null}
      {total === 0 ? (
        <EmptyState
          icon={ListX}
          title={isFiltered ? 'No target matches' : 'The run has no targets'}
          action={
            isFiltered ? <Button onClick={() => onView({ ...plainView, sort: view.sort, descending: view.descending })}>Clear the filters</Button> : undefined
          }
        />
      ) : (
        <div
          role="grid"
          aria-label="Targets of the run"
          aria-rowcount={total + 1}
          aria-colcount={itemColumns.length}
          className="rounded-lg border border-line bg-surface"
        >
          <HeaderRow view={view} onSort={(sort) => onView(sortAfterClick(view, sort))} />
          <div ref={list} role="rowgroup" className="relative" style={{ height: virtual.getTotalSize() }} onKeyDown={onKeyDown}>
            {rows.map(({ index, start }) => {
              const row = flung ? null : items.rowAt(index)
              return (
                <ItemRow
                  key={index}
                  index={index}
                  top={start - margin}
                  row={row}
                  state={row === null ? null : shownState(row, letters)}
                  isActive={index === Math.min(active, total - 1)}
                  isOpen={open !== null && row?.slug === open}
                  onActive={setActive}
                  onOpen={openRow}
                />
              )
            })}
          </div>
        </div>
      )}
    </div>
  )
}

function HeaderRow({ view, onSort }: { readonly view: ItemsView; readonly onSort: (sort: ItemSort) => void }) {
  return (
    <div role="rowgroup" className="sticky top-0 z-10 rounded-t-lg border-b border-line bg-surface">
      <div role="row" aria-rowindex={1} className={cn(itemGrid, 'h-9 text-xs text-muted')}>
        {itemColumns.map(({ label, sort, className }) => {
          const isSorted = sort !== null && view.sort === sort
          const Arrow = view.descending ? ArrowDown : ArrowUp
          return (
            <div key={label} role="columnheader" aria-sort={isSorted ? (view.descending ? 'descending' : 'ascending') : undefined} className={className}>
              {sort === null ? (
                label
              ) : (
                <button
                  type="button"
                  className={cn('inline-flex h-9 items-center gap-1 hover:text-ink', isSorted && 'font-medium text-ink')}
                  onClick={() => onSort(sort)}
                >
                  {label}
                  {isSorted ? <Arrow aria-hidden className="size-3" /> : null}
                </button>
              )}
            </div>
          )
        })}
      </div>
    </div>
  )
}

type FilterProps = { readonly live: RunLive; readonly view: ItemsView; readonly shown: number; readonly onView: (view: ItemsView) => void }

function ItemFilters({ live, view, shown, onView }: FilterProps) {
  const { counts, different } = live.run
  const states = itemStates.filter((state) => counts[state] > 0 || view.states.includes(state))
  return (
    <div className="flex flex-wrap items-center gap-2">
      <SearchField text={view.q} onSearch={(q) => onView({ ...view, q })} label="Search the targets" placeholder="Tenant…" className="sm:w-56" />
      <div role="group" aria-label="States" className="flex flex-wrap gap-1">
        {states.map((state) => (
          <Chip
            key={state}
            look={itemStateLooks[state]}
            count={counts[state]}
            pressed={view.states.includes(state)}
            onPress={() => onView(toggleState(view, state))}
          />
        ))}
        {different > 0 || view.differs ? (
          <Chip look={differentLook} count={different} pressed={view.differs} onPress={() => onView({ ...view, differs: !view.differs })} />
        ) : null}
      </div>
      {view.cause === null ? null : (
        <Button size="sm" onClick={() => onView({ ...view, cause: null })}>
          One cause only
          <X aria-hidden />
          <span className="sr-only">(show all causes)</span>
        </Button>
      )}
      <p role="status" className="ml-auto text-xs text-muted">
        {shown === counts.total ? plural(counts.total, 'target') : `${formatCount(shown)} of ${plural(counts.total, 'target')}`}
      </p>
    </div>
  )
}

type ChipProps = { readonly look: StateLook; readonly count: number; readonly pressed: boolean; readonly onPress: () => void }

function Chip({ look, count, pressed, onPress }: ChipProps) {
  return (
    <button
      type="button"
      aria-pressed={pressed}
      onClick={onPress}
      className={cn(
        'h-7 rounded-md border px-2 text-xs transition-colors',
        pressed ? cn('border-transparent font-medium', toneClasses[look.tone].soft) : 'border-line bg-surface text-ink hover:border-line-strong',
      )}
    >
      <StateBadge look={look}>
        {look.label} <span className="text-muted">{formatCount(count)}</span>
      </StateBadge>
    </button>
  )
}
