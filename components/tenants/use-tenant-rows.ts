import { keepPreviousData, useQueries, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { tenantPageQuery, tenantPageSize, type TenantOrder } from '@/lib/client/tenants'
import type { TenantFilter, TenantPage, TenantRow } from '@/lib/tenancy/contract'

export type TenantRows = {
  /** null until the first page has come. */
  readonly total: number | null
  /** The row at a place; undefined while its page is on its way. */
  readonly rowAt: (index: number) => TenantRow | undefined
  /** Every row that has been read, at its place; empty where none was yet. Gathered when it is asked for: 10,000 rows are not copied for each step of a wheel. */
  readonly read: () => ReadonlyArray<TenantRow | undefined>
  /** Bytes of the largest one seen in this list. */
  readonly most: number
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

const rowIn = (page: TenantPage | undefined, index: number): TenantRow | undefined => page?.rows[index - page.offset]
const mostOf = (page: TenantPage | undefined): number => page?.rows.reduce((largest, { bytes }) => Math.max(largest, bytes ?? 0), 0) ?? 0

/** Only grows, so that bars do not change their scale under whoever scrolls; another list has another one. */
const useMost = (mark: string, inSight: number): number => {
  const [known, setKnown] = useState({ mark, most: inSight })
  const most = known.mark === mark ? Math.max(known.most, inSight) : inSight
  if (known.mark !== mark || known.most !== most) setKnown({ mark, most })
  return most
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

  const settled = answers.filter(({ data, isPlaceholderData }) => data !== undefined && !isPlaceholderData).flatMap(({ data }) => data ?? [])
  const cached = (page: number): TenantPage | undefined => client.getQueryData(tenantPageQuery(filter, order, page).queryKey)
  const total = (settled[0] ?? cached(0) ?? answers[0]?.data)?.total ?? null
  const stale = settled.length === 0 && cached(0) === undefined

  const byNumber = new Map<number, TenantPage | undefined>(settled.map((page) => [page.offset / tenantPageSize, page]))
  const pageOf = (index: number): TenantPage | undefined => {
    const number = Math.floor(index / tenantPageSize)
    // What belongs to another list is better than nothing while this one's first page is on its way.
    if (!byNumber.has(number)) byNumber.set(number, stale ? answers.find(({ data }) => data?.offset === number * tenantPageSize)?.data : cached(number))
    return byNumber.get(number)
  }

  return {
    total,
    rowAt: (index) => rowIn(pageOf(index), index),
    read: () => Array.from({ length: total ?? 0 }, (_, index) => rowIn(pageOf(index), index)),
    most: useMost(
      mark,
      pages.reduce((largest, page) => Math.max(largest, mostOf(pageOf(page * tenantPageSize))), 0),
    ),
    stale,
    error: answers.find(({ error, data }) => error && data === undefined)?.error ?? null,
    retry: () => void Promise.all(answers.map(({ refetch }) => refetch())),
    see: (first, last) => {
      const seen = pagesBetween(first, last)
      if (sight.mark !== mark || seen[0] !== sight.pages[0] || seen.at(-1) !== sight.pages.at(-1)) setSight({ mark, pages: seen })
    },
  }
}
