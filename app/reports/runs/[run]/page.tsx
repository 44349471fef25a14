import { dehydrate, HydrationBoundary } from '@tanstack/react-query'
import type { Metadata } from 'next'
import { ReportRunView } from '@/components/reports/report-run-view'
import { readView } from '@/components/reports/rows-view'
import { getQueryClient } from '@/lib/client/query-client'
import { plainRows, reportKeys, reportPageSize } from '@/lib/client/queries/reports'
import { runKeys } from '@/lib/client/queries/runs'
import { requireAsker } from '@/lib/server/asker'
import { unlessGone } from '@/lib/server/found'
import { toSearchParams, type SearchProps } from '@/lib/server/page-props'
import { requireParam } from '@/lib/server/path-param'
import { foundReport, reportFor } from '@/lib/server/report-for'
import { getTenancy } from '@/lib/server/tenancy'
import { reportRowsInput, runId } from '@/lib/tenancy/contract'
import { cancelBlocker, cancelRun, pauseRun, rerunRun, resumeRun, retryRun, terminateBlocker } from '../../../runs/actions'
import { changeReport } from '../../actions'

type Props = SearchProps & { readonly params: Promise<{ readonly run: string }> }

export const generateMetadata = async ({ params }: Props): Promise<Metadata> => ({ title: `Report ${(await params).run}` })

export default async function ReportRunPage({ params, searchParams }: Props) {
  const { actor, person } = await requireAsker('reports.read')
  const id = requireParam(runId, (await params).run)
  const { runs, reports } = getTenancy()
  const [report, run, map] = await foundReport(Promise.all([reports.get(actor, id), runs.get(id), runs.map(id)]))
  const client = getQueryClient()
  client.setQueryData(reportKeys.detail(id), reportFor(person.role, report))
  client.setQueryData(runKeys.detail(id), run)
  client.setQueryData(runKeys.map(id), map)
  const { q, sort } = readView(toSearchParams(await searchParams), report.columns)
  // What somebody looks for is asked by the page itself.
  if (!report.isExpired && q === '' && sort === null) {
    // What is lost is said by the table, which asks again.
    const rows = await unlessGone(reports.rows(actor, reportRowsInput.parse({ run: id, limit: reportPageSize })), 'report.lost')
    if (rows !== null) client.setQueryData(reportKeys.page(id, plainRows, 0), rows)
  }
  const actions = { pause: pauseRun, resume: resumeRun, cancel: cancelRun, retry: retryRun, rerun: rerunRun, cancelBlocker, terminateBlocker }
  return (
    <HydrationBoundary state={dehydrate(client)}>
      <ReportRunView run={id} role={person.role} actions={actions} change={changeReport} />
    </HydrationBoundary>
  )
}
