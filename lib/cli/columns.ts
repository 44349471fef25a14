/** Rows as aligned text: what fits a terminal, with numbers to the right. */

export type Column<Row> = {
  readonly title: string
  readonly value: (row: Row) => string
  readonly isNumber?: boolean
}

const lengthOf = (text: string): number => [...text].length

const pad = (text: string, width: number, isNumber: boolean): string => {
  const spaces = ' '.repeat(Math.max(0, width - lengthOf(text)))
  return isNumber ? spaces + text : text + spaces
}

/** One line a row under a line of titles in capitals; no trailing spaces. */
export const formatColumns = <Row>(rows: readonly Row[], columns: ReadonlyArray<Column<Row>>): string => {
  const lines = [columns.map(({ title }) => title.toUpperCase()), ...rows.map((row) => columns.map(({ value }) => value(row)))]
  const widths = columns.map((_, index) => Math.max(...lines.map((line) => lengthOf(line[index] ?? ''))))
  return lines
    .map((line) =>
      line
        .map((cell, index) => pad(cell, widths[index] ?? 0, columns[index]?.isNumber === true))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
