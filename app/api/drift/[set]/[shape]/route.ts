import { z } from 'zod'
import { query } from '@/lib/server/query'
import { changesFor } from '@/lib/server/tenant-rows'
import { setName, shapeId } from '@/lib/tenancy/contract'

export const GET = query(
  { name: 'drift.shape', permission: 'drift.read', input: z.object({ set: setName, shape: shapeId }) },
  async ({ input, person, tenancy }) => changesFor(person.role, await tenancy.drift.shape(input.set, input.shape)),
)
