import { queryOptions } from '@tanstack/react-query'
import { fetchJson } from '@/lib/client/fetch-json'
import type { DatabaseRow } from '@/lib/tenancy/contract'

export const databaseKeys = { all: ['databases'] as const }

export const databaseQueries = {
  list: () => queryOptions({ queryKey: databaseKeys.all, queryFn: ({ signal }) => fetchJson<readonly DatabaseRow[]>('/api/databases', { signal }) }),
}
