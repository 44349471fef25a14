import { z } from 'zod'
import { query } from '@/lib/server/query'

export const GET = query({ name: 'sets.list', permission: 'sets.read', input: z.object({}) }, ({ tenancy }) => tenancy.sets.list())
