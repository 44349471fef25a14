import { queryOptions, skipToken } from '@tanstack/react-query'
import type { FleetMap, FleetOverview, RunSummary } from '@/lib/tenancy/contract'
import { fetchJson } from './fetch-json'
import { fleetKeys } from './keys'

export const fleetOverviewQuery = queryOptions({
  queryKey: fleetKeys.overview,
  queryFn: ({ signal }) => fetchJson<FleetOverview>('/api/fleet', { signal }),
})

export const fleetMapQuery = queryOptions({
  queryKey: fleetKeys.map,
  queryFn: ({ signal }) => fetchJson<FleetMap>('/api/fleet/map', { signal }),
})

/** Filled by the fleet's event stream alone. */
export const activeRunsQuery = queryOptions<readonly RunSummary[]>({ queryKey: fleetKeys.activeRuns, queryFn: skipToken, staleTime: Number.POSITIVE_INFINITY })
