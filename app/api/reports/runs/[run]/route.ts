import { query } from '@/lib/server/query'
import { reportFor } from '@/lib/server/report-for'
import { runInput } from '@/lib/tenancy/contract'

export const GET = query({ name: 'reports.get', permission: 'reports.read', input: runInput }, async ({ actor, input, person, tenancy }) =>
  reportFor(person.role, await tenancy.reports.get(actor, input.run)),
)
