import { postedQuery } from '@/lib/server/posted-query'
import { combineReportInput } from '@/lib/tenancy/contract'

export const POST = postedQuery({ name: 'reports.combine', permission: 'reports.read', input: combineReportInput }, ({ actor, input, tenancy }) =>
  tenancy.reports.combine(actor, input),
)
