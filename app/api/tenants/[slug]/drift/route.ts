import { query } from '@/lib/server/query'
import { changesFor } from '@/lib/server/tenant-rows'
import { tenantInput } from '@/lib/tenancy/contract'

export const GET = query({ name: 'drift.target', permission: 'drift.read', input: tenantInput }, async ({ input, person, tenancy }) =>
  (await tenancy.drift.target(input.slug)).map((target) => changesFor(person.role, target)),
)
