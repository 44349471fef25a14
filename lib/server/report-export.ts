import 'server-only'
import { Readable } from 'node:stream'
import { csvTexts, jsonTexts } from '@/lib/report-texts'
import { xlsxOf } from '@/lib/report-xlsx'
import type { Actor, ReportRow, ReportRun, Tenancy } from '@/lib/tenancy/contract'
import { download, type DownloadFormat } from './download'

export const reportFileFormats = ['csv', 'json', 'xlsx'] as const
type FileFormat = (typeof reportFileFormats)[number]
type Piece = readonly ReportRow[]

/** What was waited for, and what comes after it. A reader that goes away in the middle leaves no cursor open. */
async function* again(first: IteratorResult<Piece>, rest: AsyncIterator<Piece>): AsyncGenerator<Piece> {
  try {
    for (let piece = first; piece.done !== true; piece = await rest.next()) yield piece.value
  } finally {
    await rest.return?.()
  }
}

async function* textsOf(report: ReportRun, format: DownloadFormat, pieces: AsyncIterable<Piece>): AsyncGenerator<string> {
  const texts = format === 'csv' ? csvTexts(report.columns) : jsonTexts(report, report.columns)
  yield texts.begin()
  for await (const rows of pieces) yield texts.rows(rows)
  yield texts.end()
}

const workbook = (report: ReportRun, pieces: AsyncIterable<Piece>): Response => {
  const name = `tenantry-report-${report.run}-${new Date().toISOString().slice(0, 10)}.xlsx`
  return new Response(Readable.toWeb(xlsxOf(report.columns, pieces)) as ReadableStream<Uint8Array>, {
    headers: {
      'Content-Type': 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
      'Content-Disposition': `attachment; filename="${name}"`,
    },
  })
}

/**
 * All rows of a report as a file, read as fast as they are taken. The first piece is waited for before anything is answered, so that a refusal is one, and no
 * file with half of its rows.
 */
export const reportExport = async (tenancy: Tenancy, actor: Actor, report: ReportRun, format: FileFormat): Promise<Response> => {
  const rest = tenancy.reports.stream(actor, report.run)[Symbol.asyncIterator]()
  const pieces = again(await rest.next(), rest)
  return format === 'xlsx' ? workbook(report, pieces) : download(`report-${report.run}`, format, textsOf(report, format, pieces))
}
