import { query } from '@/lib/server/query'
import { errorFor } from '@/lib/server/tenant-rows'
import { runInput } from '@/lib/tenancy/contract'

export const GET = query({ name: 'runs.failures', permission: 'runs.read', input: runInput }, async ({ input, person, tenancy }) => {
  const groups = await tenancy.runs.failures(input.run)
  return groups.map((group) => ({ ...group, example: errorFor(person.role, group.example) }))
})
