import { z } from 'zod'
import { query } from '@/lib/server/query'
import { setName, shapeId } from '@/lib/tenancy/contract'

export const GET = query({ name: 'drift.shape', permission: 'drift.read', input: z.object({ set: setName, shape: shapeId }) }, ({ input, tenancy }) =>
  tenancy.drift.shape(input.set, input.shape),
)
