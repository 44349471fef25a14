'use client'

import { keepPreviousData, useQueries } from '@tanstack/react-query'
import { useState } from 'react'
import { runQueries } from '@/lib/client/queries/runs'
import type { RunItemRow } from '@/lib/tenancy/contract'
import { itemsInput, pagesOf, type ItemsView } from './run-items-model'

export type ItemRows = {
  readonly total: number | null
  readonly rowAt: (index: number) => RunItemRow | null
  readonly error: Error | null
  readonly retry: () => void
  /** Tells which rows are in sight, so that their pages are read. */
  readonly see: (first: number, last: number) => void
}

/** Rows of a list of any length: only the pages in sight are read, and stay while newer ones are on their way. */
export const useItemRows = (run: number, view: ItemsView): ItemRows => {
  const [sight, setSight] = useState<readonly [number, number]>([0, 0])
  const [known, setKnown] = useState<number | null>(null)
  const pages = pagesOf(sight[0], sight[1], known ?? 1)
  const answers = useQueries({ queries: pages.map((page) => ({ ...runQueries.itemPage(itemsInput(run, view, page)), placeholderData: keepPreviousData })) })
  const total = answers.find(({ data }) => data !== undefined)?.data?.total ?? null
  if (total !== null && total !== known) setKnown(total)

  const rows = new Map<number, RunItemRow>()
  // An answer that is kept from another page says its own offset, so that its rows never stand at wrong places.
  for (const { data } of answers) data?.rows.forEach((row, index) => rows.set(data.offset + index, row))
  return {
    total: total ?? known,
    rowAt: (index) => rows.get(index) ?? null,
    error: answers.find(({ error, data }) => error && data === undefined)?.error ?? null,
    retry: () => void Promise.all(answers.map(({ refetch }) => refetch())),
    see: (first, last) => {
      const before = pagesOf(sight[0], sight[1], known ?? 1)
      const after = pagesOf(first, last, known ?? 1)
      if (before[0] !== after[0] || before.at(-1) !== after.at(-1)) setSight([first, last])
    },
  }
}
