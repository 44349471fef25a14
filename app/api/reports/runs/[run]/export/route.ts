import { z } from 'zod'
import { query } from '@/lib/server/query'
import { reportExport } from '@/lib/server/report-export'
import { runInput } from '@/lib/tenancy/contract'

const formats = ['csv', 'json'] as const
const input = runInput.extend({ format: z.enum(formats, `is none of ${formats.join(', ')}`).default('csv') })

/** All rows as a file; the library leaves the line in the audit. */
export const GET = query({ name: 'reports.export', permission: 'reports.read', input }, async ({ actor, input: { run, format }, tenancy }) =>
  reportExport(tenancy, actor, await tenancy.reports.get(actor, run), format),
)
