import { z } from 'zod'
import { query } from '@/lib/server/query'
import { reportExport, reportFileFormats } from '@/lib/server/report-export'
import { runInput } from '@/lib/tenancy/contract'

const input = runInput.extend({ format: z.enum(reportFileFormats, `is none of ${reportFileFormats.join(', ')}`).default('csv') })

/** All rows as a file; the library leaves the line in the audit. */
export const GET = query({ name: 'reports.export', permission: 'reports.read', input }, async ({ actor, input: { run, format }, tenancy, request }) =>
  reportExport(tenancy, actor, await tenancy.reports.get(actor, run), format, request.signal),
)
