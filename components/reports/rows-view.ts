/** What is found in a report's rows, and their order: in the address, so that it survives a look at the chart, a reload, and is what a link shows. */
import type { RowsView } from '@/lib/client/queries/reports'
import type { ReportColumn } from '@/lib/tenancy/contract'

const keys = { q: 'q', column: 'in', sort: 'sort', descending: 'desc' } as const

/** A column that the report does not have is none. */
export const readView = (params: URLSearchParams, columns: ReadonlyArray<Pick<ReportColumn, 'name'>>): RowsView => {
  const columnAt = (key: string): string | null => columns.find(({ name }) => name === params.get(key))?.name ?? null
  const sort = columnAt(keys.sort)
  return { q: params.get(keys.q) ?? '', column: columnAt(keys.column), sort, descending: sort !== null && params.has(keys.descending) }
}

export const withView = (params: URLSearchParams, { q, column, sort, descending }: RowsView): URLSearchParams => {
  const next = new URLSearchParams(params)
  const put = (key: string, value: string | null): void => (value === null || value === '' ? next.delete(key) : next.set(key, value))
  put(keys.q, q)
  put(keys.column, column)
  put(keys.sort, sort)
  put(keys.descending, descending ? '1' : null)
  return next
}
