import { query } from '@/lib/server/query'
import { tenantInput } from '@/lib/tenancy/contract'

const searched = 500
const newest = 50

export const GET = query({ name: 'tenants.audit', permission: 'audit.read', input: tenantInput }, async ({ input, tenancy }) => {
  const { rows } = await tenancy.audit.list({ subject: input.slug, limit: searched })
  return rows.filter(({ subjectKind, subject }) => subjectKind === 'tenant' && subject === input.slug).slice(0, newest)
})
