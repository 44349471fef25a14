import { dehydrate, HydrationBoundary } from '@tanstack/react-query'
import type { Metadata } from 'next'
import { DriftView } from '@/components/drift/drift-view'
import { getQueryClient } from '@/lib/client/query-client'
import { driftQueries } from '@/lib/client/queries/drift'
import { requireAsker } from '@/lib/server/asker'
import { getTenancy } from '@/lib/server/tenancy'
import { may } from '@/lib/tenancy/contract'
import { observeTenants } from '../tenants/actions'
import { ignoreFacets } from './actions'

export const metadata: Metadata = { title: 'Drift' }

export default async function DriftPage() {
  const { person } = await requireAsker('drift.read')
  const client = getQueryClient()
  client.setQueryData(driftQueries.overview.queryKey, await getTenancy().drift.overview())
  return (
    <HydrationBoundary state={dehydrate(client)}>
      <DriftView
        only={null}
        observe={may(person.role, 'targets.observe') ? observeTenants : null}
        ignore={may(person.role, 'drift.ignore') ? ignoreFacets : null}
        mayOnboard={may(person.role, 'tenants.onboard')}
      />
    </HydrationBoundary>
  )
}
