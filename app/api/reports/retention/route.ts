import { z } from 'zod'
import { query } from '@/lib/server/query'

/** For how many days rows are kept. */
export const GET = query({ name: 'reports.retention', permission: 'reports.read', input: z.object({}) }, ({ tenancy }) => tenancy.reports.retention.get())
