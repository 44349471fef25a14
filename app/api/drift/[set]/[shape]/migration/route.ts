import { z } from 'zod'
import { query } from '@/lib/server/query'
import { setName, shapeId } from '@/lib/tenancy/contract'

export const GET = query({ name: 'drift.migration', permission: 'drift.read', input: z.object({ set: setName, shape: shapeId }) }, ({ input, tenancy }) =>
  tenancy.drift.migration(input.set, input.shape),
)
