'use server'

import { command } from '@/lib/server/command'
import { startReportInput } from '@/lib/tenancy/contract'

export const startReport = command({ name: 'reports.start', permission: 'reports.run', input: startReportInput }, ({ actor, input, tenancy }) =>
  tenancy.reports.start(actor, input),
)
