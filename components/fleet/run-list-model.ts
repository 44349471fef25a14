import type { ProgressPart } from '@/components/ui/progress'
import { formatCount, plural } from '@/lib/format'
import type { ItemCounts, RunSummary } from '@/lib/tenancy/contract'

/** Items that an attempt has settled; what was cancelled never had one that did. */
export const workedOf = ({ succeeded, failed, skipped }: ItemCounts): number => succeeded + failed + skipped

export const partsOf = (counts: ItemCounts): readonly ProgressPart[] => [
  { key: 'succeeded', value: counts.succeeded, tone: 'good', label: 'succeeded' },
  { key: 'skipped', value: counts.skipped, tone: 'ahead', label: 'skipped' },
  { key: 'failed', value: counts.failed, tone: 'bad', label: 'failed' },
  { key: 'interrupted', value: counts.interrupted, tone: 'gone', label: 'interrupted' },
  { key: 'cancelled', value: counts.cancelled, tone: 'quiet', label: 'cancelled' },
  { key: 'running', value: counts.running, tone: 'live', label: 'running' },
]

/** "142 of 200, 4 failed", "30 of 200, 170 cancelled" */
export const countsSentence = (counts: ItemCounts): string => {
  const done = workedOf(counts)
  const head = done === counts.total ? plural(done, 'tenant') : `${formatCount(done)} of ${formatCount(counts.total)}`
  return [head, ...(['failed', 'cancelled'] as const).flatMap((state) => (counts[state] > 0 ? [`${formatCount(counts[state])} ${state}`] : []))].join(', ')
}

/** "app to 0012", "app onboarding", "app repair", "app report". */
export const runTitle = ({ kind, set, toVersion }: RunSummary): string => {
  if (kind !== 'migrate') return `${set} ${kind === 'onboard' ? 'onboarding' : kind}`
  return toVersion === null ? set : `${set} to ${toVersion}`
}
