import { query } from '@/lib/server/query'
import { runListInput } from '@/lib/tenancy/contract'

export const GET = query({ name: 'runs.list', permission: 'runs.read', input: runListInput }, ({ input, tenancy }) => tenancy.runs.list(input))
