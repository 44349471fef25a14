'use client'

import { useInfiniteQuery, useQueryClient, useSuspenseQuery } from '@tanstack/react-query'
import { Suspense } from 'react'
import { Page } from '@/components/ui/page-header'
import { Skeleton, SkeletonRows } from '@/components/ui/skeleton'
import { reportKeys, reportQueries } from '@/lib/client/queries/reports'
import { may, type Role, type SavedReport } from '@/lib/tenancy/contract'
import { FiguresPanel } from './figures-panel'
import type { SavedReportActions, StartReport } from './report-actions'
import { ReportForm } from './report-form'
import { ReportRuns } from './report-runs'
import { SchedulePanel } from './schedule-panel'
import { SavedHeader } from './saved-header'
import { isOtherText, notNow } from './saved-model'
import { TrialPanel } from './trial-panel'
import { useBegun } from './use-begun'
import { useInBrowser } from './use-draft'

type Props = {
  readonly id: number
  readonly role: Role
  readonly sets: ReadonlyArray<{ readonly name: string }>
  readonly actions: SavedReportActions
}

/** A saved report: its text, its tenants, its runs; what of it may be changed depends on who asks. */
export function SavedReportView(props: Props) {
  const { data: saved } = useSuspenseQuery(reportQueries.saved(props.id))
  const client = useQueryClient()
  const inBrowser = useInBrowser()
  const refresh = (): void => void client.invalidateQueries({ queryKey: reportKeys.all })
  return (
    <Page>
      {inBrowser ? <Writing {...props} read={saved} /> : <Skeleton className="h-96 w-full rounded-lg" />}
      <div className="grid items-start gap-4 lg:grid-cols-2">
        <SchedulePanel saved={saved} set={props.actions.setSchedule} onChanged={refresh} />
        <FiguresPanel saved={saved} set={props.actions.setFigures} onChanged={refresh} />
      </div>
      <Runs id={props.id} />
    </Page>
  )
}

function Writing({ id, role, sets, actions, read }: Props & { readonly read: SavedReport }) {
  const client = useQueryClient()
  const writing = useBegun(read)
  const { saved, draft, change } = writing
  const mayWrite = may(role, 'reports.run')
  const refresh = (): void => void client.invalidateQueries({ queryKey: reportKeys.runs(id) })
  // A text that is not saved is nobody's: its run belongs to no report.
  const start: StartReport = ({ params, selection, sample, ...text }) =>
    mayWrite && isOtherText(saved, draft)
      ? actions.start({ params, selection, sample, ...text })
      : actions.startSaved({ report: id, params, selection, sample })
  return (
    <>
      <SavedHeader writing={writing} actions={actions} mayCreate={mayWrite} />
      <ReportForm
        sets={sets}
        draft={draft}
        onDraft={change}
        start={start}
        tryOn={mayWrite ? actions.start : start}
        mayChange={mayWrite || saved.mayChange}
        notNow={notNow(saved, draft, mayWrite)}
        onStarted={refresh}
      />
      {draft.trial === null ? null : (
        <Suspense key={draft.trial} fallback={<SkeletonRows rows={5} className="rounded-lg border border-line bg-surface" />}>
          <TrialPanel run={draft.trial} role={role} sql={draft.sql} missing={draft.missing} onClose={() => change({ trial: null })} />
        </Suspense>
      )}
    </>
  )
}

function Runs({ id }: { readonly id: number }) {
  const { data } = useInfiniteQuery(reportQueries.runs(id))
  const rows = data?.pages.flatMap((page) => page.rows) ?? []
  if (rows.length === 0) return null
  return (
    <section aria-label="Its runs" className="flex flex-col gap-2">
      <h2 className="text-sm font-semibold">Its runs</h2>
      <ReportRuns rows={rows} isNamed={false} />
    </section>
  )
}
