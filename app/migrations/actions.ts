'use server'

import { command } from '@/lib/server/command'
import { planInput, setPoolInput, startRunInput, syncSetInput } from '@/lib/tenancy/contract'

export const syncSet = command({ name: 'sets.sync', permission: 'sets.sync', input: syncSetInput }, ({ actor, input, tenancy }) =>
  tenancy.sets.sync(actor, input),
)

export const setPool = command({ name: 'sets.setPool', permission: 'sets.pool', input: setPoolInput }, ({ actor, input, tenancy }) =>
  tenancy.sets.setPool(actor, input),
)

/** Reads only; an action because a selection of thousands of tenants doesn't fit into an address. */
export const planRun = command({ name: 'runs.plan', permission: 'runs.start', input: planInput }, ({ input, tenancy }) => tenancy.runs.plan(input))

export const startRun = command({ name: 'runs.start', permission: 'runs.start', input: startRunInput }, ({ actor, input, tenancy }) =>
  tenancy.runs.start(actor, input),
)
