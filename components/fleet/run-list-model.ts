import type { ProgressPart } from '@/components/ui/progress'
import { formatCount, plural } from '@/lib/format'
import type { ItemCounts, RunSummary } from '@/lib/tenancy/contract'

/** Items that need nothing more. */
export const settledOf = ({ succeeded, failed, skipped, cancelled }: ItemCounts): number => succeeded + failed + skipped + cancelled

export const partsOf = (counts: ItemCounts): readonly ProgressPart[] => [
  { key: 'succeeded', value: counts.succeeded, tone: 'good', label: 'succeeded' },
  { key: 'skipped', value: counts.skipped, tone: 'ahead', label: 'skipped' },
  { key: 'failed', value: counts.failed, tone: 'bad', label: 'failed' },
  { key: 'interrupted', value: counts.interrupted, tone: 'gone', label: 'interrupted' },
  { key: 'cancelled', value: counts.cancelled, tone: 'quiet', label: 'cancelled' },
  { key: 'running', value: counts.running, tone: 'live', label: 'running' },
]

/** "142 of 200, 4 failed" */
export const countsSentence = (counts: ItemCounts): string => {
  const done = settledOf(counts)
  const head = done === counts.total ? plural(done, 'tenant') : `${formatCount(done)} of ${formatCount(counts.total)}`
  return counts.failed > 0 ? `${head}, ${formatCount(counts.failed)} failed` : head
}

/** "app to 0012", "app onboarding". */
export const runTitle = ({ kind, set, toVersion }: RunSummary): string =>
  kind === 'onboard' ? `${set} onboarding` : toVersion === null ? set : `${set} to ${toVersion}`
