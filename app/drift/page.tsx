import { dehydrate, HydrationBoundary } from '@tanstack/react-query'
import type { Metadata } from 'next'
import { DriftView } from '@/components/drift/drift-view'
import { getQueryClient } from '@/lib/client/query-client'
import { driftQueries } from '@/lib/client/queries/drift'
import { requireAsker } from '@/lib/server/asker'
import { getTenancy } from '@/lib/server/tenancy'
import { may } from '@/lib/tenancy/contract'
import { observeTenants } from '../tenants/actions'
import { cancelLook, ignoreFacets } from './actions'

export const metadata: Metadata = { title: 'Drift' }

export default async function DriftPage() {
  const { person } = await requireAsker('drift.read')
  const client = getQueryClient()
  const tenancy = getTenancy()
  const [overview, looks] = await Promise.all([tenancy.drift.overview(), tenancy.observation.looks()])
  client.setQueryData(driftQueries.overview.queryKey, overview)
  client.setQueryData(driftQueries.looks.queryKey, looks)
  return (
    <HydrationBoundary state={dehydrate(client)}>
      <DriftView
        only={null}
        observe={may(person.role, 'targets.observe') ? observeTenants : null}
        cancelLook={may(person.role, 'targets.observe') ? cancelLook : null}
        ignore={may(person.role, 'drift.ignore') ? ignoreFacets : null}
        mayOnboard={may(person.role, 'tenants.onboard')}
      />
    </HydrationBoundary>
  )
}
