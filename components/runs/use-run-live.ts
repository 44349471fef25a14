'use client'

import { useQueryClient, useSuspenseQuery, type QueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { runKeys, runQueries } from '@/lib/client/queries/runs'
import { useEventStream, type StreamStatus } from '@/lib/client/use-event-stream'
import { isFinalRun, type RunEvent, type RunItemPage, type RunItemsInput, type RunMap } from '@/lib/tenancy/contract'
import { applyRunEvent, changedItems, isPageStale, liveFrom, staleAfter, type ChangedItems, type RunLive } from './run-live-model'

const nothing: ChangedItems = new Set()

/** What is to be read again when the next moment has come. */
type Again = { readonly keys: Map<string, readonly unknown[]>; items: ChangedItems; timer: ReturnType<typeof setTimeout> | undefined }

/** Of the pages of items those that a change could show on, and the attempts of the items that changed: a run of 10,000 changes several times a second. */
const readItemsAgain = (client: QueryClient, run: number, changed: ChangedItems): void => {
  void client.invalidateQueries({
    queryKey: runKeys.items(run),
    predicate: ({ queryKey, state }) => isPageStale(changed, queryKey[3] as RunItemsInput, state.data as RunItemPage | undefined),
  })
  const slugs = client.getQueryData<RunMap>(runKeys.map(run))?.slugs ?? []
  void client.invalidateQueries({
    queryKey: runKeys.attemptsOf(run),
    predicate: ({ queryKey }) => changed === 'all' || changed.has(slugs.indexOf(String(queryKey[3])) + 1),
  })
}

type Pace = { readonly rate: number | null; readonly etaMs: number | null }
const still: Pace = { rate: null, etaMs: null }

/** Rows and failures are read again at most this often, however many items settle. */
const settleMs = 1200

/**
 * A run as it is now: what the page was drawn from, moved on by the run's event stream until it is final.
 * `status` is null for a final run, where nothing more can come.
 */
export const useRunLive = (id: number): { readonly live: RunLive; readonly status: StreamStatus | null; readonly refusal: Error | null } => {
  const client = useQueryClient()
  const { data: run, error: refusal } = useSuspenseQuery(runQueries.detail(id))
  const { data: map } = useSuspenseQuery(runQueries.map(id))
  const [pace, setPace] = useState<Pace>(still)
  const [since] = useState(map.revision)
  const again = useRef<Again>({ keys: new Map(), items: nothing, timer: undefined })
  useEffect(() => () => clearTimeout(again.current.timer), [])

  const readSoon = (): void => {
    again.current.timer ??= setTimeout(() => {
      const { keys, items } = again.current
      again.current = { keys: new Map(), items: nothing, timer: undefined }
      for (const queryKey of keys.values()) void client.invalidateQueries({ queryKey })
      if (items === 'all' || items.size > 0) readItemsAgain(client, id, items)
    }, settleMs)
  }
  const readAgain = (key: readonly unknown[]): void => {
    again.current.keys.set(key.join('/'), key)
    readSoon()
  }

  const isOpen = !isFinalRun(run.state)
  const status = useEventStream<RunEvent>({
    url: isOpen ? `/api/runs/${run.id}/events?after=${since}` : null,
    onMessage: (event) => {
      // From the cache and not from the last drawing: several messages may come before React draws again.
      const before = liveFrom(client.getQueryData(runKeys.detail(run.id)) ?? run, client.getQueryData(runKeys.map(run.id)) ?? map)
      const after = applyRunEvent(before, event)
      if (after === before) return
      client.setQueryData(runKeys.detail(run.id), after.run)
      client.setQueryData(runKeys.map(run.id), { revision: after.revision, letters: after.letters, slugs: after.slugs })
      setPace({ rate: after.rate, etaMs: after.etaMs })
      const stale = staleAfter(before, event)
      if (stale.detail) readAgain(runKeys.detail(run.id))
      if (stale.items) {
        again.current.items = changedItems(again.current.items, event)
        readSoon()
      }
    },
  })

  // By what is known and not by the message: reading the run again may have brought the number before the stream did.
  const failures = `${run.state} ${run.counts.failed}`
  const grouped = useRef(failures)
  useEffect(() => {
    if (grouped.current === failures) return
    grouped.current = failures
    readAgain(runKeys.failures(id))
  })

  // Targets are read back when nothing comes by the stream any more.
  const differing = useRef(run.different)
  useEffect(() => {
    if (differing.current === run.different) return
    differing.current = run.different
    void client.invalidateQueries({ queryKey: runKeys.items(id) })
  }, [client, id, run.different])

  // A lost stream may mean that the console says no: signed out, role taken away. Reading the run tells.
  useEffect(() => {
    if (isOpen && status === 'lost') void client.invalidateQueries({ queryKey: runKeys.detail(id) })
  }, [client, id, isOpen, status])

  return { live: { ...liveFrom(run, map), ...(isOpen ? pace : still) }, status: isOpen ? status : null, refusal }
}
