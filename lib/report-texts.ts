/** A report's rows as the text of a file, piece by piece: CSV that is safe to open in a spreadsheet, or one JSON document. */
import { stringify } from 'csv-stringify/sync'
import type { ReportColumn, ReportRow, ReportRun } from './tenancy/contract/index.ts'

export type ReportTexts = {
  readonly begin: () => string
  readonly rows: (rows: readonly ReportRow[]) => string
  /** `isCut`: there were more rows than were told. */
  readonly end: (isCut: boolean) => string
}

export const isNumberColumn = ({ type }: ReportColumn): boolean => /^(smallint|integer|bigint|numeric|real|double precision)$/.test(type)

const formula = /^[=+\-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20]/
/** Nothing and the empty string are two things. */
const csvLines = (rows: readonly ReportRow[]): string => stringify([...rows], { quoted_match: /^$/ })

/** What a spreadsheet would take for a formula is made plain text; a number is none. */
export const csvTexts = (columns: readonly ReportColumn[]): ReportTexts => {
  const numbers = columns.map(isNumberColumn)
  const plain = (value: string | null, index: number): string | null => (value !== null && numbers[index] !== true && formula.test(value) ? `'${value}` : value)
  return {
    begin: () => csvLines([columns.map(({ name }) => (formula.test(name) ? `'${name}` : name))]),
    rows: (rows) => csvLines(rows.map((row) => row.map(plain))),
    end: () => '',
  }
}

export const jsonTexts = (
  { run, set, state, tenants, sampledOf, answered, rows: total, silent, filled, leftOut }: ReportRun,
  columns: readonly ReportColumn[],
): ReportTexts => {
  let isFirst = true
  const names = columns.map(({ name }) => JSON.stringify(name))
  // An object would have its columns in another order where one of them is called like a number.
  const line = (row: ReportRow): string => {
    const before = isFirst ? '\n  ' : ',\n  '
    isFirst = false
    return before + `{${names.map((name, index) => `${name}:${JSON.stringify(row[index] ?? null)}`).join(',')}}`
  }
  const told = silent.map(({ code, message, slugs }) => ({ code, message, tenants: slugs }))
  const stoodFor = filled.map(({ lacks, slugs }) => ({ lacks, tenants: slugs }))
  const head = {
    run: { id: run, set, state, tenants, sampledOf, answered, rows: total, silent: told, filled: stoodFor, leftOut: [...leftOut] },
    columns: columns.map((column) => ({ ...column })),
  }
  return {
    begin: () => `${JSON.stringify(head).slice(0, -1)},"rows":[`,
    rows: (rows) => rows.map(line).join(''),
    end: (isCut) => `\n],"cut":${isCut}}\n`,
  }
}
