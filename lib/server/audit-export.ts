import 'server-only'
import type { AuditFilter, AuditRow, Tenancy } from '@/lib/tenancy/contract'
import { csvTexts, download, type DownloadFormat } from './download'

const rowsAPage = 500

async function* pages(tenancy: Tenancy, filter: AuditFilter): AsyncGenerator<readonly AuditRow[]> {
  for (let before = filter.before; ;) {
    const { rows, next } = await tenancy.audit.list({ ...filter, before, limit: rowsAPage })
    yield rows
    if (next === null) return
    before = next
  }
}

const columns = ['id', 'at', 'actorKind', 'actor', 'action', 'subjectKind', 'subject', 'details'] as const

async function* jsonTexts(all: AsyncIterable<readonly AuditRow[]>): AsyncGenerator<string> {
  let isFirst = true
  for await (const rows of all) {
    yield `${isFirst ? '{"rows":[\n' : rows.length > 0 ? ',\n' : ''}${rows.map((row) => JSON.stringify(row)).join(',\n')}`
    isFirst = false
  }
  yield '\n]}\n'
}

/** All rows that the filter matches, a page at a time. */
export const auditExport = (tenancy: Tenancy, filter: AuditFilter, format: DownloadFormat): Response => {
  const all = pages(tenancy, filter)
  const texts = format === 'csv' ? csvTexts(all, columns, (row) => ({ ...row, details: JSON.stringify(row.details) })) : jsonTexts(all)
  return download('audit', format, texts)
}
