import { postedQuery } from '@/lib/server/posted-query'
import { checkReportInput } from '@/lib/tenancy/contract'

export const POST = postedQuery({ name: 'reports.check', permission: 'reports.run', input: checkReportInput }, ({ input, tenancy }) =>
  tenancy.reports.check(input),
)
