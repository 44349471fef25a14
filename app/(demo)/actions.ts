'use server'

import { z } from 'zod'
import { command } from '@/lib/server/command'
import { repairDemo } from '@/lib/server/demo'

export const repairDemoData = command({ name: 'demo.repair', permission: 'runs.rerun', input: z.object({}) }, ({ actor, tenancy }) =>
  repairDemo(tenancy, actor),
)
