'use server'

import { command } from '@/lib/server/command'
import { acceptFindingInput, cancelLookInput, endAcceptanceInput, ignoreFacetsInput, startRepairInput, tryRepairInput } from '@/lib/tenancy/contract'

export const acceptFinding = command({ name: 'drift.accept', permission: 'drift.accept', input: acceptFindingInput }, ({ actor, input, tenancy }) =>
  tenancy.drift.accept(actor, input),
)

export const endAcceptance = command({ name: 'drift.endAcceptance', permission: 'drift.accept', input: endAcceptanceInput }, ({ actor, input, tenancy }) =>
  tenancy.drift.endAcceptance(actor, input),
)

export const cancelLook = command({ name: 'targets.cancelLook', permission: 'targets.observe', input: cancelLookInput }, ({ actor, input, tenancy }) =>
  tenancy.observation.cancel(actor, input),
)

export const ignoreFacets = command({ name: 'drift.ignoreFacets', permission: 'drift.ignore', input: ignoreFacetsInput }, ({ actor, input, tenancy }) =>
  tenancy.drift.ignoreFacets(actor, input),
)

export const tryRepair = command({ name: 'drift.tryRepair', permission: 'drift.repair', input: tryRepairInput }, ({ actor, input, tenancy }) =>
  tenancy.drift.tryRepair(actor, input),
)

export const startRepair = command({ name: 'drift.startRepair', permission: 'drift.repair', input: startRepairInput }, ({ actor, input, tenancy }) =>
  tenancy.drift.startRepair(actor, input),
)
