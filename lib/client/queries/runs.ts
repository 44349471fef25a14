import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query'
import { fetchJson, searchOf } from '@/lib/client/fetch-json'
import {
  isFinalRun,
  type AttemptView,
  type FailureGroup,
  type ItemBlockers,
  type RunDetail,
  type RunItemPage,
  type RunItemsInput,
  type RunListInput,
  type RunMap,
  type RunSummary,
} from '@/lib/tenancy/contract'

export type RunListFilter = Pick<RunListInput, 'state' | 'set'>
export type RunList = { readonly rows: readonly RunSummary[]; readonly next: number | null }

/**
 * `runs` are the lists, which the fleet's event stream has read again; `run` is the tree of one run, which only that run's own
 * stream touches, so that ten thousand cells are not fetched anew whenever anything moves anywhere.
 */
export const runKeys = {
  lists: ['runs'] as const,
  list: (filter: RunListFilter) => ['runs', 'list', filter] as const,
  run: (run: number) => ['run', run] as const,
  detail: (run: number) => ['run', run, 'detail'] as const,
  map: (run: number) => ['run', run, 'map'] as const,
  failures: (run: number) => ['run', run, 'failures'] as const,
  items: (run: number) => ['run', run, 'items'] as const,
  itemPage: (input: RunItemsInput) => ['run', input.run, 'items', input] as const,
  attemptsOf: (run: number) => ['run', run, 'attempts'] as const,
  attempts: (run: number, slug: string) => ['run', run, 'attempts', slug] as const,
  blockers: (run: number, slug: string) => ['blockers', run, slug] as const,
}

const minute = 60_000

/** Reading the histories back takes a moment after the end; nobody should have to reload to see it. A report has changed nothing that could be read back. */
export const untilVerified = (run: Pick<RunDetail, 'kind' | 'state' | 'verified' | 'finishedAt'> | undefined): number | false => {
  if (!run || run.kind === 'report' || !isFinalRun(run.state) || run.verified !== null || run.finishedAt === null) return false
  return Date.now() - Date.parse(run.finishedAt) < minute ? 2_000 : false
}

export const runQueries = {
  list: (filter: RunListFilter) =>
    infiniteQueryOptions({
      queryKey: runKeys.list(filter),
      queryFn: ({ pageParam, signal }) => fetchJson<RunList>(`/api/runs?${searchOf({ ...filter, before: pageParam })}`, { signal }),
      initialPageParam: undefined as number | undefined,
      getNextPageParam: (last) => last.next ?? undefined,
      placeholderData: keepPreviousData,
    }),
  detail: (run: number) =>
    queryOptions({
      queryKey: runKeys.detail(run),
      queryFn: ({ signal }) => fetchJson<RunDetail>(`/api/runs/${run}`, { signal }),
      refetchInterval: ({ state }) => untilVerified(state.data),
      staleTime: minute,
    }),
  map: (run: number) =>
    queryOptions({ queryKey: runKeys.map(run), queryFn: ({ signal }) => fetchJson<RunMap>(`/api/runs/${run}/map`, { signal }), staleTime: minute }),
  failures: (run: number) =>
    queryOptions({
      queryKey: runKeys.failures(run),
      queryFn: ({ signal }) => fetchJson<readonly FailureGroup[]>(`/api/runs/${run}/failures`, { signal }),
      staleTime: minute,
    }),
  itemPage: ({ run, ...rest }: RunItemsInput) =>
    queryOptions({
      queryKey: runKeys.itemPage({ run, ...rest }),
      queryFn: ({ signal }) => fetchJson<RunItemPage>(`/api/runs/${run}/items?${searchOf(rest)}`, { signal }),
      staleTime: minute,
    }),
  attempts: (run: number, slug: string) =>
    queryOptions({
      queryKey: runKeys.attempts(run, slug),
      queryFn: ({ signal }) => fetchJson<readonly AttemptView[]>(`/api/runs/${run}/attempts?${searchOf({ slug })}`, { signal }),
    }),
  /** Not of the run's tree: each read asks the tenants' server, at its own pace and at no other. */
  /** @param isOpen whether it is tried again by itself; what is left of one that is not changes slowly */
  blockers: (run: number, slug: string, isOpen: boolean) =>
    queryOptions({
      queryKey: runKeys.blockers(run, slug),
      queryFn: ({ signal }) => fetchJson<ItemBlockers>(`/api/runs/${run}/items/${encodeURIComponent(slug)}/blockers`, { signal }),
      refetchInterval: isOpen ? 2_000 : 15_000,
      retry: false,
    }),
}
