import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import type {
  AuditRow,
  ListTenantsInput,
  OnboardingCheck,
  TargetInspection,
  TenantDetail,
  TenantFacets,
  TenantFilter,
  TenantPage,
} from '@/lib/tenancy/contract'
import { fetchJson, searchOf } from './fetch-json'
import { tenantKeys } from './keys'

export const tenantPageSize = 100

export type TenantOrder = Pick<ListTenantsInput, 'sort' | 'descending'>

export const tenantPageQuery = (filter: TenantFilter, order: TenantOrder, page: number) =>
  queryOptions({
    queryKey: tenantKeys.page(filter, order, page),
    queryFn: ({ signal }) =>
      fetchJson<TenantPage>(`/api/tenants?${searchOf({ ...filter, ...order, offset: page * tenantPageSize, limit: tenantPageSize })}`, { signal }),
  })

export const tenantFacetsQuery = (filter: TenantFilter) =>
  queryOptions({
    queryKey: tenantKeys.facets(filter),
    queryFn: ({ signal }) => fetchJson<TenantFacets>(`/api/tenants/facets?${searchOf(filter)}`, { signal }),
    placeholderData: keepPreviousData,
  })

export const tenantSearchQuery = (q: string) =>
  queryOptions({
    queryKey: tenantKeys.search(q),
    queryFn: ({ signal }) => fetchJson<ReadonlyArray<{ readonly slug: string; readonly name: string }>>(`/api/tenants/search?${searchOf({ q })}`, { signal }),
  })

export const slugCheckQuery = (slug: string) =>
  queryOptions({
    queryKey: tenantKeys.slug(slug),
    queryFn: ({ signal }) =>
      fetchJson<{ readonly available: boolean; readonly problem: string | null }>(`/api/tenants/check-slug?${searchOf({ slug })}`, { signal }),
    staleTime: 5000,
  })

/** @param place search params of what is asked for */
export const onboardingCheckQuery = (place: string) =>
  queryOptions({
    queryKey: tenantKeys.place(place),
    queryFn: ({ signal }) => fetchJson<OnboardingCheck>(`/api/tenants/check-onboarding?${place}`, { signal }),
    staleTime: 5000,
  })

export const tenantDetailQuery = (slug: string) =>
  queryOptions({
    queryKey: tenantKeys.detail(slug),
    queryFn: ({ signal }) => fetchJson<TenantDetail>(`/api/tenants/${slug}`, { signal }),
  })

export const inspectionQuery = (slug: string, set: string) =>
  queryOptions({
    queryKey: tenantKeys.inspection(slug, set),
    queryFn: ({ signal }) => fetchJson<TargetInspection>(`/api/tenants/${slug}/inspection?${searchOf({ set })}`, { signal }),
  })

export const tenantAuditQuery = (slug: string) =>
  queryOptions({
    queryKey: tenantKeys.audit(slug),
    queryFn: ({ signal }) => fetchJson<readonly AuditRow[]>(`/api/tenants/${slug}/audit`, { signal }),
  })
