/** All rows that a second SELECT makes of a report's, as they come. */
import { isTenancyError } from '../tenancy/index.ts'
import type { Actor, CombinedPiece, CombineReportInput, ErrorDocument, ReportColumn, ReportRow, Tenancy } from '../tenancy/contract/index.ts'

/** Rows that are there, and why there are no more. */
export type Cut = { readonly rows: number; readonly reason: ErrorDocument }

export type CombinedResult = {
  readonly columns: readonly ReportColumn[]
  readonly pieces: AsyncIterable<readonly ReportRow[]>
  /** Known at their end; null: they are whole. */
  readonly cut: () => Cut | null
  /** For whoever does not read them to their end. */
  readonly close: () => Promise<void>
}

/**
 * The first piece is waited for: it has the names of the columns, or is refused before anything is written. What is refused later ends the pieces, so that what was
 * begun is still one document.
 */
export const combinedRows = async (tenancy: Tenancy, actor: Actor, input: CombineReportInput): Promise<CombinedResult> => {
  const source: AsyncIterator<CombinedPiece> = tenancy.reports.streamCombined(actor, input)[Symbol.asyncIterator]()
  const first = await source.next()
  let cut: Cut | null = null
  async function* pieces(): AsyncGenerator<readonly ReportRow[]> {
    let told = 0
    try {
      for (let next = first; next.done !== true; next = await source.next()) {
        yield next.value.rows
        told += next.value.rows.length
      }
    } catch (error) {
      if (!isTenancyError(error)) throw error
      cut = { rows: told, reason: error.toDocument() }
    }
  }
  return { columns: first.done === true ? [] : first.value.columns, pieces: pieces(), cut: () => cut, close: async () => void (await source.return?.()) }
}
