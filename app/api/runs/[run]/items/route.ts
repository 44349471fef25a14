import { query } from '@/lib/server/query'
import { runItemsInput } from '@/lib/tenancy/contract'

export const GET = query({ name: 'runs.items', permission: 'runs.read', input: runItemsInput }, ({ input, tenancy }) => tenancy.runs.items(input))
