import { query } from '@/lib/server/query'
import { failedFor } from '@/lib/server/tenant-rows'
import { tenantInput } from '@/lib/tenancy/contract'

export const GET = query({ name: 'tenants.get', permission: 'tenants.read', input: tenantInput }, async ({ input, person, tenancy }) => {
  const tenant = await tenancy.tenants.get(input.slug)
  return { ...tenant, runs: failedFor(person.role, tenant.runs) }
})
