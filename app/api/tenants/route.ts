import { query } from '@/lib/server/query'
import { listTenantsInput } from '@/lib/tenancy/contract'

export const GET = query({ name: 'tenants.list', permission: 'tenants.read', input: listTenantsInput }, ({ input, tenancy }) => tenancy.tenants.list(input))
