import { query } from '@/lib/server/query'
import { blockersFor } from '@/lib/server/tenant-rows'
import { blockersInput } from '@/lib/tenancy/contract'

export const GET = query({ name: 'runs.blockers', permission: 'runs.read', input: blockersInput }, async ({ input: { run, slug }, person, tenancy }) =>
  blockersFor(person.role, await tenancy.runs.blockers(run, slug)),
)
