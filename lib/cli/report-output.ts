/** A report's rows on standard output, as they come: a table, CSV, or one JSON document. */
import { once } from 'node:events'
import type { Writable } from 'node:stream'
import { csvTexts, isNumberColumn, jsonTexts, type ReportTexts } from '../report-texts.ts'
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

const widest = 60
const oneLine = (value: string): string => value.replaceAll(/\p{Cc}/gu, ' ')
const cut = (value: string, width: number): string => (value.length > width ? `${value.slice(0, width - 1)}…` : value)

/** As wide as the first rows need. */
const table = (columns: readonly ReportColumn[]): ReportTexts => {
  let widths: readonly number[] = []
  const cell = (value: string | null, index: number): string => {
    const column = columns[index]
    const width = widths[index] ?? 0
    const text = cut(oneLine(value ?? ''), widest)
    return column && isNumberColumn(column) ? text.padStart(width) : text.padEnd(width)
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
  const printer = format === 'csv' ? csvTexts(report.columns) : format === 'json' ? jsonTexts(report, report.columns) : table(report.columns)
  const write = writer(stdout)
  await write(printer.begin())
  for await (const rows of pieces) await write(printer.rows(rows))
  await write(printer.end())
}
