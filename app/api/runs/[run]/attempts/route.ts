import { query } from '@/lib/server/query'
import { failedFor } from '@/lib/server/tenant-rows'
import { runInput, tenantInput } from '@/lib/tenancy/contract'

const input = runInput.extend(tenantInput.shape)

export const GET = query({ name: 'runs.attempts', permission: 'runs.read', input }, async ({ input: { run, slug }, person, tenancy }) =>
  failedFor(person.role, await tenancy.runs.attempts(run, slug)),
)
