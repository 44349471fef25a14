/** Saved reports: what a form makes of one, and what is said of it. */
import { formatCount, plural } from '@/lib/format'
import { tooLong } from '@/components/ui/too-long'
import type { ReportChanger, ReportRunner, SavedReport, SavedReportContent, SavedReportRow } from '@/lib/tenancy/contract'
import type { Draft } from './draft-model'

/** Name, description and who may what: what stands beside the text. */
export type Details = {
  readonly name: string
  readonly description: string
  readonly runnableBy: readonly ReportRunner[]
  readonly changeableBy: ReportChanger
}
export const noDetails: Details = { name: '', description: '', runnableBy: [], changeableBy: 'owner' }

export const longestName = 120
export const longestDescription = 2_000

/** Whether it can be sent. */
export const isFit = ({ name, description }: Pick<Details, 'name' | 'description'>): boolean =>
  name.trim() !== '' && tooLong(name, longestName) === null && tooLong(description, longestDescription) === null

export const detailsOf = ({ name, description, runnableBy, changeableBy }: SavedReportRow): Details => ({ name, description, runnableBy, changeableBy })

export const contentOf = (saved: SavedReport): SavedReportContent => ({
  name: saved.name,
  description: saved.description,
  set: saved.set,
  sql: saved.sql,
  combine: saved.combine,
  chart: saved.chart,
  params: saved.params,
  selection: saved.selection,
  rowCap: saved.rowCap,
  missing: saved.missing,
  runnableBy: [...saved.runnableBy],
  changeableBy: saved.changeableBy,
})

export const draftOf = ({ set, sql, params, selection, missing }: SavedReport): Draft => ({ set, sql, params, selection, missing, trial: null })

/** What is saved of a draft: values of parameters that the text declares, given by whoever knows them. */
export const withDraft = (content: SavedReportContent, draft: Draft, params: Readonly<Record<string, string>>): SavedReportContent => ({
  ...content,
  set: draft.set,
  sql: draft.sql,
  selection: draft.selection,
  missing: draft.missing,
  params: { ...params },
})

/** What a draft and a saved report are compared by. */
type Asked = Omit<Draft, 'trial'>

/** Whether the text asks something else than what is saved. */
export const isOtherText = (saved: Asked, draft: Asked): boolean => draft.sql !== saved.sql || draft.set !== saved.set || draft.missing !== saved.missing

const sorted = (values: Readonly<Record<string, string>>): string =>
  JSON.stringify(Object.entries(values).toSorted(([one], [other]) => one.localeCompare(other)))

/** Whether there is something to save. */
export const isChanged = (saved: Asked, draft: Asked): boolean =>
  isOtherText(saved, draft) || JSON.stringify(draft.selection) !== JSON.stringify(saved.selection) || sorted(draft.params) !== sorted(saved.params)

const runnerWords: Readonly<Record<ReportRunner, string>> = { operator: 'operators', support: 'support' }

/** "Admins, operators and support may run it." */
export const runnersSentence = (runnableBy: readonly ReportRunner[]): string => {
  const others = runnableBy.map((runner) => runnerWords[runner])
  if (others.length === 0) return 'Only admins may run it.'
  return `${['Admins', ...others.slice(0, -1)].join(', ')} and ${others.at(-1)} may run it.`
}

export const lastResultWords = ({ lastRun }: Pick<SavedReportRow, 'lastRun'>): string =>
  lastRun === null ? 'never run' : `${plural(lastRun.rows, 'row')} from ${formatCount(lastRun.answered)} of ${plural(lastRun.tenants, 'tenant')}`

/** Why it cannot be run as it stands there; null where it can. Whoever may not run a text of their own would be shown rows of another one. */
export const notNow = (saved: SavedReport, draft: Draft, mayRunAny: boolean): string | null => {
  if (!saved.mayRun) return 'Your role may look at this report, and not run it.'
  return !mayRunAny && isOtherText(saved, draft) ? 'Save it first: it runs as it was saved.' : null
}
