import { dehydrate, HydrationBoundary } from '@tanstack/react-query'
import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { DriftView } from '@/components/drift/drift-view'
import { getQueryClient } from '@/lib/client/query-client'
import { driftQueries } from '@/lib/client/queries/drift'
import { requireAsker } from '@/lib/server/asker'
import { readParam, requireParam } from '@/lib/server/path-param'
import { getTenancy } from '@/lib/server/tenancy'
import { may, setName } from '@/lib/tenancy/contract'
import { observeTenants } from '../../tenants/actions'
import { cancelLook, ignoreFacets } from '../actions'

type Props = { readonly params: Promise<{ readonly set: string }> }

export const generateMetadata = async ({ params }: Props): Promise<Metadata> => ({
  title: `${readParam(setName, (await params).set) ?? 'Not found'} · Drift`,
})

export default async function SetDriftPage({ params }: Props) {
  const { person } = await requireAsker('drift.read')
  const name = requireParam(setName, (await params).set)
  const tenancy = getTenancy()
  const [overview, looks] = await Promise.all([tenancy.drift.overview(), tenancy.observation.looks()])
  if (!overview.sets.some(({ set }) => set === name)) notFound()
  const client = getQueryClient()
  client.setQueryData(driftQueries.overview.queryKey, overview)
  client.setQueryData(driftQueries.looks.queryKey, looks)
  return (
    <HydrationBoundary state={dehydrate(client)}>
      <DriftView
        only={name}
        observe={may(person.role, 'targets.observe') ? observeTenants : null}
        cancelLook={may(person.role, 'targets.observe') ? cancelLook : null}
        ignore={may(person.role, 'drift.ignore') ? ignoreFacets : null}
        mayOnboard={may(person.role, 'tenants.onboard')}
      />
    </HydrationBoundary>
  )
}
