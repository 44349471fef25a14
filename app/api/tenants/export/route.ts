import { query } from '@/lib/server/query'
import { tenantExport } from '@/lib/server/tenant-export'
import { listTenantsInput } from '@/lib/tenancy/contract'

const input = listTenantsInput.omit({ offset: true, limit: true })

/** Every tenant that the filter finds, in the order of the page, as CSV. */
export const GET = query({ name: 'tenants.export', permission: 'tenants.read', input }, async ({ input: choice, actor, tenancy }) => {
  await tenancy.audit.record({ actor, action: 'tenants.export', subjectKind: 'fleet', subject: 'tenants', details: choice })
  return tenantExport(tenancy, choice)
})
