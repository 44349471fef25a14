import { query } from '@/lib/server/query'
import { savedReportInput } from '@/lib/tenancy/contract'

export const GET = query({ name: 'reports.saved.get', permission: 'reports.read', input: savedReportInput }, ({ actor, input, tenancy }) =>
  tenancy.reports.saved.get(actor, input.report),
)
