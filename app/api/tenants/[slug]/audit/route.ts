import { query } from '@/lib/server/query'
import { tenantInput } from '@/lib/tenancy/contract'

const newest = 50

export const GET = query({ name: 'tenants.audit', permission: 'audit.read', input: tenantInput }, async ({ input, tenancy }) => {
  const { rows } = await tenancy.audit.list({ subjectKind: 'tenant', subjectExact: input.slug, limit: newest })
  return rows
})
