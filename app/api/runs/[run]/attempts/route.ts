import { query } from '@/lib/server/query'
import { runInput, tenantInput } from '@/lib/tenancy/contract'

const input = runInput.extend(tenantInput.shape)

export const GET = query({ name: 'runs.attempts', permission: 'runs.read', input }, ({ input: { run, slug }, tenancy }) => tenancy.runs.attempts(run, slug))
