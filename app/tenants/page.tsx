import { HydrationBoundary, dehydrate } from '@tanstack/react-query'
import type { Metadata } from 'next'
import { filterOf, loadTenantSearch } from '@/components/tenants/tenant-search'
import { TenantsView } from '@/components/tenants/tenants-view'
import { WrongAddress } from '@/components/ui/wrong-address'
import { getQueryClient } from '@/lib/client/query-client'
import { tenantFacetsQuery, tenantPageQuery, tenantPageSize } from '@/lib/client/tenants'
import { requireAsker } from '@/lib/server/asker'
import { readSearch, type SearchProps } from '@/lib/server/page-props'
import { getTenancy } from '@/lib/server/tenancy'
import { listTenantsInput, tenantFilter } from '@/lib/tenancy/contract'
import { activateTenants, observeTenants, suspendTenants } from './actions'

export const metadata: Metadata = { title: 'Tenants' }

export default async function TenantsPage({ searchParams }: SearchProps) {
  const { person } = await requireAsker('tenants.read')
  const params = await searchParams
  const { error } = readSearch(listTenantsInput, params)
  if (error !== null) return <WrongAddress title="Tenants" error={error} path="/tenants" />
  const search = loadTenantSearch(params)
  const filter = filterOf(search)
  const order = { sort: search.sort, descending: search.descending }
  const client = getQueryClient()
  const { tenants } = getTenancy()
  await Promise.all([
    client.prefetchQuery({
      ...tenantPageQuery(filter, order, 0),
      queryFn: () => tenants.list(listTenantsInput.parse({ ...filter, ...order, limit: tenantPageSize })),
    }),
    client.prefetchQuery({ ...tenantFacetsQuery(filter), queryFn: () => tenants.facets(tenantFilter.parse(filter)) }),
  ])
  return (
    <HydrationBoundary state={dehydrate(client)}>
      <TenantsView role={person.role} actions={{ suspend: suspendTenants, activate: activateTenants, observe: observeTenants }} />
    </HydrationBoundary>
  )
}
