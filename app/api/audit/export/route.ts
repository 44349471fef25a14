import { z } from 'zod'
import { auditSearch, toAuditFilter } from '@/components/audit/audit-model'
import { auditExport } from '@/lib/server/audit-export'
import { query } from '@/lib/server/query'

const input = auditSearch.extend({ format: z.enum(['csv', 'json']).default('csv') })

export const GET = query({ name: 'audit.export', permission: 'audit.read', input }, async ({ input: { format, ...search }, actor, tenancy }) => {
  await tenancy.audit.record({
    actor,
    action: 'audit.export',
    subjectKind: 'audit',
    subject: format,
    details: search,
  })
  return auditExport(tenancy, toAuditFilter(search, 500), format)
})
