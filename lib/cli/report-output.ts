/** A report's rows on standard output or in a file, as they come: a table, CSV, one JSON document, or a workbook. */
import { once } from 'node:events'
import { open } from 'node:fs/promises'
import type { Writable } from 'node:stream'
import { finished, pipeline } from 'node:stream/promises'
import { csvTexts, isNumberColumn, jsonTexts, type ReportTexts } from '../report-texts.ts'
import { xlsxOf } from '../report-xlsx.ts'
import type { ReportColumn, ReportRow, ReportRun } from '../tenancy/contract/index.ts'
import { invalid } from './parse-input.ts'

export const reportFormats = ['table', 'csv', 'json', 'xlsx'] as const
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

type Pieces = AsyncIterable<readonly ReportRow[]> | Iterable<readonly ReportRow[]>

const textsOf = (format: Exclude<ReportFormat, 'xlsx'>, report: ReportRun): ReportTexts => {
  if (format === 'csv') return csvTexts(report.columns)
  return format === 'json' ? jsonTexts(report, report.columns) : table(report.columns)
}

const never = (): boolean => false

/** @param isCut asked when the pieces have ended: whether there were more rows */
export const printReport = async (into: Writable, format: ReportFormat, report: ReportRun, pieces: Pieces, isCut: () => boolean = never): Promise<void> => {
  if (format === 'xlsx') return pipeline(xlsxOf(report.columns, pieces), into)
  const printer = textsOf(format, report)
  const write = writer(into)
  await write(printer.begin())
  for await (const rows of pieces) await write(printer.rows(rows))
  await write(printer.end(isCut()))
}

/** The file is whole when this resolves. @throws input.invalid when it cannot be written at all */
export const writeReport = async (path: string, format: ReportFormat, report: ReportRun, pieces: Pieces, isCut: () => boolean = never): Promise<void> => {
  const handle = await open(path, 'w').catch((error: unknown) => {
    const problem = error instanceof Error ? error.message : String(error)
    throw invalid(`the file ${path} cannot be written: ${problem}. The result is kept: tenantry report --run ${report.run} writes it elsewhere.`)
  })
  const file = handle.createWriteStream()
  try {
    await printReport(file, format, report, pieces, isCut)
    if (!file.writableEnded) file.end()
    await finished(file)
  } finally {
    file.destroy()
  }
}
