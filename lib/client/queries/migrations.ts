import { queryOptions } from '@tanstack/react-query'
import { fetchJson } from '@/lib/client/fetch-json'
import type { SetDetail, SetSummary } from '@/lib/tenancy/contract'

export const setKeys = {
  all: ['migrations'] as const,
  list: ['migrations', 'list'] as const,
  set: (set: string) => ['migrations', 'set', set] as const,
}

export const setQueries = {
  list: () => queryOptions({ queryKey: setKeys.list, queryFn: ({ signal }) => fetchJson<readonly SetSummary[]>('/api/migrations', { signal }) }),
  get: (set: string) => queryOptions({ queryKey: setKeys.set(set), queryFn: ({ signal }) => fetchJson<SetDetail>(`/api/migrations/${encodeURIComponent(set)}`, { signal }) }),
}
