import { query } from '@/lib/server/query'
import { tenantInput } from '@/lib/tenancy/contract'

export const GET = query({ name: 'tenants.get', permission: 'tenants.read', input: tenantInput }, ({ input, tenancy }) => tenancy.tenants.get(input.slug))
