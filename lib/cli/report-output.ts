/** A report's rows on standard output, as they come: a table, CSV, or one JSON document. */
import { once } from 'node:events'
import type { Writable } from 'node:stream'
import { stringify } from 'csv-stringify/sync'
import type { ReportColumn, ReportRow, ReportRun } from '../tenancy/contract/index.ts'

export const reportFormats = ['table', 'csv', 'json'] as const
export type ReportFormat = (typeof reportFormats)[number]

type Write = (text: string) => Promise<void>

/** Nothing is piled up for a reader that is slower than the rows. */
const writer =
  (stream: Writable): Write =>
  async (text) => {
    if (!stream.write(text)) await once(stream, 'drain')
  }

type Printer = { readonly begin: () => string; readonly rows: (rows: readonly ReportRow[]) => string; readonly end: () => string }

const isNumber = ({ type }: ReportColumn): boolean => /^(smallint|integer|bigint|numeric|real|double precision)$/.test(type)

const formula = /^[=+\-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20]/
/** Nothing and the empty string are two things. */
const csvLines = (rows: readonly ReportRow[]): string => stringify([...rows], { quoted_match: /^$/ })

/** What a spreadsheet would take for a formula is made plain text; a number is none. */
const csv = (columns: readonly ReportColumn[]): Printer => {
  const numbers = columns.map(isNumber)
  const plain = (value: string | null, index: number): string | null => (value !== null && numbers[index] !== true && formula.test(value) ? `'${value}` : value)
  return {
    begin: () => csvLines([columns.map(({ name }) => (formula.test(name) ? `'${name}` : name))]),
    rows: (rows) => csvLines(rows.map((row) => row.map(plain))),
    end: () => '',
  }
}

const json = ({ run, set, state, tenants, answered, rows: total }: ReportRun, columns: readonly ReportColumn[], silent: ReportRun['silent']): Printer => {
  let isFirst = true
  const line = (row: ReportRow): string => {
    const before = isFirst ? '\n  ' : ',\n  '
    isFirst = false
    return before + JSON.stringify(Object.fromEntries(columns.map(({ name }, index) => [name, row[index] ?? null])))
  }
  const told = silent.map(({ code, message, slugs }) => ({ code, message, tenants: slugs }))
  const head = { run: { id: run, set, state, tenants, answered, rows: total, silent: told }, columns: columns.map((column) => ({ ...column })) }
  return {
    begin: () => `${JSON.stringify(head).slice(0, -1)},"rows":[`,
    rows: (rows) => rows.map(line).join(''),
    end: () => '\n]}\n',
  }
}

const widest = 60
const oneLine = (value: string): string => value.replaceAll(/\p{Cc}/gu, ' ')
const cut = (value: string, width: number): string => (value.length > width ? `${value.slice(0, width - 1)}…` : value)

/** As wide as the first rows need. */
const table = (columns: readonly ReportColumn[]): Printer => {
  let widths: readonly number[] = []
  const cell = (value: string | null, index: number): string => {
    const column = columns[index]
    const width = widths[index] ?? 0
    const text = cut(oneLine(value ?? ''), widest)
    return column && isNumber(column) ? text.padStart(width) : text.padEnd(width)
  }
  const lineOf = (values: ReportRow): string => values.map(cell).join('  ').trimEnd()
  const open = (rows: readonly ReportRow[]): string => {
    widths = columns.map(({ name }, index) => Math.min(widest, Math.max(name.length, ...rows.map((row) => oneLine(row[index] ?? '').length))))
    return `${lineOf(columns.map(({ name }) => name))}\n`
  }
  return {
    begin: () => '',
    rows: (rows) => `${widths.length === 0 ? open(rows) : ''}${rows.map((row) => `${lineOf(row)}\n`).join('')}`,
    end: () => (widths.length === 0 ? open([]) : ''),
  }
}

export const printReport = async (
  stdout: Writable,
  format: ReportFormat,
  report: ReportRun,
  pieces: AsyncIterable<readonly ReportRow[]> | Iterable<readonly ReportRow[]>,
): Promise<void> => {
  const printer = format === 'csv' ? csv(report.columns) : format === 'json' ? json(report, report.columns, report.silent) : table(report.columns)
  const write = writer(stdout)
  await write(printer.begin())
  for await (const rows of pieces) await write(printer.rows(rows))
  await write(printer.end())
}
