import { appendFileSync } from 'node:fs'
import type { Figures } from './measure.ts'
import { machine } from './options.ts'

/** One line of the result. */
export type Result = {
  readonly bench: string
  /** Targets, or rows of the control plane. */
  readonly size: number
  /** null where there is nothing to compare with: the figure stands for itself. */
  readonly floor: Figures | null
  readonly product: Figures
  readonly unit: 'ms' | 'MB' | 'kB' | 'cores' | 'count'
  /** What DESIGN asks for, as a ratio to the floor or in the unit. */
  readonly bar: number | null
  readonly note?: string
}

const number = (value: number): string => (value >= 100 ? Math.round(value).toLocaleString('en-US') : value.toFixed(value >= 10 ? 1 : 2))

const cellsOf = ({ bench, size, floor, product, unit, bar, note }: Result): string[] => {
  const ratio = floor === null ? null : product.median / floor.median
  return [
    bench,
    size.toLocaleString('en-US'),
    floor === null ? '' : `${number(floor.median)} ${unit}`,
    `${number(product.median)}${unit === 'count' ? '' : ` ${unit}`}`,
    ratio === null ? '' : `${ratio.toFixed(2)} ×`,
    bar === null ? '' : floor === null ? `≤ ${bar} ${unit}` : `≤ ${bar} ×`,
    bar === null ? '' : (ratio ?? product.median) <= bar ? 'within' : 'over',
    note ?? '',
  ]
}

const headings = ['bench', 'targets', 'floor', 'product', 'ratio', 'bar', '', '']

export const tableOf = (results: readonly Result[]): string => {
  const rows = [headings, ...results.map(cellsOf)]
  const widths = headings.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const isNumber = (column: number): boolean => column >= 1 && column <= 5
  return rows
    .map((row) =>
      row
        .map((cell, column) => (isNumber(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** Appends, so that one file can keep many measurements. */
export const writeLines = (file: string, results: readonly Result[]): void => {
  const at = new Date().toISOString()
  appendFileSync(file, results.map((result) => `${JSON.stringify({ at, ...machine(), ...result })}\n`).join(''))
}
