import 'server-only'
import { stringify } from 'csv-stringify/sync'
import type { AuditFilter, AuditRow, Tenancy } from '@/lib/tenancy/contract'

export type ExportFormat = 'csv' | 'json'

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

// A cell that begins like a formula would be run by a spreadsheet; escape_formulas takes its teeth.
const csvOf = (rows: readonly AuditRow[], header: boolean): string =>
  stringify(
    rows.map((row) => ({ ...row, details: JSON.stringify(row.details) })),
    { columns: [...columns], header, escape_formulas: true },
  )

async function* texts(tenancy: Tenancy, filter: AuditFilter, format: ExportFormat): AsyncGenerator<string> {
  let isFirst = true
  for await (const rows of pages(tenancy, filter)) {
    if (format === 'csv') yield csvOf(rows, isFirst)
    else yield `${isFirst ? '{"rows":[\n' : rows.length > 0 ? ',\n' : ''}${rows.map((row) => JSON.stringify(row)).join(',\n')}`
    isFirst = false
  }
  if (format === 'json') yield '\n]}\n'
}

const types: Readonly<Record<ExportFormat, string>> = { csv: 'text/csv; charset=utf-8', json: 'application/json' }

/** All rows that the filter matches, a page at a time as the reader takes them, so that a long trail never lies in memory whole. */
export const auditExport = (tenancy: Tenancy, filter: AuditFilter, format: ExportFormat): Response => {
  const encoder = new TextEncoder()
  const parts = texts(tenancy, filter, format)
  const body = new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      const { done, value } = await parts.next()
      if (done) controller.close()
      else controller.enqueue(encoder.encode(value))
    },
    cancel: async () => {
      await parts.return(undefined)
    },
  })
  const name = `tenantry-audit-${new Date().toISOString().slice(0, 10)}.${format}`
  return new Response(body, {
    headers: { 'Content-Type': types[format], 'Content-Disposition': `attachment; filename="${name}"` },
  })
}
