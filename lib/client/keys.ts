/** Query keys, one tree an area: invalidating a branch reaches everything under it. */
import type { TenantFilter } from '@/lib/tenancy/contract'

export const fleetKeys = {
  all: ['fleet'] as const,
  overview: ['fleet', 'overview'] as const,
  map: ['fleet', 'map'] as const,
  /** Written by the fleet's event stream, never fetched. */
  activeRuns: ['fleet', 'activeRuns'] as const,
}

export const driftKeys = {
  all: ['drift'] as const,
  overview: ['drift', 'overview'] as const,
  looks: ['drift', 'looks'] as const,
  /** Beside the others: no look at the fleet changes it. */
  control: ['control-drift'] as const,
  names: ['drift', 'names'] as const,
  shape: (set: string, shape: string) => ['drift', 'shape', set, shape] as const,
  repair: (set: string, shape: string) => ['drift', 'repair', set, shape] as const,
  migration: (set: string, shape: string) => ['drift', 'migration', set, shape] as const,
  target: (slug: string) => ['drift', 'target', slug] as const,
}

export const tenantKeys = {
  all: ['tenants'] as const,
  lists: ['tenants', 'list'] as const,
  page: (filter: TenantFilter, order: { readonly sort: string; readonly descending: boolean }, page: number) =>
    ['tenants', 'list', filter, order, page] as const,
  facets: (filter: TenantFilter) => ['tenants', 'facets', filter] as const,
  search: (q: string) => ['tenants', 'search', q] as const,
  slug: (slug: string) => ['tenants', 'slug', slug] as const,
  place: (place: string) => ['onboarding', 'place', place] as const,
  detail: (slug: string) => ['tenants', 'detail', slug] as const,
  inspection: (slug: string, set: string) => ['tenants', 'inspection', slug, set] as const,
  audit: (slug: string) => ['tenants', 'audit', slug] as const,
}
