import { dehydrate, HydrationBoundary } from '@tanstack/react-query'
import type { Metadata } from 'next'
import { SetView } from '@/components/migrations/set-view'
import { getQueryClient } from '@/lib/client/query-client'
import { setKeys } from '@/lib/client/queries/migrations'
import { requireAsker } from '@/lib/server/asker'
import { found } from '@/lib/server/found'
import { readParam, requireParam } from '@/lib/server/path-param'
import { getTenancy } from '@/lib/server/tenancy'
import { may, setName } from '@/lib/tenancy/contract'
import { setPool, syncSet } from '../actions'

type Props = { readonly params: Promise<{ readonly set: string }> }

export const generateMetadata = async ({ params }: Props): Promise<Metadata> => ({
  title: `${readParam(setName, (await params).set) ?? 'Not found'} · Migrations`,
})

export default async function SetPage({ params }: Props) {
  const { person } = await requireAsker('sets.read')
  const { sets, databases } = getTenancy()
  const [set, places] = await Promise.all([found(sets.get(requireParam(setName, (await params).set))), databases.list()])
  const client = getQueryClient()
  client.setQueryData(setKeys.set(set.name), set)
  return (
    <HydrationBoundary state={dehydrate(client)}>
      <SetView
        name={set.name}
        sync={may(person.role, 'sets.sync') ? syncSet : null}
        setPool={may(person.role, 'sets.pool') ? setPool : null}
        databases={places.map(({ name }) => name)}
        mayStart={may(person.role, 'runs.start')}
      />
    </HydrationBoundary>
  )
}
