/** What a report's page says of it. */
import { formatCount, plural } from '@/lib/format'
import { isFinalRun, type ItemCounts, type ReportColumn, type ReportRun, type RunState, type SilentTenants } from '@/lib/tenancy/contract'

const stillOpen = (counts: ItemCounts): number => counts.pending + counts.running + counts.interrupted

/** "1,204 of 1,207 answered, 3 did not": of a run that may be open still. */
export const answeredSentence = (state: RunState, counts: ItemCounts): string => {
  const silent = counts.total - counts.succeeded - stillOpen(counts)
  if (!isFinalRun(state)) {
    const did = `${formatCount(counts.succeeded)} of ${plural(counts.total, 'tenant')} answered so far`
    return silent === 0 ? did : `${did}, ${formatCount(silent)} did not`
  }
  if (silent === 0) return counts.total === 1 ? 'The tenant answered' : `All ${formatCount(counts.total)} tenants answered`
  if (counts.succeeded === 0) return counts.total === 1 ? 'The tenant did not answer' : `None of ${plural(counts.total, 'tenant')} answered`
  return `${formatCount(counts.succeeded)} of ${formatCount(counts.total)} answered, ${formatCount(silent)} did not`
}

/** What has been read of a report is older than its run's end, which the stream tells first: its rows and its last answers are not counted in it. */
const isReadBeforeEnd = (state: RunState, report: Pick<ReportRun, 'state'>): boolean => isFinalRun(state) && !isFinalRun(report.state)

/** ", 60 rows": as many as there were when the report was read, and none while that says less than the sentence that it ends. */
export const rowsClause = (state: RunState, report: Pick<ReportRun, 'state' | 'rows'>): string =>
  isReadBeforeEnd(state, report) ? '' : `, ${plural(report.rows, 'row')}`

/** No row has come to the table yet, and nothing says that none will. */
export const awaitsRows = (total: number, report: Pick<ReportRun, 'state' | 'rows'>): boolean => total === 0 && !(isFinalRun(report.state) && report.rows === 0)

/** What the form has changed since a run was started from it; null: nothing. */
export const changedSince = (asked: Pick<ReportRun, 'sql' | 'missing'>, now: Pick<ReportRun, 'sql' | 'missing'>): string | null => {
  if (asked.sql !== now.sql) return 'of an earlier text: it has been changed since'
  if (asked.missing === now.missing) return null
  return asked.missing === 'null'
    ? 'with NULL where a tenant lacks something: that has been changed since'
    : 'with tenants named that lack something: that has been changed since'
}

/** Of a run that asked only the silent ones of another: theirs and those that had answered before. */
export const wholeCounts = (report: Pick<ReportRun, 'parentRun' | 'tenants' | 'answered' | 'state'>, state: RunState, counts: ItemCounts): ItemCounts => {
  const { parentRun, tenants, answered } = report
  if (parentRun === null || tenants <= counts.total) return counts
  const before = isFinalRun(state) && !isReadBeforeEnd(state, report) ? answered - counts.succeeded : tenants - counts.total
  const silentStill = tenants - counts.total - before
  return { ...counts, total: tenants, succeeded: counts.succeeded + before, failed: counts.failed + silentStill }
}

/** undefined_table, undefined_column: NULL may stand for either. */
export const mayBeFilled = (code: string): boolean => code === '42P01' || code === '42703'

export const silentSlugs = (silent: readonly SilentTenants[]): readonly string[] => [...new Set(silent.flatMap(({ slugs }) => slugs))].toSorted()

const valuesShown = 4
const longestValue = 40

/** "for since = 2026-01-01, plan = pro": two runs of one text are told apart by them. Null: it has none. */
export const valuesWords = (params: Readonly<Record<string, string>>): string | null => {
  const values = Object.entries(params).map(([name, value]) => `${name} = ${value.length > longestValue ? `${value.slice(0, longestValue)}…` : value}`)
  if (values.length === 0) return null
  const more = values.length - valuesShown
  return `for ${values.slice(0, valuesShown).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

/** Slugs that are shown until all are asked for. */
export const slugsShown = 12

const numbers = /^(smallint|integer|bigint|numeric|real|double precision)$/
export const isNumber = ({ type }: ReportColumn): boolean => numbers.test(type)

/** What has become of the rows, and what to do: for a page without them. */
export const goneWords = (code: string, { expiresAt }: Pick<ReportRun, 'expiresAt'>): { readonly title: string; readonly next: string } =>
  code === 'report.lost'
    ? {
        title: 'The rows were lost when the control database ended without warning',
        next: 'Rows of reports are not kept through a crash of that server, for speed. Its text, its parameters and who answered are still here: run it again.',
      }
    : {
        title: 'The rows were dropped by policy',
        next: `They were kept until ${expiresAt.slice(0, 10)}. Its text, its parameters and who answered are still here: run it again.`,
      }
