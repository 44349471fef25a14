'use client'

import { useQueryClient, useSuspenseQuery } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { useRunLive } from '@/components/runs/use-run-live'
import { reportKeys, reportQueries } from '@/lib/client/queries/reports'
import type { ReportRun } from '@/lib/tenancy/contract'

/** What has come meanwhile is read again at most this often; the first of it at once. */
const betweenMs = 900

type ReportLive = ReturnType<typeof useRunLive> & { readonly report: ReportRun }

/** A report as it stands now: the run's own stream says when there is more to read. */
export const useReportLive = (run: number): ReportLive => {
  const client = useQueryClient()
  const { data: report } = useSuspenseQuery(reportQueries.detail(run))
  const state = useRunLive(run)
  const { counts, state: runState } = state.live.run
  const mark = `${runState} ${counts.succeeded} ${counts.failed} ${counts.cancelled}`
  const seen = useRef(mark)
  const readAt = useRef(0)
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined)

  useEffect(() => {
    if (seen.current === mark) return
    seen.current = mark
    timer.current ??= setTimeout(
      () => {
        timer.current = undefined
        readAt.current = performance.now()
        void client.invalidateQueries({ queryKey: reportKeys.detail(run) })
        void client.invalidateQueries({ queryKey: reportKeys.rows(run) })
      },
      Math.max(0, readAt.current + betweenMs - performance.now()),
    )
  }, [client, mark, run])
  useEffect(() => () => clearTimeout(timer.current), [])

  return { ...state, report }
}
