import 'server-only'
import { csvTexts, jsonTexts } from '@/lib/report-texts'
import type { Actor, ReportRow, ReportRun, Tenancy } from '@/lib/tenancy/contract'
import { download, type DownloadFormat } from './download'

/** The first piece is waited for before anything is answered, so that a refusal is one, and no file with half of its rows. */
async function* textsOf(report: ReportRun, format: DownloadFormat, first: IteratorResult<readonly ReportRow[]>, rest: AsyncIterator<readonly ReportRow[]>) {
  const texts = format === 'csv' ? csvTexts(report.columns) : jsonTexts(report, report.columns)
  try {
    yield texts.begin()
    for (let piece = first; piece.done !== true; piece = await rest.next()) yield texts.rows(piece.value)
    yield texts.end()
  } finally {
    // A browser that goes away in the middle leaves a cursor open.
    await rest.return?.()
  }
}

/** All rows of a report as a file, read as fast as they are taken. */
export const reportExport = async (tenancy: Tenancy, actor: Actor, report: ReportRun, format: DownloadFormat): Promise<Response> => {
  const pieces = tenancy.reports.stream(actor, report.run)[Symbol.asyncIterator]()
  return download(`report-${report.run}`, format, textsOf(report, format, await pieces.next(), pieces))
}
