import { z } from 'zod'
import { query } from '@/lib/server/query'

export const GET = query({ name: 'fleet.overview', permission: 'fleet.read', input: z.object({}) }, ({ tenancy }) => tenancy.fleet.overview())
