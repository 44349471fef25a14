import { dehydrate, HydrationBoundary } from '@tanstack/react-query'
import type { Metadata } from 'next'
import { SavedReportView } from '@/components/reports/saved-report-view'
import { getQueryClient } from '@/lib/client/query-client'
import { reportKeys } from '@/lib/client/queries/reports'
import { requireAsker } from '@/lib/server/asker'
import { requireParam } from '@/lib/server/path-param'
import { foundReport } from '@/lib/server/report-for'
import { getTenancy } from '@/lib/server/tenancy'
import { may, reportRunsInput, savedReportId } from '@/lib/tenancy/contract'
import { changeReport, createReport, removeReport, restoreReport, setReportFigures, setReportSchedule, startReport, startSavedReport } from '../actions'

type Props = { readonly params: Promise<{ readonly report: string }> }

export const metadata: Metadata = { title: 'Report' }

export default async function SavedReportPage({ params }: Props) {
  const { actor, person } = await requireAsker('reports.read')
  const id = requireParam(savedReportId, (await params).report)
  const { reports, sets } = getTenancy()
  const [saved, runs] = await foundReport(Promise.all([reports.saved.get(actor, id), reports.runs(actor, reportRunsInput.parse({ report: id }))]))
  const client = getQueryClient()
  client.setQueryData(reportKeys.saved(id), saved)
  client.setQueryData(reportKeys.runs(id), { pages: [runs], pageParams: [undefined] })
  const names = may(person.role, 'sets.read') ? (await sets.list()).map(({ name }) => ({ name })) : [{ name: saved.set }]
  const actions = {
    start: startReport,
    startSaved: startSavedReport,
    create: createReport,
    change: changeReport,
    restore: restoreReport,
    remove: removeReport,
    setSchedule: setReportSchedule,
    setFigures: setReportFigures,
  }
  return (
    <HydrationBoundary state={dehydrate(client)}>
      <SavedReportView id={id} role={person.role} sets={names} actions={actions} />
    </HydrationBoundary>
  )
}
