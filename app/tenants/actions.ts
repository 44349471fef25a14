'use server'

import { command } from '@/lib/server/command'
import { refuseCsvProblems } from '@/lib/server/csv-problems'
import { changeTenantsInput, discardTenantInput, observeInput, onboardCsvInput, onboardInput, updateTenantInput } from '@/lib/tenancy/contract'

export const onboardTenants = command({ name: 'tenants.onboard', permission: 'tenants.onboard', input: onboardInput }, ({ actor, input, tenancy }) =>
  tenancy.onboarding.start(actor, input),
)

const previewRows = 100

/** Reads a file as onboarding would, and starts nothing. An action because a file doesn't fit into an address. */
export const previewCsv = command(
  { name: 'tenants.previewCsv', permission: 'tenants.onboard', input: onboardCsvInput.pick({ set: true, csv: true }) },
  async ({ input, tenancy }) => {
    const { rows, ...found } = await tenancy.onboarding.checkCsv(input.csv, input.set)
    return { ...found, total: rows.length, rows: rows.slice(0, previewRows) }
  },
)

export const onboardCsv = command({ name: 'tenants.onboardCsv', permission: 'tenants.onboard', input: onboardCsvInput }, ({ actor, input, tenancy }) => {
  const { rows, problems } = tenancy.onboarding.parseCsv(input.csv)
  refuseCsvProblems(problems)
  return tenancy.onboarding.start(actor, onboardInput.parse({ set: input.set, note: input.note, tenants: rows }))
})

export const updateTenant = command({ name: 'tenants.update', permission: 'tenants.change', input: updateTenantInput }, ({ actor, input, tenancy }) =>
  tenancy.tenants.update(actor, input),
)

export const suspendTenants = command({ name: 'tenants.suspend', permission: 'tenants.change', input: changeTenantsInput }, ({ actor, input, tenancy }) =>
  tenancy.tenants.suspend(actor, input),
)

export const activateTenants = command({ name: 'tenants.activate', permission: 'tenants.change', input: changeTenantsInput }, ({ actor, input, tenancy }) =>
  tenancy.tenants.activate(actor, input),
)

export const discardTenant = command({ name: 'tenants.discard', permission: 'tenants.onboard', input: discardTenantInput }, ({ actor, input, tenancy }) =>
  tenancy.tenants.discard(actor, input),
)

export const observeTenants = command({ name: 'targets.observe', permission: 'targets.observe', input: observeInput }, ({ actor, input, tenancy }) =>
  tenancy.observation.request(actor, input),
)
