/** The page before a rollout: its address, its form, and the sentences about what will happen to how many. */
import { formatCount, plural } from '@/lib/format'
import { selectionSchema, tenantFilter, toleranceText, type PlanView, type Selection, type StartRunInput } from '@/lib/tenancy/contract'

const listKeys = ['set', 'database', 'state', 'versionState', 'version', 'isolation', 'label'] as const
/** In an address the filter's own `set` would read as the page's. */
const filterKeys = ['q', ...listKeys, 'failed'] as const

const texts = (search: URLSearchParams, key: string): string[] =>
  search
    .getAll(key)
    .flatMap((text) => text.split(','))
    .filter((text) => text !== '')

/**
 * What an address chooses: `tenants=a,b`, else the filters of the tenants page under their own names, else all.
 * Null when it says something that can't be understood: a rollout must never reach more targets than the address meant.
 */
export const readSelection = (search: URLSearchParams): Selection | null => {
  const slugs = texts(search, 'tenants')
  if (slugs.length > 0) return selectionSchema.safeParse({ kind: 'tenants', slugs: [...new Set(slugs)] }).data ?? null
  if (!filterKeys.some((key) => search.has(key))) return { kind: 'all' }
  const raw: Record<string, unknown> = {}
  if (search.get('q')) raw.q = search.get('q')
  for (const key of listKeys) if (search.has(key)) raw[key] = texts(search, key)
  if (search.has('failed')) raw.failed = search.get('failed') !== 'false'
  const filter = tenantFilter.safeParse(raw)
  return filter.success ? { kind: 'filter', filter: filter.data } : null
}

const writeSelection = (search: URLSearchParams, selection: Selection): void => {
  if (selection.kind === 'tenants') search.set('tenants', selection.slugs.join(','))
  if (selection.kind !== 'filter') return
  const { q, failed, ...lists } = selection.filter
  if (q) search.set('q', q)
  for (const key of listKeys) for (const value of lists[key] ?? []) search.append(key, value)
  if (failed !== undefined) search.set('failed', String(failed))
}

/** The address of the page that plans a rollout. Named tenants go into it one by one: choose by filter when there are more than some hundreds. */
export const rolloutHref = (set: string, selection: Selection = { kind: 'all' }, to: string | null = null): string => {
  const search = new URLSearchParams()
  if (to !== null) search.set('to', to)
  writeSelection(search, selection)
  const text = search.toString().replaceAll('%2C', ',')
  return `/migrations/${encodeURIComponent(set)}/rollout${text === '' ? '' : `?${text}`}`
}

const filterWords: Readonly<Record<(typeof filterKeys)[number], string>> = {
  q: 'search',
  set: 'set',
  database: 'database',
  state: 'state',
  versionState: 'version state',
  version: 'version',
  isolation: 'isolation',
  label: 'label',
  failed: 'last item failed',
}

/** "3 named tenants", "all tenants of app", "tenants with database eu-1 or eu-2, search “acme”". */
export const selectionSentence = (set: string, selection: Selection): string => {
  switch (selection.kind) {
    case 'all':
      return `all tenants of ${set}`
    case 'tenants':
      return selection.slugs.length === 1 ? `tenant ${selection.slugs[0]}` : plural(selection.slugs.length, 'named tenant')
    case 'filter':
      return filterSentence(selection.filter)
  }
}

const filterSentence = (filter: Extract<Selection, { kind: 'filter' }>['filter']): string => {
  const parts: string[] = []
  if (filter.q) parts.push(`${filterWords.q} “${filter.q}”`)
  for (const key of listKeys) {
    const values = filter[key]
    if (values && values.length > 0) parts.push(`${filterWords[key]} ${values.map((value) => value.replaceAll('_', ' ')).join(' or ')}`)
  }
  if (filter.failed) parts.push(filterWords.failed)
  return parts.length === 0 ? 'all tenants' : `tenants with ${parts.join(', ')}`
}

/** What the form holds, as typed. */
export type PlanForm = { readonly to: string; readonly maxConcurrent: string; readonly failureTolerance: string; readonly note: string }
export const emptyForm: PlanForm = { to: '', maxConcurrent: '', failureTolerance: '', note: '' }

export type PlanProblems = Readonly<Partial<Record<keyof PlanForm, string>>>

export const formProblems = (form: PlanForm): PlanProblems => {
  const problems: { -readonly [K in keyof PlanForm]?: string } = {}
  const concurrent = form.maxConcurrent.trim()
  if (concurrent !== '' && !(/^\d+$/.test(concurrent) && Number(concurrent) >= 1 && Number(concurrent) <= 200))
    problems.maxConcurrent = 'A whole number from 1 to 200, or empty for the databases’ budgets.'
  const tolerance = form.failureTolerance.trim()
  if (tolerance !== '' && !toleranceText.safeParse(tolerance).success)
    problems.failureTolerance = 'A number of targets (5) or a share of them (10%), or empty for no limit.'
  if (form.note.trim().length > 500) problems.note = `${formatCount(form.note.trim().length)} characters; 500 are the most.`
  return problems
}

/** The form and the plan that was looked at, as the command that starts exactly that. */
export const startInput = (plan: PlanView, selection: Selection, form: PlanForm): StartRunInput => ({
  set: plan.set,
  selection,
  to: plan.toVersion,
  maxConcurrent: form.maxConcurrent.trim() === '' ? undefined : Number(form.maxConcurrent),
  failureTolerance: form.failureTolerance.trim() || undefined,
  note: form.note.trim(),
  digest: plan.digest,
})

/** Migrations that will run on all targets together: what the work is measured in. */
export const stepsInAll = (plan: Pick<PlanView, 'byVersion'>): number => plan.byVersion.reduce((sum, { count: targets, steps }) => sum + targets * steps, 0)

/** "188 targets go to 0012 in 191 steps, on 2 databases." */
export const planSentence = (plan: PlanView): string => {
  if (plan.total === 0) return 'No target needs anything.'
  const steps = stepsInAll(plan)
  return `${plural(plan.total, 'target')} ${plan.total === 1 ? 'goes' : 'go'} to ${plan.toVersion} in ${plural(steps, 'step')}, in ${plural(plan.byDatabase.length, 'database')}.`
}

export const leftOutCount = (plan: Pick<PlanView, 'leftOut'>): number => plan.leftOut.reduce((sum, entry) => sum + entry.count, 0)

/** How many targets are worked on at once: the budgets of the databases that hold some, cut by what was asked for. */
export const concurrencyOf = (plan: Pick<PlanView, 'byDatabase'>, maxConcurrent: string): number => {
  const byBudget = plan.byDatabase.reduce((sum, { count: targets, budget }) => sum + Math.min(targets, budget), 0)
  const asked = Number(maxConcurrent)
  return maxConcurrent.trim() !== '' && Number.isInteger(asked) && asked > 0 ? Math.min(asked, byBudget) : byBudget
}

/** Failed targets after which the run pauses by itself; null: it never does. */
export const failuresTolerated = (plan: Pick<PlanView, 'total'>, tolerance: string): number | null => {
  const text = tolerance.trim()
  if (!toleranceText.safeParse(text).success) return null
  const amount = Number.parseInt(text, 10)
  return text.endsWith('%') ? Math.floor((plan.total * amount) / 100) : amount
}

/** What the tolerance means for this plan, below its field. */
export const toleranceSentence = (plan: Pick<PlanView, 'total'>, tolerance: string): string => {
  const tolerated = failuresTolerated(plan, tolerance)
  if (tolerated === null) return 'The run goes on to the end however many targets fail.'
  return tolerated === 0 ? 'The run pauses by itself at the first failure.' : `The run pauses by itself when more than ${formatCount(tolerated)} of ${plural(plan.total, 'target')} fail.`
}

export const findingCount = (plan: Pick<PlanView, 'migrations'>, level: 'error' | 'warning'): number =>
  plan.migrations.reduce((sum, migration) => sum + migration.findings.filter((finding) => finding.level === level).length, 0)
