import { dehydrate, HydrationBoundary } from '@tanstack/react-query'
import type { Metadata } from 'next'
import { RunList } from '@/components/runs/run-list'
import { runSearch, statesOf } from '@/components/runs/run-list-model'
import { WrongAddress } from '@/components/ui/wrong-address'
import { getQueryClient } from '@/lib/client/query-client'
import { runKeys } from '@/lib/client/queries/runs'
import { requireAsker } from '@/lib/server/asker'
import { readSearch, type SearchProps } from '@/lib/server/page-props'
import { getTenancy } from '@/lib/server/tenancy'
import { may, runListInput } from '@/lib/tenancy/contract'

export const metadata: Metadata = { title: 'Runs' }

export default async function RunsPage({ searchParams }: SearchProps) {
  const { person } = await requireAsker('runs.read')
  const { input, error } = readSearch(runSearch, await searchParams)
  if (error !== null) return <WrongAddress title="Runs" error={error} path="/runs" />
  const filter = { state: statesOf(input.state ?? 'all'), set: input.set }
  const client = getQueryClient()
  client.setQueryData(runKeys.list(filter), { pages: [await getTenancy().runs.list(runListInput.parse(filter))], pageParams: [undefined] })
  return (
    <HydrationBoundary state={dehydrate(client)}>
      <RunList mayStart={may(person.role, 'runs.start')} />
    </HydrationBoundary>
  )
}
