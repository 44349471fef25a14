import { z } from 'zod'
import { query } from '@/lib/server/query'

export const GET = query({ name: 'drift.looks', permission: 'drift.read', input: z.object({}) }, ({ tenancy }) => tenancy.observation.looks())
