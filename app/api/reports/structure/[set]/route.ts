import { z } from 'zod'
import { query } from '@/lib/server/query'
import { setName } from '@/lib/tenancy/contract'

/** What a report of the set may name: tables, views and their columns, never rows. */
export const GET = query({ name: 'reports.structure', permission: 'reports.change', input: z.object({ set: setName }) }, ({ input, tenancy }) =>
  tenancy.reports.structure(input.set),
)
