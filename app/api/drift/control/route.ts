import { z } from 'zod'
import { query } from '@/lib/server/query'

export const GET = query({ name: 'drift.control', permission: 'drift.read', input: z.object({}) }, ({ tenancy }) => tenancy.drift.controlLately())
