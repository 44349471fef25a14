/** The table of a report's rows: widths, keys, order. */
import type { ReportColumn, ReportRow } from '@/lib/tenancy/contract'

const narrowest = 72
const widest = 340
const perCharacter = 7.9
const around = 26
/** Names and times of usual lengths are never cut for being the longest ones. */
const wholeUpTo = 40

const shownLength = (value: string | null | undefined): number => (value === null || value === undefined ? 4 : Math.min(value.length, 80))

/** Pixels of each column: what nearly all of the first rows need. */
export const columnWidths = (columns: readonly ReportColumn[], rows: readonly ReportRow[]): readonly number[] =>
  columns.map(({ name }, index) => {
    const lengths = rows.map((row) => shownLength(row[index])).toSorted((one, other) => one - other)
    const longest = lengths.at(-1) ?? 8
    const usual = longest <= wholeUpTo ? longest : (lengths[Math.floor(lengths.length * 0.95)] ?? 8)
    return Math.round(Math.min(widest, Math.max(narrowest, Math.max(name.length + 2, usual) * perCharacter + around)))
  })

export type Cell = { readonly row: number; readonly column: number }
type Size = { readonly rows: number; readonly columns: number; readonly page: number }

/** Where a key leads from a cell; null for keys that do not move. */
export const cellMove = (key: string, isFar: boolean, { row, column }: Cell, { rows, columns, page }: Size): Cell | null => {
  const at = (nextRow: number, nextColumn: number): Cell => ({
    row: Math.min(Math.max(0, nextRow), Math.max(0, rows - 1)),
    column: Math.min(Math.max(0, nextColumn), Math.max(0, columns - 1)),
  })
  switch (key) {
    case 'ArrowDown':
    case 'j':
      return at(isFar ? rows - 1 : row + 1, column)
    case 'ArrowUp':
    case 'k':
      return at(isFar ? 0 : row - 1, column)
    case 'ArrowRight':
      return at(row, isFar ? columns - 1 : column + 1)
    case 'ArrowLeft':
      return at(row, isFar ? 0 : column - 1)
    case 'PageDown':
      return at(row + Math.max(1, page), column)
    case 'PageUp':
      return at(row - Math.max(1, page), column)
    case 'Home':
      return isFar ? at(0, 0) : at(row, 0)
    case 'End':
      return isFar ? at(rows - 1, columns - 1) : at(row, columns - 1)
    default:
      return null
  }
}

export type Order = { readonly sort: string | null; readonly descending: boolean }

/** A heading pressed: upwards, downwards, as the tenants answered. */
export const nextOrder = ({ sort, descending }: Order, pressed: string): Order =>
  sort !== pressed ? { sort: pressed, descending: false } : descending ? { sort: null, descending: false } : { sort, descending: true }

/** Pages that hold the rows from one to another. */
export const pagesBetween = (first: number, last: number, pageSize: number): readonly number[] => {
  const from = Math.floor(Math.max(0, first) / pageSize)
  const to = Math.max(from, Math.floor(last / pageSize))
  return Array.from({ length: Math.min(to - from + 1, 4) }, (_, index) => from + index)
}
