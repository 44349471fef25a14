import { query } from '@/lib/server/query'
import { checkSlugInput } from '@/lib/tenancy/contract'

export const GET = query({ name: 'tenants.checkSlug', permission: 'tenants.onboard', input: checkSlugInput }, ({ input, tenancy }) =>
  tenancy.tenants.checkSlug(input.slug),
)
