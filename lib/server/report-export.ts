import 'server-only'
import { csvTexts, jsonTexts } from '@/lib/report-texts'
import { xlsxOf } from '@/lib/report-xlsx'
import type { Actor, CombinedPiece, CombineReportInput, ReportRow, ReportRun, Tenancy } from '@/lib/tenancy/contract'

export const reportFileFormats = ['csv', 'json', 'xlsx'] as const
type FileFormat = (typeof reportFileFormats)[number]
type Piece = readonly ReportRow[]

const types: Readonly<Record<FileFormat, string>> = {
  csv: 'text/csv; charset=utf-8',
  json: 'application/json',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
}

/** What was waited for, and what comes after it. No generator: one that nobody has begun to read does not end what it stands for. */
const again = (first: IteratorResult<CombinedPiece>, rest: AsyncIterator<CombinedPiece>): AsyncIterable<Piece> => {
  let waiting: IteratorResult<CombinedPiece> | null = first
  const iterator: AsyncIterator<Piece> = {
    next: async () => {
      const now = waiting ?? (await rest.next())
      waiting = null
      return now.done === true ? now : { done: false, value: now.value.rows }
    },
    return: async () => {
      await rest.return?.()
      return { done: true, value: undefined }
    },
  }
  return { [Symbol.asyncIterator]: () => iterator }
}

async function* textsOf(report: ReportRun, format: 'csv' | 'json', pieces: AsyncIterable<Piece>): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder()
  const texts = format === 'csv' ? csvTexts(report.columns) : jsonTexts(report, report.columns)
  yield encoder.encode(texts.begin())
  for await (const rows of pieces) yield encoder.encode(texts.rows(rows))
  yield encoder.encode(texts.end(false))
}

type Chunks = { readonly next: () => Promise<IteratorResult<Uint8Array>>; readonly stop: () => void }

const chunksOf = (report: ReportRun, format: FileFormat, pieces: AsyncIterable<Piece>): Chunks => {
  if (format !== 'xlsx') {
    const texts = textsOf(report, format, pieces)
    return { next: () => texts.next(), stop: () => undefined }
  }
  const book = xlsxOf(report.columns, pieces)
  // Whoever gives up a file is told so once; what the book says of it as it ends is no news.
  book.on('error', () => undefined)
  const bytes: AsyncIterator<Uint8Array> = book[Symbol.asyncIterator]()
  return { next: () => bytes.next(), stop: () => void book.destroy() }
}

/** However a file is left, before its first row, in the middle or at its end, the cursor that it reads from is closed. */
const bodyOf = (chunks: Chunks, end: () => Promise<void>): ReadableStream<Uint8Array> =>
  new ReadableStream({
    pull: async (controller) => {
      try {
        const { done, value } = await chunks.next()
        if (done === true) controller.close()
        else controller.enqueue(value)
      } catch (error) {
        await end()
        controller.error(error)
      }
    },
    cancel: async () => {
      chunks.stop()
      await end()
    },
  })

/** What has no columns of its own beside its rows. */
const withColumns = (columns: ReportRun['columns'], pieces: AsyncIterable<Piece>): AsyncIterator<CombinedPiece> => {
  const source = pieces[Symbol.asyncIterator]()
  return {
    next: async () => {
      const { done, value } = await source.next()
      return done === true ? { done, value: undefined } : { done: false, value: { columns, rows: value } }
    },
    return: async () => {
      await source.return?.()
      return { done: true, value: undefined }
    },
  }
}

type Exported = { readonly report: ReportRun; readonly format: FileFormat; readonly name: string }

/**
 * Read as fast as it is taken. The first piece is waited for before anything is answered, so that a refusal is one, and no file with half of its rows.
 * @param signal tells that the browser has gone
 */
const fileOf = async ({ report, format, name }: Exported, rest: AsyncIterator<CombinedPiece>, signal: AbortSignal): Promise<Response> => {
  const end = async (): Promise<void> => {
    await rest.return?.()
  }
  signal.addEventListener('abort', () => void end(), { once: true })
  const first = await rest.next()
  if (signal.aborted) await end()
  const { columns } = first.done === true ? report : first.value
  const file = `tenantry-${name}-${new Date().toISOString().slice(0, 10)}.${format}`
  return new Response(bodyOf(chunksOf({ ...report, columns }, format, again(first, rest)), end), {
    headers: { 'Content-Type': types[format], 'Content-Disposition': `attachment; filename="${file}"` },
  })
}

/** All rows of a report. */
export const reportExport = (tenancy: Tenancy, actor: Actor, report: ReportRun, format: FileFormat, signal: AbortSignal): Promise<Response> =>
  fileOf({ report, format, name: `report-${report.run}` }, withColumns(report.columns, tenancy.reports.stream(actor, report.run)), signal)

/** All rows that a second SELECT makes of a report's; one that comes to more than there may be is broken off. */
export const combinedExport = async (
  tenancy: Tenancy,
  actor: Actor,
  { run, sql, format }: CombineReportInput & { readonly format: FileFormat },
  signal: AbortSignal,
): Promise<Response> => {
  const report = await tenancy.reports.get(actor, run)
  return fileOf({ report, format, name: `report-${run}-combined` }, tenancy.reports.streamCombined(actor, { run, sql })[Symbol.asyncIterator](), signal)
}
