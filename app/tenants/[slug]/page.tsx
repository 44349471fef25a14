import { HydrationBoundary, dehydrate } from '@tanstack/react-query'
import type { Metadata } from 'next'
import { TenantView } from '@/components/tenants/tenant-view'
import { getQueryClient } from '@/lib/client/query-client'
import { driftQueries } from '@/lib/client/queries/drift'
import { tenantDetailQuery } from '@/lib/client/tenants'
import { requireAsker } from '@/lib/server/asker'
import { found } from '@/lib/server/found'
import { readParam, requireParam } from '@/lib/server/path-param'
import { getTenancy } from '@/lib/server/tenancy'
import { changesFor, failedFor } from '@/lib/server/tenant-rows'
import { anySlug } from '@/lib/tenancy/contract'
import { activateTenants, discardTenant, observeTenants, suspendTenants, updateTenant } from '../actions'

type Props = { readonly params: Promise<{ readonly slug: string }> }

export const generateMetadata = async ({ params }: Props): Promise<Metadata> => ({ title: readParam(anySlug, (await params).slug) ?? 'Not found' })

export default async function TenantPage({ params }: Props) {
  const { person } = await requireAsker('tenants.read')
  const slug = requireParam(anySlug, (await params).slug)
  const client = getQueryClient()
  const { tenants, drift } = getTenancy()
  const [tenant, targets] = await found(Promise.all([tenants.get(slug), drift.target(slug)]))
  client.setQueryData(tenantDetailQuery(slug).queryKey, { ...tenant, runs: failedFor(person.role, tenant.runs) })
  client.setQueryData(
    driftQueries.target(slug).queryKey,
    targets.map((target) => changesFor(person.role, target)),
  )
  return (
    <HydrationBoundary state={dehydrate(client)}>
      <TenantView
        slug={slug}
        role={person.role}
        commands={{ suspend: suspendTenants, activate: activateTenants, observe: observeTenants, update: updateTenant, discard: discardTenant }}
      />
    </HydrationBoundary>
  )
}
