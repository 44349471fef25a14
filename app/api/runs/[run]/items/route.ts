import { query } from '@/lib/server/query'
import { failedFor } from '@/lib/server/tenant-rows'
import { runItemsInput } from '@/lib/tenancy/contract'

export const GET = query({ name: 'runs.items', permission: 'runs.read', input: runItemsInput }, async ({ input, person, tenancy }) => {
  const page = await tenancy.runs.items(input)
  return { ...page, rows: failedFor(person.role, page.rows) }
})
