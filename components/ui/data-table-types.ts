export type TableColumn<Row, Sort extends string = string> = {
  readonly id: string
  readonly header: string
  /** A CSS grid track: "minmax(180px, 2fr)", "96px". */
  readonly track: string
  /** Absent: the column cannot be sorted by. */
  readonly sort?: Sort
  readonly align?: 'start' | 'end'
  readonly cell: (row: Row) => React.ReactNode
}

export type TableSelection = {
  readonly isSelected: (key: string) => boolean
  readonly all: boolean | 'indeterminate'
  /** `range` with Shift: everything from the row that was chosen last. */
  readonly onToggle: (key: string, range: boolean) => void
  readonly onToggleAll: () => void
  readonly onClear: () => void
}

export type TableOrder = { readonly sort: string; readonly descending: boolean }
