/** Geometry of the run map: equal cells, row by row, as large as the room allows. */

export type MapLayout = {
  readonly columns: number
  readonly rows: number
  /** Edge of a cell in CSS pixels without the gap. */
  readonly cell: number
  readonly gap: number
  readonly width: number
  readonly height: number
}

const cellSizes = [20, 16, 14, 12, 10, 8, 7, 6, 5, 4, 3] as const

const layoutWith = (count: number, width: number, cell: number): MapLayout => {
  const gap = cell >= 8 ? 2 : 1
  const columns = Math.max(1, Math.floor((width + gap) / (cell + gap)))
  const rows = Math.ceil(count / columns)
  return { columns, rows, cell, gap, width, height: Math.max(0, rows * (cell + gap) - gap) }
}

/** The largest cells with which all items stand within `maxHeight`; the smallest ones, and as high as it takes, when none do. */
export const layoutMap = (count: number, width: number, maxHeight: number): MapLayout => {
  const layouts = cellSizes.map((cell) => layoutWith(count, width, cell))
  const fitting = layouts.find((layout) => layout.height <= maxHeight)
  return fitting ?? layoutWith(count, width, 3)
}

export const cellOrigin = (layout: MapLayout, index: number): { readonly x: number; readonly y: number } => {
  const pitch = layout.cell + layout.gap
  return { x: (index % layout.columns) * pitch, y: Math.floor(index / layout.columns) * pitch }
}

/** The item under a point; a gap belongs to the cell before it, so that the pointer never falls between; null outside. */
export const cellAt = (layout: MapLayout, count: number, x: number, y: number): number | null => {
  const pitch = layout.cell + layout.gap
  const column = Math.floor(x / pitch)
  const row = Math.floor(y / pitch)
  if (x < 0 || y < 0 || column >= layout.columns || row >= layout.rows) return null
  const index = row * layout.columns + column
  return index < count ? index : null
}

/** Where an arrow, Home or End leads from a cell; null for keys that mean nothing here. */
export const cellAfterKey = (layout: MapLayout, count: number, index: number, key: string): number | null => {
  const target = stepOf(layout, count, index, key)
  return target === null ? null : target < 0 || target >= count ? index : target
}

const stepOf = (layout: MapLayout, count: number, index: number, key: string): number | null => {
  switch (key) {
    case 'ArrowRight':
      return index + 1
    case 'ArrowLeft':
      return index - 1
    case 'ArrowDown':
      return index + layout.columns
    case 'ArrowUp':
      return index - layout.columns
    case 'Home':
      return 0
    case 'End':
      return count - 1
    default:
      return null
  }
}

/** The next cell of a kind after `index`, going round; null when there is none. */
export const nextOfLetter = (letters: string, letter: string, index: number): number | null => {
  const after = letters.indexOf(letter, index + 1)
  if (after !== -1) return after
  const first = letters.indexOf(letter)
  return first === -1 ? null : first
}

/** Indexes whose letter changed: what has to be drawn again. Null when the whole map does. */
export const changedCells = (before: string, after: string): readonly number[] | null => {
  if (before.length !== after.length) return null
  const changed: number[] = []
  for (let index = 0; index < after.length; index += 1) if (before[index] !== after[index]) changed.push(index)
  return changed
}
