import { dehydrate, HydrationBoundary } from '@tanstack/react-query'
import type { Metadata } from 'next'
import { DatabaseList } from '@/components/databases/database-list'
import { getQueryClient } from '@/lib/client/query-client'
import { databaseKeys } from '@/lib/client/queries/databases'
import { requireAsker } from '@/lib/server/asker'
import { getTenancy } from '@/lib/server/tenancy'
import { may } from '@/lib/tenancy/contract'
import { addDatabase, changeDatabaseUrl, checkDatabase, removeDatabase, setBudget, setNotes } from './actions'

export const metadata: Metadata = { title: 'Databases' }

export default async function DatabasesPage() {
  const { person } = await requireAsker('databases.read')
  const client = getQueryClient()
  client.setQueryData(databaseKeys.all, await getTenancy().databases.list())
  const actions = { check: checkDatabase, add: addDatabase, changeUrl: changeDatabaseUrl, setBudget, setNotes, remove: removeDatabase }
  return (
    <HydrationBoundary state={dehydrate(client)}>
      <DatabaseList actions={may(person.role, 'databases.manage') ? actions : null} />
    </HydrationBoundary>
  )
}
