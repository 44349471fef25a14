import { driftStateLooks, driftStateOrder } from '@/components/drift/drift-state'
import { tenantsHref } from '@/components/tenants/tenant-search'
import type { StateLook } from '@/components/ui/state-badge'
import { driftLetters, driftStates, versionLetters, versionStates, type DriftState, type FleetMap, type VersionState } from '@/lib/tenancy/contract'
import { versionStateLooks, versionStateOrder, type ShownVersionState } from './version-state'

/** What the map is coloured by. */
export const mapViews = ['version', 'drift'] as const
export type MapView = (typeof mapViews)[number]

/** What a cell can be, whatever the map is coloured by: no state is in both. */
export type CellState = ShownVersionState | DriftState

export const cellLooks: Readonly<Record<CellState, StateLook>> = { ...versionStateLooks, ...driftStateLooks }
export const cellOrders: Readonly<Record<MapView, readonly CellState[]>> = { version: versionStateOrder, drift: driftStateOrder }
export const cellStates: readonly CellState[] = [...versionStateOrder, ...driftStateOrder]

const letters: Readonly<Record<CellState, string>> = { ...versionLetters, ...driftLetters }
const letterStates = new Map<string, CellState>(cellStates.map((state) => [letters[state], state]))

export const stateOfLetter = (letter: string): CellState => letterStates.get(letter) ?? 'unobserved'

const isVersionState = (state: CellState): state is VersionState => (versionStates as readonly string[]).includes(state)
const isDriftState = (state: CellState): state is DriftState => (driftStates as readonly string[]).includes(state)

/** The tenants behind a number of the table; null where no filter finds just them. */
export const cellHref = (state: CellState, database: string, set: string): string | null => {
  if (isDriftState(state)) return tenantsHref({ database: [database], set: [set], drift: [state] })
  return isVersionState(state) ? tenantsHref({ database: [database], set: [set], versionState: [state] }) : null
}

type Shape = { readonly backed: boolean; readonly path: string; readonly line: string | null }

/**
 * The second cue besides colour: each state of a view has a shape of its own, in a square from 0 to 1. At head is full, behind lacks a corner.
 * `path` is filled, `line` is drawn in the surface's colour over it or, when nothing is filled, in the state's own; `backed` cells stand
 * on a soft square, with an outline when nothing is filled.
 */
export const cellShapes: Readonly<Record<CellState, Shape>> = {
  at_head: { backed: false, path: 'M0 0H1V1H0Z', line: null },
  behind: { backed: true, path: 'M0 0H0.6V0.4H1V1H0Z', line: null },
  ahead: { backed: true, path: 'M0.5 0L1 1H0Z', line: null },
  diverged: { backed: false, path: 'M0 0H1V1H0Z', line: 'M0.22 0.22L0.78 0.78M0.78 0.22L0.22 0.78' },
  unreachable: { backed: true, path: '', line: 'M0 0.5L0.5 0M0 1L1 0M0.5 1L1 0.5' },
  unobserved: { backed: true, path: '', line: null },
  norm: { backed: false, path: 'M0 0H1V1H0Z', line: null },
  accepted: { backed: true, path: 'M0.5 0L1 1H0Z', line: null },
  drifted: { backed: true, path: 'M0.5 0L1 0.5L0.5 1L0 0.5Z', line: null },
  unknown: { backed: true, path: '', line: null },
}

export type MapCell = { readonly group: number; readonly index: number }
/** `letters` are those of what the map is coloured by. */
export type MapGroup = Omit<FleetMap['groups'][number], 'drift'>

/** The cells as one view of them has it. */
export const groupsFor = (view: MapView, groups: FleetMap['groups']): readonly MapGroup[] =>
  groups.map(({ drift, ...group }) => (view === 'version' ? group : { ...group, letters: drift }))

type PlacedGroup = { readonly top: number; readonly cellsTop: number; readonly lines: number; readonly count: number }

export type MapLayout = {
  /** Pixels of a cell's side and of the gap after it. */
  readonly cell: number
  readonly gap: number
  readonly columns: number
  readonly groups: readonly PlacedGroup[]
  readonly width: number
  readonly height: number
}

const sizes = [18, 14, 11, 9, 7, 6, 5, 4] as const
const headingHeight = 22
const groupGap = 14

const place = (groups: readonly MapGroup[], width: number, cell: number): MapLayout => {
  const gap = cell >= 9 ? 2 : 1
  const columns = Math.max(1, Math.floor((width + gap) / (cell + gap)))
  let top = 0
  const placed = groups.map(({ slugs }): PlacedGroup => {
    const lines = Math.ceil(slugs.length / columns)
    const at = { top, cellsTop: top + headingHeight, lines, count: slugs.length }
    top = at.cellsTop + lines * (cell + gap) + groupGap
    return at
  })
  return { cell, gap, columns, groups: placed, width, height: Math.max(0, top - groupGap) }
}

/** The largest cells that fit the height; the smallest when none does, and then the map is as tall as it must be. */
export const layoutMap = (groups: readonly MapGroup[], width: number, greatestHeight: number): MapLayout => {
  for (const cell of sizes) {
    const layout = place(groups, width, cell)
    if (layout.height <= greatestHeight) return layout
  }
  return place(groups, width, 4)
}

export const cellAt = (layout: MapLayout, x: number, y: number): MapCell | null => {
  const step = layout.cell + layout.gap
  const group = layout.groups.findIndex(({ cellsTop, lines }) => y >= cellsTop && y < cellsTop + lines * step)
  const found = layout.groups[group]
  if (!found || x < 0) return null
  const column = Math.floor(x / step)
  const index = Math.floor((y - found.cellsTop) / step) * layout.columns + column
  return column < layout.columns && index < found.count ? { group, index } : null
}

export const cellPosition = (layout: MapLayout, { group, index }: MapCell): { readonly x: number; readonly y: number } => {
  const step = layout.cell + layout.gap
  return { x: (index % layout.columns) * step, y: (layout.groups[group]?.cellsTop ?? 0) + Math.floor(index / layout.columns) * step }
}

const inGroup = (layout: MapLayout, group: number, index: number): MapCell | null => {
  const found = layout.groups[group]
  return found && found.count > 0 ? { group, index: Math.min(Math.max(0, index), found.count - 1) } : null
}

/** Up from the first line of a group leads to the last line of the one above, in the same column; down likewise. */
const vertical = (layout: MapLayout, { group, index }: MapCell, direction: 1 | -1): MapCell | null => {
  const next = index + direction * layout.columns
  const here = layout.groups[group]
  if (!here) return null
  if (next >= 0 && next < here.count) return { group, index: next }
  const line = Math.floor(index / layout.columns)
  if (direction === 1 && line < here.lines - 1) return inGroup(layout, group, here.count - 1)
  const other = layout.groups[group + direction]
  if (!other) return null
  const column = index % layout.columns
  return inGroup(layout, group + direction, direction === 1 ? column : (other.lines - 1) * layout.columns + column)
}

/** Where a key leads from a cell; null when it leads nowhere. */
export const moveCell = (layout: MapLayout, from: MapCell, key: string): MapCell | null => {
  const here = layout.groups[from.group]
  switch (key) {
    case 'ArrowRight':
      return here && from.index + 1 < here.count ? { ...from, index: from.index + 1 } : inGroup(layout, from.group + 1, 0)
    case 'ArrowLeft':
      return from.index > 0 ? { ...from, index: from.index - 1 } : inGroup(layout, from.group - 1, Number.MAX_SAFE_INTEGER)
    case 'ArrowDown':
      return vertical(layout, from, 1)
    case 'ArrowUp':
      return vertical(layout, from, -1)
    case 'Home':
      return inGroup(layout, 0, 0)
    case 'End':
      return inGroup(layout, layout.groups.length - 1, Number.MAX_SAFE_INTEGER)
    default:
      return null
  }
}

export type CellFacts = {
  readonly slug: string
  readonly state: CellState
  readonly version: string | null
  readonly database: string
  readonly set: string
}

export const factsOf = (groups: readonly MapGroup[], { group, index }: MapCell): CellFacts | null => {
  const found = groups[group]
  const slug = found?.slugs[index]
  if (!found || slug === undefined) return null
  return { slug, state: stateOfLetter(found.letters.charAt(index)), version: found.versions[index] ?? null, database: found.database, set: found.set }
}

type Counts = Readonly<Partial<Record<CellState, number>>>

export type GroupCounts = { readonly database: string; readonly set: string; readonly total: number; readonly counts: Counts }

/** The map as numbers: what the table behind it shows. States that nobody is in are not there. */
export const countGroups = (groups: readonly MapGroup[]): readonly GroupCounts[] =>
  groups.map(({ database, set, letters: own, slugs }) => {
    const counts: Partial<Record<CellState, number>> = {}
    for (const letter of own) counts[stateOfLetter(letter)] = (counts[stateOfLetter(letter)] ?? 0) + 1
    return { database, set, total: slugs.length, counts }
  })

/** All groups together; counted from the map itself, so that map and legend never say different things. */
export const totalOf = (groups: readonly GroupCounts[]): Counts => {
  const total: Partial<Record<CellState, number>> = {}
  for (const { counts } of groups) for (const state of cellStates) if (counts[state] !== undefined) total[state] = (total[state] ?? 0) + counts[state]
  return total
}
