import { z } from 'zod'
import { query } from '@/lib/server/query'

export const GET = query({ name: 'reports.saved.list', permission: 'reports.read', input: z.object({}) }, ({ actor, tenancy }) =>
  tenancy.reports.saved.list(actor),
)
