import { HydrationBoundary, dehydrate } from '@tanstack/react-query'
import type { Metadata } from 'next'
import { filterOf, loadTenantSearch } from '@/components/tenants/tenant-search'
import { TenantsView } from '@/components/tenants/tenants-view'
import { getQueryClient } from '@/lib/client/query-client'
import { tenantFacetsQuery, tenantPageQuery, tenantPageSize } from '@/lib/client/tenants'
import { requireAsker } from '@/lib/server/asker'
import { getTenancy } from '@/lib/server/tenancy'
import { listTenantsInput, tenantFilter } from '@/lib/tenancy/contract'
import { activateTenants, observeTenants, suspendTenants } from './actions'

export const metadata: Metadata = { title: 'Tenants' }

type Props = { readonly searchParams: Promise<Record<string, string | string[] | undefined>> }

export default async function TenantsPage({ searchParams }: Props) {
  const { person } = await requireAsker('tenants.read')
  const search = loadTenantSearch(await searchParams)
  const filter = filterOf(search)
  const order = { sort: search.sort, descending: search.descending }
  const client = getQueryClient()
  const parsed = tenantFilter.safeParse(filter)
  // What the address says wrong is refused by the handler, in words, when the table asks.
  if (parsed.success) {
    const { tenants } = getTenancy()
    await Promise.all([
      client.prefetchQuery({
        ...tenantPageQuery(filter, order, 0),
        queryFn: () => tenants.list(listTenantsInput.parse({ ...parsed.data, ...order, limit: tenantPageSize })),
      }),
      client.prefetchQuery({ ...tenantFacetsQuery(filter), queryFn: () => tenants.facets(parsed.data) }),
    ])
  }
  return (
    <HydrationBoundary state={dehydrate(client)}>
      <TenantsView role={person.role} actions={{ suspend: suspendTenants, activate: activateTenants, observe: observeTenants }} />
    </HydrationBoundary>
  )
}
