import { query } from '@/lib/server/query'
import { reportRunsInput } from '@/lib/tenancy/contract'

export const GET = query({ name: 'reports.runs', permission: 'reports.read', input: reportRunsInput }, ({ actor, input, tenancy }) =>
  tenancy.reports.runs(actor, input),
)
