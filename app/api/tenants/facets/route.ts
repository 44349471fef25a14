import { query } from '@/lib/server/query'
import { tenantFilter } from '@/lib/tenancy/contract'

export const GET = query({ name: 'tenants.facets', permission: 'tenants.read', input: tenantFilter }, ({ input, tenancy }) => tenancy.tenants.facets(input))
