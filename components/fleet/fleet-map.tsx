'use client'

import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { StateBadge } from '@/components/ui/state-badge'
import { formatCount } from '@/lib/format'
import { cellAt, cellLooks, cellPosition, factsOf, moveCell, type CellFacts, type MapCell, type MapGroup, type MapLayout } from './map-model'
import { usePaintedMap } from './use-painted-map'

const start: MapCell = { group: 0, index: 0 }

const spoken = ({ slug, state, version, database, set }: CellFacts): string =>
  `${slug}: ${cellLooks[state].label}${version === null ? '' : `, ${version}`}, ${set} in ${database}`

/** A cell for each target, grouped by database. Pointer and arrow keys show a cell's facts; a click or Enter opens the tenant. */
export function FleetMapCanvas({ groups }: { readonly groups: readonly MapGroup[] }) {
  const router = useRouter()
  const { frame, canvas, layout } = usePaintedMap(groups)
  const [hovered, setHovered] = useState<MapCell | null>(null)
  const [focused, setFocused] = useState<MapCell | null>(null)
  const shown = hovered ?? focused
  const facts = shown && factsOf(groups, shown)
  const focusedFacts = focused && factsOf(groups, focused)

  const cellOf = (event: React.PointerEvent | React.MouseEvent): MapCell | null => {
    if (!layout) return null
    const box = event.currentTarget.getBoundingClientRect()
    return cellAt(layout, event.clientX - box.left, event.clientY - box.top)
  }
  const open = (cell: MapCell | null): void => {
    const target = cell && factsOf(groups, cell)
    if (target) router.push(`/tenants/${target.slug}`)
  }
  const onKeyDown = (event: React.KeyboardEvent): void => {
    if (!layout) return
    if (event.key === 'Enter') return open(focused)
    const next = moveCell(layout, focused ?? start, event.key)
    if (!next) return
    event.preventDefault()
    setHovered(null)
    setFocused(next)
  }

  return (
    <div
      ref={frame}
      role="application"
      aria-roledescription="fleet map"
      aria-label="One cell for each target. Arrow keys move, Enter opens the tenant. The same numbers stand in the table view."
      tabIndex={0}
      onFocus={() => setFocused((now) => now ?? start)}
      onBlur={() => setFocused(null)}
      onKeyDown={onKeyDown}
      className="relative min-h-24"
      style={layout ? { height: layout.height } : undefined}
    >
      {layout ? <GroupHeadings groups={groups} layout={layout} /> : null}
      <canvas
        ref={canvas}
        aria-hidden
        className="absolute inset-0 size-full"
        style={{ cursor: hovered ? 'pointer' : undefined }}
        onPointerMove={(event) => setHovered(cellOf(event))}
        onPointerLeave={() => setHovered(null)}
        onClick={(event) => open(cellOf(event))}
      />
      {layout && shown && facts ? <CellCard layout={layout} cell={shown} facts={facts} /> : null}
      <p aria-live="polite" className="sr-only">
        {focusedFacts ? spoken(focusedFacts) : ''}
      </p>
    </div>
  )
}

function GroupHeadings({ groups, layout }: { readonly groups: readonly MapGroup[]; readonly layout: MapLayout }) {
  return groups.map(({ database, set, slugs }, index) => (
    <p key={`${database} ${set}`} className="absolute left-0 flex gap-2 text-xs text-muted" style={{ top: layout.groups[index]?.top ?? 0 }}>
      <span className="mono text-ink">{database}</span>
      {database === set ? null : <span className="mono">{set}</span>}
      <span className="text-faint">{formatCount(slugs.length)}</span>
    </p>
  ))
}

const cardWidth = 232

function CellCard({ layout, cell, facts }: { readonly layout: MapLayout; readonly cell: MapCell; readonly facts: CellFacts }) {
  const { x, y } = cellPosition(layout, cell)
  const left = Math.max(0, Math.min(x, layout.width - cardWidth))
  return (
    <>
      <span
        aria-hidden
        className="pointer-events-none absolute rounded-[2px] outline-2 outline-offset-1 outline-ink"
        style={{ left: x, top: y, width: layout.cell, height: layout.cell }}
      />
      <div
        aria-hidden
        className="pointer-events-none absolute z-10 rounded-md border border-line bg-raised px-3 py-2 text-xs shadow-overlay"
        style={{ left, top: y + layout.cell + 8, width: cardWidth }}
      >
        <p className="mono truncate text-sm font-medium">{facts.slug}</p>
        <p className="mt-1 flex items-center gap-3">
          <StateBadge look={cellLooks[facts.state]} />
          {facts.version === null ? null : <span className="mono text-muted">{facts.version}</span>}
        </p>
        <p className="mt-1 truncate text-faint">
          <span className="mono">{facts.set}</span> in <span className="mono">{facts.database}</span>
        </p>
      </div>
    </>
  )
}
