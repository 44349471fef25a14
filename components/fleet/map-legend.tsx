import { toneClasses } from '@/components/ui/tone'
import { formatCount } from '@/lib/format'
import { cellLooks, cellOrders, cellShapes, type CellState, type GroupCounts, type MapView } from './map-model'

function CellMark({ state }: { readonly state: CellState }) {
  const { backed, path, line } = cellShapes[state]
  const colour = `var(${toneClasses[cellLooks[state].tone].token})`
  return (
    <svg aria-hidden viewBox="0 0 1 1" className="size-3 shrink-0 overflow-visible">
      {backed ? (
        <rect width="1" height="1" fill={`var(${toneClasses[cellLooks[state].tone].token}-soft)`} stroke={path === '' ? colour : 'none'} strokeWidth="0.08" />
      ) : null}
      {path === '' ? null : <path d={path} fill={colour} />}
      {line === null ? null : <path d={line} fill="none" stroke={path === '' ? colour : 'var(--surface)'} strokeWidth={path === '' ? 0.1 : 0.14} />}
    </svg>
  )
}

/** What the cells mean, with how many there are of each; states that nobody is in are left out. */
export function MapLegend({ view, counts }: { readonly view: MapView; readonly counts: GroupCounts['counts'] }) {
  return (
    <ul className="flex flex-wrap gap-x-4 gap-y-1 text-xs text-muted">
      {cellOrders[view]
        .filter((state) => counts[state] !== undefined)
        .map((state) => (
          <li key={state} className="flex items-center gap-1.5">
            <CellMark state={state} />
            {formatCount(counts[state] ?? 0)} {cellLooks[state].label.toLowerCase()}
          </li>
        ))}
    </ul>
  )
}
