import { formatDuration, plural } from '@/lib/format'
import { isSettledItem, type HistoryEntry, type PlacementView, type TableSize, type TenantDetail } from '@/lib/tenancy/contract'

/** "app at 0011, 1 pending", said where one placement is a line. */
export const placementSentence = ({ version, head, pending, versionState }: PlacementView): string => {
  if (versionState === null) return 'never seen yet'
  if (version === null) return head === null ? 'the set has no migrations yet' : `no migration applied, ${plural(pending.length, 'migration')} pending`
  if (versionState === 'at_head') return `at ${version}, the newest`
  return pending.length > 0 ? `at ${version}, ${plural(pending.length, 'migration')} pending` : `at ${version}`
}

export type TimelineEntry =
  | { readonly kind: 'pending'; readonly version: string; readonly name: string; readonly transactional: boolean }
  | { readonly kind: 'applied'; readonly entry: HistoryEntry; readonly remark: string | null }

const remarkOf = ({ match, statementsDone, baseline }: HistoryEntry): string | null => {
  switch (match) {
    case 'edited':
      return 'applied from a file that was changed since: the checksum differs from the set’s'
    case 'unknown':
      return 'not in the set'
    case 'half_done':
      return `stopped half-way${statementsDone === null ? '' : ` after ${plural(statementsDone, 'statement')}`}`
    case 'same':
      return baseline ? 'declared as baseline; nothing was run' : null
  }
}

/** Newest first: what is still to come above what was applied. */
export const timelineOf = (pending: PlacementView['pending'], history: readonly HistoryEntry[]): readonly TimelineEntry[] => [
  ...pending.map((migration): TimelineEntry => ({ kind: 'pending', ...migration })).toReversed(),
  ...history.map((entry): TimelineEntry => ({ kind: 'applied', entry, remark: remarkOf(entry) })).toReversed(),
]

export const isWorrying = ({ match }: HistoryEntry): boolean => match !== 'same'

export const durationWords = (durationMs: number | null): string | null => (durationMs === null ? null : formatDuration(durationMs))

export type SizedTable = TableSize & { readonly share: number }

/** Largest first, each with its share of the largest. */
export const sizedTables = (tables: readonly TableSize[]): readonly SizedTable[] => {
  const sorted = tables.toSorted((one, other) => other.totalBytes - one.totalBytes || one.table.localeCompare(other.table))
  const most = sorted[0]?.totalBytes ?? 0
  return sorted.map((table) => ({ ...table, share: most === 0 ? 0 : table.totalBytes / most }))
}

export type Building = { readonly title: string; readonly next: string; readonly isOver: boolean }

/** How the onboarding of a tenant that is not built stands, and what whoever looks can do about it. */
export const buildingOf = (
  { slug, runs }: Pick<TenantDetail, 'slug' | 'runs'>,
  { mayRetry, mayDiscard }: { readonly mayRetry: boolean; readonly mayDiscard: boolean },
): Building => {
  const last = runs.find(({ kind }) => kind === 'onboard')
  if (last && !isSettledItem(last.state))
    return {
      title: 'It is being built',
      next: `Run ${last.run} is at it; this page follows when it is done. Until then nothing of it is there.`,
      isOver: false,
    }
  const retry =
    !last || !mayRetry ? null : `Put right what stopped it, then try it again from run ${last.run}, or onboard it again if a migration had to change for it`
  const discard = mayDiscard ? `discard it, and the slug “${slug}” is free again` : null
  const deeds = [retry, discard].filter((deed) => deed !== null).join('; or ')
  const next = deeds === '' ? 'Whoever may onboard tenants can try it again or discard it.' : `${deeds.charAt(0).toUpperCase()}${deeds.slice(1)}.`
  return { title: 'It was never built', next: `Nothing of it is in a database: onboarding is whole or not at all. ${next}`, isOver: true }
}
