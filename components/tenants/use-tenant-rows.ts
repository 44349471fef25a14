import { keepPreviousData, useQueries, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { tenantPageQuery, tenantPageSize, type TenantOrder } from '@/lib/client/tenants'
import type { TenantFilter, TenantPage, TenantRow } from '@/lib/tenancy/contract'

export type TenantRows = {
  /** null until the first page has come. */
  readonly total: number | null
  /** Every row that has been read, at its place; empty where none was yet. */
  readonly rows: ReadonlyArray<TenantRow | undefined>
  /** What is shown belongs to another filter or order; what was asked for is on its way. */
  readonly stale: boolean
  readonly error: Error | null
  readonly retry: () => void
  readonly see: (first: number, last: number) => void
}

const pagesBetween = (first: number, last: number): readonly number[] => {
  const from = Math.floor(first / tenantPageSize)
  const to = Math.max(from, Math.floor(last / tenantPageSize))
  return Array.from({ length: to - from + 1 }, (_, index) => from + index)
}

/**
 * Rows of a list of any length: the pages in sight are kept up to date, those that were seen before stay in the cache and are read again
 * when one comes back to them. Jumping to the end reads the last page, not all before it.
 */
export const useTenantRows = (filter: TenantFilter, order: TenantOrder): TenantRows => {
  const client = useQueryClient()
  const mark = JSON.stringify([filter, order])
  const [sight, setSight] = useState({ mark, pages: [0] as readonly number[] })
  const pages = sight.mark === mark ? sight.pages : [0]
  const answers = useQueries({ queries: pages.map((page) => ({ ...tenantPageQuery(filter, order, page), placeholderData: keepPreviousData })) })

  const settled = answers.find(({ data, isPlaceholderData }) => data !== undefined && !isPlaceholderData)?.data
  const cached = (page: number): TenantPage | undefined => client.getQueryData(tenantPageQuery(filter, order, page).queryKey)
  const total = (settled ?? cached(0) ?? answers[0]?.data)?.total ?? null

  const rows: (TenantRow | undefined)[] = Array.from({ length: total ?? 0 })
  const known = Array.from({ length: Math.ceil((total ?? 0) / tenantPageSize) }, (_, page) => cached(page)).filter((page) => page !== undefined)
  for (const page of known.length > 0 ? known : answers.flatMap(({ data }) => data ?? []))
    for (const [index, row] of page.rows.entries()) if (page.offset + index < rows.length) rows[page.offset + index] = row

  return {
    total,
    rows,
    stale: known.length === 0 && settled === undefined,
    error: answers.find(({ error, data }) => error && data === undefined)?.error ?? null,
    retry: () => void Promise.all(answers.map(({ refetch }) => refetch())),
    see: (first, last) => {
      const seen = pagesBetween(first, last)
      if (sight.mark !== mark || seen[0] !== sight.pages[0] || seen.at(-1) !== sight.pages.at(-1)) setSight({ mark, pages: seen })
    },
  }
}
