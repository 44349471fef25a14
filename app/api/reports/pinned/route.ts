import { z } from 'zod'
import { query } from '@/lib/server/query'

/** Figures for the page of the fleet. */
export const GET = query({ name: 'reports.saved.pinned', permission: 'reports.read', input: z.object({}) }, ({ actor, tenancy }) =>
  tenancy.reports.saved.pinned(actor),
)
