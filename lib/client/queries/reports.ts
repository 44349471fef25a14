import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query'
import { fetchJson, searchOf } from '@/lib/client/fetch-json'
import type {
  CombinedRows,
  PinnedFigure,
  ReportCheck,
  ReportEdit,
  ReportRetention,
  ReportRow,
  ReportRows,
  ReportRun,
  ReportRunRow,
  ReportStructure,
  SavedReport,
  SavedReportRow,
} from '@/lib/tenancy/contract'

export const reportPageSize = 200

/** How the rows of a report are looked at. */
export type RowsView = { readonly sort: string | null; readonly descending: boolean; readonly q: string; readonly column: string | null }

export const plainRows: RowsView = { sort: null, descending: false, q: '', column: null }

export type ReportRunList = { readonly rows: readonly ReportRunRow[]; readonly next: number | null }

export const reportKeys = {
  all: ['reports'] as const,
  runs: (report: number | null) => ['reports', 'runs', report] as const,
  list: ['reports', 'list'] as const,
  saved: (report: number) => ['reports', 'saved', report] as const,
  history: (report: number) => ['reports', 'history', report] as const,
  times: (cron: string, timezone: string) => ['reports', 'times', cron, timezone] as const,
  pinned: ['reports', 'pinned'] as const,
  retention: ['reports', 'retention'] as const,
  structure: (set: string) => ['reports', 'structure', set] as const,
  run: (run: number) => ['report', run] as const,
  detail: (run: number) => ['report', run, 'detail'] as const,
  rows: (run: number) => ['report', run, 'rows'] as const,
  page: (run: number, view: RowsView, page: number) => ['report', run, 'rows', view, page] as const,
  combined: (run: number, sql: string) => ['report', run, 'combined', sql] as const,
  drawn: (run: number, isFinal: boolean) => ['report', run, 'drawn', isFinal] as const,
  check: (set: string, sql: string) => ['reports', 'check', set, sql] as const,
}

const minute = 60_000

/** Rows that a chart is drawn from. */
const mostDrawn = 10_000
const drawnAtOnce = 1_000

const readDrawn = async (run: number, signal: AbortSignal): Promise<ReportRows> => {
  const rows: ReportRow[] = []
  for (;;) {
    const page = await fetchJson<ReportRows>(`/api/reports/runs/${run}/rows?${searchOf({ offset: rows.length, limit: drawnAtOnce })}`, { signal })
    rows.push(...page.rows)
    if (page.rows.length < drawnAtOnce || rows.length >= mostDrawn) return { ...page, rows }
  }
}

export const reportQueries = {
  /** Of one saved report, or all. */
  runs: (report: number | null) =>
    infiniteQueryOptions({
      queryKey: reportKeys.runs(report),
      queryFn: ({ pageParam, signal }) => fetchJson<ReportRunList>(`/api/reports/runs?${searchOf({ report, before: pageParam })}`, { signal }),
      initialPageParam: undefined as number | undefined,
      getNextPageParam: (last) => last.next ?? undefined,
    }),
  list: queryOptions({ queryKey: reportKeys.list, queryFn: ({ signal }) => fetchJson<readonly SavedReportRow[]>('/api/reports/saved', { signal }) }),
  saved: (report: number) =>
    queryOptions({
      queryKey: reportKeys.saved(report),
      queryFn: ({ signal }) => fetchJson<SavedReport>(`/api/reports/saved/${report}`, { signal }),
      staleTime: minute,
    }),
  history: (report: number) =>
    queryOptions({
      queryKey: reportKeys.history(report),
      queryFn: ({ signal }) => fetchJson<readonly ReportEdit[]>(`/api/reports/saved/${report}/history`, { signal }),
    }),
  times: (cron: string, timezone: string) =>
    queryOptions({
      queryKey: reportKeys.times(cron, timezone),
      queryFn: ({ signal }) => fetchJson<readonly string[]>(`/api/reports/times?${searchOf({ cron, timezone })}`, { signal }),
      placeholderData: keepPreviousData,
    }),
  pinned: queryOptions({
    queryKey: reportKeys.pinned,
    queryFn: ({ signal }) => fetchJson<readonly PinnedFigure[]>('/api/reports/pinned', { signal }),
    refetchInterval: minute,
  }),
  retention: queryOptions({ queryKey: reportKeys.retention, queryFn: ({ signal }) => fetchJson<ReportRetention>('/api/reports/retention', { signal }) }),
  structure: (set: string) =>
    queryOptions({
      queryKey: reportKeys.structure(set),
      queryFn: ({ signal }) => fetchJson<ReportStructure>(`/api/reports/structure/${encodeURIComponent(set)}`, { signal }),
      staleTime: 5 * minute,
    }),
  detail: (run: number) =>
    queryOptions({
      queryKey: reportKeys.detail(run),
      queryFn: ({ signal }) => fetchJson<ReportRun>(`/api/reports/runs/${run}`, { signal }),
      staleTime: minute,
    }),
  /** A page out of a million rows: what nobody looks at is soon given up. */
  page: (run: number, view: RowsView, page: number) =>
    queryOptions({
      queryKey: reportKeys.page(run, view, page),
      queryFn: ({ signal }) =>
        fetchJson<ReportRows>(`/api/reports/runs/${run}/rows?${searchOf({ ...view, offset: page * reportPageSize, limit: reportPageSize })}`, { signal }),
      staleTime: minute,
      gcTime: minute,
    }),
  check: (set: string, sql: string) =>
    queryOptions({
      queryKey: reportKeys.check(set, sql),
      queryFn: ({ signal }) => fetchJson<ReportCheck>('/api/reports/check', { signal, body: { set, sql } }),
      placeholderData: keepPreviousData,
      staleTime: minute,
      gcTime: minute,
    }),
  /** Of an open run what there was when one looked; once it is final, all of it. */
  drawn: (run: number, isFinal: boolean) =>
    queryOptions({
      queryKey: reportKeys.drawn(run, isFinal),
      queryFn: ({ signal }) => readDrawn(run, signal),
      placeholderData: keepPreviousData,
      staleTime: isFinal ? Number.POSITIVE_INFINITY : minute,
    }),
  combined: (run: number, sql: string) =>
    queryOptions({
      queryKey: reportKeys.combined(run, sql),
      queryFn: ({ signal }) => fetchJson<CombinedRows>(`/api/reports/runs/${run}/combine`, { signal, body: { sql } }),
      // Each time it is asked it leaves a line in the audit.
      staleTime: Number.POSITIVE_INFINITY,
      retry: false,
    }),
}
