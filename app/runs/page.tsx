import { dehydrate, HydrationBoundary } from '@tanstack/react-query'
import type { Metadata } from 'next'
import { RunList } from '@/components/runs/run-list'
import { readFilter, statesOf } from '@/components/runs/run-list-model'
import { getQueryClient } from '@/lib/client/query-client'
import { runKeys } from '@/lib/client/queries/runs'
import { requireAsker } from '@/lib/server/asker'
import { toSearchParams, type SearchProps } from '@/lib/server/page-props'
import { getTenancy } from '@/lib/server/tenancy'
import { may, runListInput } from '@/lib/tenancy/contract'

export const metadata: Metadata = { title: 'Runs' }

export default async function RunsPage({ searchParams }: SearchProps) {
  const { person } = await requireAsker('runs.read')
  const search = toSearchParams(await searchParams)
  const filter = { state: statesOf(readFilter(search.get('state'))), set: search.get('set') ?? undefined }
  const parsed = runListInput.safeParse(filter)
  const client = getQueryClient()
  // A set's name that cannot be one is left to the list, which says so.
  if (parsed.success) client.setQueryData(runKeys.list(filter), { pages: [await getTenancy().runs.list(parsed.data)], pageParams: [undefined] })
  return (
    <HydrationBoundary state={dehydrate(client)}>
      <RunList mayStart={may(person.role, 'runs.start')} />
    </HydrationBoundary>
  )
}
