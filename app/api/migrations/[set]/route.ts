import { z } from 'zod'
import { query } from '@/lib/server/query'
import { setName } from '@/lib/tenancy/contract'

export const GET = query({ name: 'sets.get', permission: 'sets.read', input: z.object({ set: setName }) }, ({ input, tenancy }) => tenancy.sets.get(input.set))
