'use client'

import { useQueryClient, useSuspenseQuery } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { runKeys, runQueries } from '@/lib/client/queries/runs'
import { useEventStream, type StreamStatus } from '@/lib/client/use-event-stream'
import { isFinalRun, type RunEvent } from '@/lib/tenancy/contract'
import { applyRunEvent, liveFrom, staleAfter, type RunLive } from './run-live-model'

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
  const again = useRef<{ readonly keys: Map<string, readonly unknown[]>; timer: ReturnType<typeof setTimeout> | undefined }>({
    keys: new Map(),
    timer: undefined,
  })
  useEffect(() => () => clearTimeout(again.current.timer), [])

  const readAgain = (key: readonly unknown[]): void => {
    again.current.keys.set(key.join('/'), key)
    again.current.timer ??= setTimeout(() => {
      again.current.timer = undefined
      for (const queryKey of again.current.keys.values()) void client.invalidateQueries({ queryKey })
      again.current.keys.clear()
    }, settleMs)
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
        readAgain(runKeys.items(run.id))
        readAgain(runKeys.attemptsOf(run.id))
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

  // A lost stream may mean that the console says no: signed out, role taken away. Reading the run tells.
  useEffect(() => {
    if (isOpen && status === 'lost') void client.invalidateQueries({ queryKey: runKeys.detail(id) })
  }, [client, id, isOpen, status])

  return { live: { ...liveFrom(run, map), ...(isOpen ? pace : still) }, status: isOpen ? status : null, refusal }
}
