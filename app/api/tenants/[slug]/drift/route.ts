import { query } from '@/lib/server/query'
import { tenantInput } from '@/lib/tenancy/contract'

export const GET = query({ name: 'drift.target', permission: 'drift.read', input: tenantInput }, ({ input, tenancy }) => tenancy.drift.target(input.slug))
