import { dehydrate, HydrationBoundary } from '@tanstack/react-query'
import type { Metadata } from 'next'
import { ReportsView } from '@/components/reports/reports-view'
import { getQueryClient } from '@/lib/client/query-client'
import { reportKeys } from '@/lib/client/queries/reports'
import { requireAsker } from '@/lib/server/asker'
import { getTenancy } from '@/lib/server/tenancy'
import { reportRunsInput } from '@/lib/tenancy/contract'

export const metadata: Metadata = { title: 'Reports' }

export default async function ReportsPage() {
  const { actor, person } = await requireAsker('reports.read')
  const client = getQueryClient()
  const { reports } = getTenancy()
  const [saved, runs] = await Promise.all([reports.saved.list(actor), reports.runs(actor, reportRunsInput.parse({}))])
  client.setQueryData(reportKeys.list, saved)
  client.setQueryData(reportKeys.runs(null), { pages: [runs], pageParams: [undefined] })
  return (
    <HydrationBoundary state={dehydrate(client)}>
      <ReportsView role={person.role} />
    </HydrationBoundary>
  )
}
