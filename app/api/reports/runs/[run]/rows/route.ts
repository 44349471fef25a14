import { query } from '@/lib/server/query'
import { reportFilter, reportRowsInput } from '@/lib/tenancy/contract'

/** The filter's parts stand in the address by themselves. */
const input = reportRowsInput.omit({ filter: true }).extend({ q: reportFilter.shape.value.optional(), column: reportFilter.shape.column })

export const GET = query({ name: 'reports.rows', permission: 'reports.read', input }, ({ actor, input: { q, column, ...rest }, tenancy }) =>
  tenancy.reports.rows(actor, { ...rest, ...(q === undefined ? {} : { filter: { kind: 'contains', value: q, column } }) }),
)
