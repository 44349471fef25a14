import { z } from 'zod'
import { postedQuery } from '@/lib/server/posted-query'
import { query } from '@/lib/server/query'
import { combinedExport, reportExport, reportFileFormats } from '@/lib/server/report-export'
import { combineReportInput, runInput } from '@/lib/tenancy/contract'

const format = z.enum(reportFileFormats, `is none of ${reportFileFormats.join(', ')}`).default('csv')

/** All rows as a file; the library leaves the line in the audit. */
export const GET = query(
  { name: 'reports.export', permission: 'reports.read', input: runInput.extend({ format }) },
  async ({ actor, input: { run, format: chosen }, tenancy, request }) =>
    reportExport(tenancy, actor, await tenancy.reports.get(actor, run), chosen, request.signal),
)

/** All rows that a second SELECT makes of them: its text is too long for an address. */
export const POST = postedQuery(
  { name: 'reports.export-combined', permission: 'reports.read', input: combineReportInput.extend({ format }) },
  ({ actor, input, tenancy, request }) => combinedExport(tenancy, actor, input, request.signal),
)
