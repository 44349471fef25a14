import { query } from '@/lib/server/query'
import { runInput } from '@/lib/tenancy/contract'

export const GET = query({ name: 'runs.failures', permission: 'runs.read', input: runInput }, ({ input, tenancy }) =>
  tenancy.runs.failures(input.run),
)
