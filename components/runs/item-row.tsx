import { memo } from 'react'
import { cn } from '@/components/ui/class-names'
import { Skeleton } from '@/components/ui/skeleton'
import { StateBadge } from '@/components/ui/state-badge'
import { formatDuration } from '@/lib/format'
import type { RunItemRow } from '@/lib/tenancy/contract'
import { NextAttempt } from './next-attempt'
import { versionStep, type ItemSort } from './run-items-model'
import { differentLook, itemStateLooks } from './run-status'

/** By the room of the table itself, which is less when an item is open beside it: narrow ones keep tenant, state and time. */
export const itemGrid = cn(
  'grid items-center gap-x-3 px-3 grid-cols-[minmax(0,1fr)_6.5rem_4rem]',
  '@xl:grid-cols-[minmax(8rem,1.2fr)_6.5rem_8rem_4rem_minmax(0,1fr)]',
  '@4xl:grid-cols-[minmax(9rem,1.2fr)_7rem_minmax(5rem,0.6fr)_8rem_4.5rem_4.5rem_minmax(0,2fr)]',
)

type Column = { readonly label: string; readonly sort: ItemSort | null; readonly className?: string }
export const itemColumns: readonly Column[] = [
  { label: 'Tenant', sort: 'slug' },
  { label: 'State', sort: 'state' },
  { label: 'Database', sort: null, className: '@max-4xl:hidden' },
  { label: 'Version', sort: null, className: '@max-xl:hidden' },
  { label: 'Took', sort: 'durationMs', className: 'text-right' },
  { label: 'Attempts', sort: 'attempts', className: 'text-right @max-4xl:hidden' },
  { label: 'Message', sort: null, className: '@max-xl:hidden @4xl:pl-3' },
]

type Props = {
  readonly index: number
  readonly top: number
  /** null: its page is on its way. */
  readonly row: RunItemRow | null
  /** As the run's stream has it. */
  readonly state: RunItemRow['state'] | null
  readonly isActive: boolean
  readonly isOpen: boolean
  readonly onActive: (index: number) => void
  readonly onOpen: (slug: string) => void
}

/** Drawn again only when something of it changes, not with each message of the run's stream. */
export const ItemRow = memo(function ItemRow({ index, top, row, state, isActive, isOpen, onActive, onOpen }: Props) {
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      aria-selected={isOpen}
      data-index={index}
      tabIndex={isActive ? 0 : -1}
      className={cn(
        itemGrid,
        'absolute inset-x-0 h-9 cursor-pointer [contain:layout_style] border-b border-line last:border-0 hover:bg-hover focus-visible:-outline-offset-2',
        isOpen && 'bg-accent-soft hover:bg-accent-soft',
      )}
      style={{ transform: `translateY(${top}px)` }}
      onFocus={() => onActive(index)}
      onClick={() => (row === null ? undefined : onOpen(row.slug))}
    >
      <div role="gridcell" className="mono truncate">
        {row?.slug ?? <Skeleton className="h-3 w-28" />}
      </div>
      <div role="gridcell">
        {state === null ? <Skeleton className="h-3 w-20" /> : <StateBadge look={row?.differs ? differentLook : itemStateLooks[state]} />}
      </div>
      <div role="gridcell" className="mono truncate text-muted @max-4xl:hidden">
        {row?.database}
      </div>
      <div role="gridcell" className="mono truncate text-muted @max-xl:hidden">
        {row === null ? null : versionStep(row.fromVersion, row.toVersion)}
      </div>
      <div role="gridcell" className="text-right text-muted">
        {row === null || row.durationMs === null ? null : formatDuration(row.durationMs)}
      </div>
      <div role="gridcell" className={cn('text-right @max-4xl:hidden', row !== null && row.attempts > 1 ? 'text-behind-ink' : 'text-muted')}>
        {row === null || row.attempts === 0 ? null : row.attempts}
      </div>
      <div role="gridcell" className="mono truncate text-muted @max-xl:hidden @4xl:pl-3">
        <Message row={row} state={state} />
      </div>
    </div>
  )
})

function Message({ row, state }: { readonly row: RunItemRow | null; readonly state: RunItemRow['state'] | null }) {
  if (row === null) return null
  if (state === 'pending' && row.nextAttemptAt !== null)
    return (
      <>
        next attempt <NextAttempt at={row.nextAttemptAt} /> · {row.error?.message}
      </>
    )
  if (state === 'succeeded' && row.differs) return <span className="font-sans">succeeded, but different from what the migrations make</span>
  if (state === 'succeeded' && row.claimed) return <span className="font-sans">given a ready schema</span>
  return state === 'failed' || state === 'interrupted' ? row.error?.message : null
}
