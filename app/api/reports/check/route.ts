import { postedQuery } from '@/lib/server/posted-query'
import { checkReportInput } from '@/lib/tenancy/contract'

/** Reads the text and asks no tenant: whoever may run a report that is kept fills in its parameters. */
export const POST = postedQuery({ name: 'reports.check', permission: 'reports.run_saved', input: checkReportInput }, ({ input, tenancy }) =>
  tenancy.reports.check(input),
)
