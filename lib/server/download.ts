import 'server-only'
import { stringify } from 'csv-stringify/sync'

export type DownloadFormat = 'csv' | 'json'

const types: Readonly<Record<DownloadFormat, string>> = { csv: 'text/csv; charset=utf-8', json: 'application/json' }

type Cell = string | number | null

/** Pages of rows as the text of one CSV, its head first. */
export async function* csvTexts<Row, Column extends string>(
  pages: AsyncIterable<readonly Row[]>,
  columns: readonly Column[],
  cellsOf: (row: Row) => Readonly<Record<Column, Cell>>,
): AsyncGenerator<string> {
  let header = true
  for await (const rows of pages) {
    // A cell that begins like a formula would be run by a spreadsheet; escape_formulas takes its teeth.
    yield stringify(rows.map(cellsOf), { columns: [...columns], header, escape_formulas: true })
    header = false
  }
}

/** Texts as a file of today, made as the reader takes them, so that a long list never lies in memory whole. */
export const download = (what: string, format: DownloadFormat, texts: AsyncGenerator<string>): Response => {
  const encoder = new TextEncoder()
  const body = new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      const { done, value } = await texts.next()
      if (done) controller.close()
      else controller.enqueue(encoder.encode(value))
    },
    cancel: async () => {
      await texts.return(undefined)
    },
  })
  const name = `tenantry-${what}-${new Date().toISOString().slice(0, 10)}.${format}`
  return new Response(body, { headers: { 'Content-Type': types[format], 'Content-Disposition': `attachment; filename="${name}"` } })
}
