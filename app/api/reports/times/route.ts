import { query } from '@/lib/server/query'
import { reportTimesInput } from '@/lib/tenancy/contract'

/** When a schedule would come next. */
export const GET = query({ name: 'reports.saved.times', permission: 'reports.read', input: reportTimesInput }, ({ input, tenancy }) =>
  tenancy.reports.saved.times(input),
)
