import { dehydrate, HydrationBoundary } from '@tanstack/react-query'
import type { Metadata } from 'next'
import { SetList } from '@/components/migrations/set-list'
import { getQueryClient } from '@/lib/client/query-client'
import { setKeys } from '@/lib/client/queries/migrations'
import { requireAsker } from '@/lib/server/asker'
import { getTenancy } from '@/lib/server/tenancy'
import { may } from '@/lib/tenancy/contract'
import { syncSet } from './actions'

export const metadata: Metadata = { title: 'Migrations' }

export default async function MigrationsPage() {
  const { person } = await requireAsker('sets.read')
  const { sets, databases } = getTenancy()
  const [list, places] = await Promise.all([sets.list(), databases.list()])
  const client = getQueryClient()
  client.setQueryData(setKeys.list, list)
  return (
    <HydrationBoundary state={dehydrate(client)}>
      <SetList sync={may(person.role, 'sets.sync') ? syncSet : null} databases={places.map(({ name }) => name)} />
    </HydrationBoundary>
  )
}
