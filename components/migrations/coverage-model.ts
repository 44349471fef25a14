/** How much of the fleet has a migration. */
import { formatCount, plural } from '@/lib/format'
import type { ErrorDocument, LintFinding } from '@/lib/tenancy/contract'

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
export const syncSentence = (result: {
  readonly added: readonly string[]
  readonly changed: readonly string[]
  readonly removed: readonly string[]
  readonly unchanged: number
}): string => {
  const parts = [
    result.added.length > 0 ? `${result.added.length} added` : null,
    result.changed.length > 0 ? `${result.changed.length} changed` : null,
    result.removed.length > 0 ? `${result.removed.length} removed` : null,
    `${formatCount(result.unchanged)} as ${result.unchanged === 1 ? 'it was' : 'they were'}`,
  ]
  return `${parts.filter((part) => part !== null).join(', ')}.`
}

const isFinding = (value: unknown): value is LintFinding =>
  typeof value === 'object' && value !== null && 'file' in value && 'line' in value && 'message' in value && 'level' in value && 'rule' in value

/** The findings that a refused sync names; empty for other refusals. */
export const findingsOf = (error: ErrorDocument | null): readonly LintFinding[] => {
  const list: unknown = error?.details.findings
  return Array.isArray(list) ? list.filter(isFinding) : []
}

/** "1 error, 2 warnings"; empty when there is nothing. */
export const findingsText = (findings: readonly Pick<LintFinding, 'level'>[]): string => {
  const errors = findings.filter(({ level }) => level === 'error').length
  const warnings = findings.length - errors
  return [errors > 0 ? plural(errors, 'error') : '', warnings > 0 ? plural(warnings, 'warning') : ''].filter((text) => text !== '').join(', ')
}
