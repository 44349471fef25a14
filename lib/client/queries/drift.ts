import { queryOptions } from '@tanstack/react-query'
import { fetchJson } from '@/lib/client/fetch-json'
import { driftKeys } from '@/lib/client/keys'
import type { ControlDrift, DriftOverview, LookView, Shape, ShapeDetail, ShapeMigration, ShapeRepair, TargetDrift } from '@/lib/tenancy/contract'

/** What tells shapes apart in a list of them: ids say nothing to people. */
export type ShapeName = Pick<Shape, 'id' | 'set' | 'version' | 'letter' | 'state' | 'server'>

const shapePath = (set: string, shape: string): string => `/api/drift/${encodeURIComponent(set)}/${encodeURIComponent(shape)}`

export const driftQueries = {
  overview: queryOptions({ queryKey: driftKeys.overview, queryFn: ({ signal }) => fetchJson<DriftOverview>('/api/drift', { signal }) }),
  looks: queryOptions({ queryKey: driftKeys.looks, queryFn: ({ signal }) => fetchJson<readonly LookView[]>('/api/drift/looks', { signal }) }),
  control: queryOptions({ queryKey: driftKeys.control, queryFn: ({ signal }) => fetchJson<ControlDrift>('/api/drift/control', { signal }), staleTime: 60_000 }),
  names: queryOptions({ queryKey: driftKeys.names, queryFn: ({ signal }) => fetchJson<readonly ShapeName[]>('/api/drift/shapes', { signal }) }),
  shape: (set: string, shape: string) =>
    queryOptions({ queryKey: driftKeys.shape(set, shape), queryFn: ({ signal }) => fetchJson<ShapeDetail>(shapePath(set, shape), { signal }) }),
  repair: (set: string, shape: string) =>
    queryOptions({ queryKey: driftKeys.repair(set, shape), queryFn: ({ signal }) => fetchJson<ShapeRepair>(`${shapePath(set, shape)}/repair`, { signal }) }),
  migration: (set: string, shape: string) =>
    queryOptions({
      queryKey: driftKeys.migration(set, shape),
      queryFn: ({ signal }) => fetchJson<ShapeMigration>(`${shapePath(set, shape)}/migration`, { signal }),
    }),
  target: (slug: string) =>
    queryOptions({ queryKey: driftKeys.target(slug), queryFn: ({ signal }) => fetchJson<readonly TargetDrift[]>(`/api/tenants/${slug}/drift`, { signal }) }),
}
