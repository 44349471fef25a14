import { keepPreviousData, useQueries, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { reportPageSize, reportQueries, type RowsView } from '@/lib/client/queries/reports'
import type { ReportRow, ReportRows } from '@/lib/tenancy/contract'
import { pagesBetween } from './rows-model'

export type RowSource = {
  /** null until the first answer has come. */
  readonly total: number | null
  /** The first rows, from which the columns get their widths. */
  readonly sample: readonly ReportRow[]
  readonly rowAt: (index: number) => ReportRow | undefined
  /** What is shown belongs to another order. */
  readonly stale: boolean
  readonly error: Error | null
  readonly retry: () => void
  readonly see: (first: number, last: number) => void
}

/** Rows of a report of any length: only pages in sight are read; those that were seen before stay for a while. */
export const useReportRows = (run: number, view: RowsView): RowSource => {
  const client = useQueryClient()
  const mark = JSON.stringify(view)
  const [sight, setSight] = useState({ mark, pages: [0] as readonly number[] })
  const pages = sight.mark === mark ? sight.pages : [0]
  const answers = useQueries({ queries: pages.map((page) => ({ ...reportQueries.page(run, view, page), placeholderData: keepPreviousData })) })
  const settled = new Map<number, ReportRows>()
  answers.forEach(({ data, isPlaceholderData }, index) => {
    const page = pages[index]
    if (data !== undefined && !isPlaceholderData && page !== undefined) settled.set(page, data)
  })
  const cached = (page: number): ReportRows | undefined => settled.get(page) ?? client.getQueryData(reportQueries.page(run, view, page).queryKey)
  const known = [...settled.values()].at(-1) ?? answers.find(({ data }) => data !== undefined)?.data
  // A page far away has no answer yet, and yet it is the same table.
  const [total, setTotal] = useState<number | null>(known?.total ?? null)
  if (known !== undefined && known.total !== total) setTotal(known.total)
  const [sample, setSample] = useState<readonly ReportRow[]>([])
  const first = known?.rows ?? []
  // Widths stay while one scrolls; they are measured again only while there is next to nothing to measure.
  if (sample.length < 50 && first.length > sample.length) setSample(first)
  return {
    total: known?.total ?? total,
    sample,
    rowAt: (index) => cached(Math.floor(index / reportPageSize))?.rows[index % reportPageSize],
    stale: settled.size === 0 && cached(0) === undefined,
    error: answers.find(({ error, data }) => error && data === undefined)?.error ?? null,
    retry: () => void Promise.all(answers.map(({ refetch }) => refetch())),
    see: (from, to) => {
      const next = pagesBetween(from, to, reportPageSize)
      if (sight.mark !== mark || next[0] !== pages[0] || next.at(-1) !== pages.at(-1)) setSight({ mark, pages: next })
    },
  }
}
