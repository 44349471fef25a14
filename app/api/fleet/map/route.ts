import { z } from 'zod'
import { query } from '@/lib/server/query'

export const GET = query({ name: 'fleet.map', permission: 'fleet.read', input: z.object({}) }, ({ tenancy }) => tenancy.fleet.map())
