/** How much of the fleet has a migration. */
import { formatCount } from '@/lib/format'

/** Whole percent that says 100 only for all and 0 only for none. */
export const coveragePercent = (applied: number, targets: number): number => {
  if (targets === 0 || applied === 0) return 0
  if (applied >= targets) return 100
  return Math.min(99, Math.max(1, Math.round((applied / targets) * 100)))
}

/** "all 200", "188 of 200", "none of 200"; for a set without targets "no targets". */
export const coverageText = (applied: number, targets: number): string => {
  if (targets === 0) return 'no targets'
  if (applied >= targets) return `all ${formatCount(targets)}`
  if (applied === 0) return `none of ${formatCount(targets)}`
  return `${formatCount(applied)} of ${formatCount(targets)}`
}

/** What a sync brought, for the toast: "2 added, 1 changed, 11 as they were." */
export const syncSentence = (result: { readonly added: readonly string[]; readonly changed: readonly string[]; readonly removed: readonly string[]; readonly unchanged: number }): string => {
  const parts = [
    result.added.length > 0 ? `${result.added.length} added` : null,
    result.changed.length > 0 ? `${result.changed.length} changed` : null,
    result.removed.length > 0 ? `${result.removed.length} removed` : null,
    `${formatCount(result.unchanged)} as ${result.unchanged === 1 ? 'it was' : 'they were'}`,
  ]
  return `${parts.filter((part) => part !== null).join(', ')}.`
}
