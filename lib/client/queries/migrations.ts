import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { fetchJson, RefusedError } from '@/lib/client/fetch-json'
import type { CommandResult, PlanInput, PlanView, SetDetail, SetSummary } from '@/lib/tenancy/contract'

export const setKeys = {
  all: ['migrations'] as const,
  list: ['migrations', 'list'] as const,
  set: (set: string) => ['migrations', 'set', set] as const,
  plan: (input: PlanInput) => ['migrations', 'plan', input] as const,
}

export const setQueries = {
  list: () => queryOptions({ queryKey: setKeys.list, queryFn: ({ signal }) => fetchJson<readonly SetSummary[]>('/api/migrations', { signal }) }),
  get: (set: string) =>
    queryOptions({ queryKey: setKeys.set(set), queryFn: ({ signal }) => fetchJson<SetDetail>(`/api/migrations/${encodeURIComponent(set)}`, { signal }) }),
}

export type PlanAction = (input: PlanInput) => Promise<CommandResult<PlanView>>

/** By an action, because a selection of thousands doesn't fit into the address of a GET. */
export const planQuery = (plan: PlanAction, input: PlanInput) =>
  queryOptions({
    queryKey: setKeys.plan(input),
    queryFn: async () => {
      const result = await plan(input)
      if (result.ok) return result.data
      throw new RefusedError(result.error, 409)
    },
    placeholderData: keepPreviousData,
    refetchOnWindowFocus: true,
  })
