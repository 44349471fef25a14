import { query } from '@/lib/server/query'
import { setName, tenantInput } from '@/lib/tenancy/contract'

/** Reads the target's own database, which may take a moment: asked for after the page is there. */
export const GET = query({ name: 'tenants.inspect', permission: 'tenants.read', input: tenantInput.extend({ set: setName }) }, ({ input, tenancy }) =>
  tenancy.tenants.inspect(input.slug, input.set),
)
