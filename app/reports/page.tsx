import { dehydrate, HydrationBoundary } from '@tanstack/react-query'
import type { Metadata } from 'next'
import { ReportsView } from '@/components/reports/reports-view'
import { getQueryClient } from '@/lib/client/query-client'
import { reportKeys } from '@/lib/client/queries/reports'
import { requireAsker } from '@/lib/server/asker'
import { getTenancy } from '@/lib/server/tenancy'
import { may, reportRunsInput } from '@/lib/tenancy/contract'
import { setReportRetention } from './actions'

export const metadata: Metadata = { title: 'Reports' }

export default async function ReportsPage() {
  const { actor, person } = await requireAsker('reports.read')
  const client = getQueryClient()
  const { reports } = getTenancy()
  const [saved, runs, retention] = await Promise.all([reports.saved.list(actor), reports.runs(actor, reportRunsInput.parse({})), reports.retention.get()])
  client.setQueryData(reportKeys.list, saved)
  client.setQueryData(reportKeys.retention, retention)
  client.setQueryData(reportKeys.runs(null), { pages: [runs], pageParams: [undefined] })
  return (
    <HydrationBoundary state={dehydrate(client)}>
      <ReportsView role={person.role} setRetention={may(person.role, 'reports.keep') ? setReportRetention : null} />
    </HydrationBoundary>
  )
}
