import { z } from 'zod'
import { query } from '@/lib/server/query'

export const GET = query({ name: 'drift.shapes', permission: 'drift.read', input: z.object({}) }, async ({ tenancy }) => {
  const { sets } = await tenancy.drift.overview()
  return sets.flatMap(({ shapes }) => shapes.map(({ id, set, version, letter, state, server }) => ({ id, set, version, letter, state, server })))
})
