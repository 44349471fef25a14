'use client'

import { useSuspenseQuery } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { useRunLive } from '@/components/runs/use-run-live'
import { reportKeys, reportQueries } from '@/lib/client/queries/reports'
import { isFinalRun, type ReportRun } from '@/lib/tenancy/contract'
import { isBare, mayReadEarly } from './report-live-model'
import { useReads } from './use-reads'

type ReportLive = ReturnType<typeof useRunLive> & { readonly report: ReportRun }

/** A report as it stands now: the run's own stream says when there is more to read. */
export const useReportLive = (run: number): ReportLive => {
  const { data: report, dataUpdatedAt } = useSuspenseQuery(reportQueries.detail(run))
  const state = useRunLive(run)
  const { counts, state: runState } = state.live.run
  const mark = `${runState} ${counts.succeeded} ${counts.failed} ${counts.cancelled}`
  const seen = useRef(mark)
  const early = useRef(0)
  const wasBare = useRef(false)
  const readReport = useReads(run, reportKeys.detail)
  const readRows = useReads(run, reportKeys.rows)
  const isFinal = isFinalRun(runState)

  useEffect(() => {
    if (seen.current === mark) return
    seen.current = mark
    readReport(isFinal)
    readRows(isFinal)
  }, [isFinal, mark, readReport, readRows])
  const bare = isBare(runState, report.rows)
  useEffect(() => {
    // The rows that were read beside it may be those of a moment before.
    if (wasBare.current && !bare) readRows(true)
    wasBare.current = bare
    if (!bare || !mayReadEarly(early.current)) return
    early.current += 1
    readReport(true)
    readRows(true)
  }, [dataUpdatedAt, bare, readReport, readRows])

  return { ...state, report }
}
