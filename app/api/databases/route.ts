import { z } from 'zod'
import { query } from '@/lib/server/query'

export const GET = query({ name: 'databases.list', permission: 'databases.read', input: z.object({}) }, ({ tenancy }) => tenancy.databases.list())
