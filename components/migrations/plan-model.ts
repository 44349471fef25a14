/** The page before a rollout: its address, its form, and the sentences about what will happen to how many. */
import { formatCount, plural } from '@/lib/format'
import { selectionSchema, tenantFilter, toleranceText, type PlanInput, type PlanView, type Selection, type StartRunInput } from '@/lib/tenancy/contract'

const listKeys = ['set', 'database', 'state', 'versionState', 'version', 'isolation', 'label'] as const
const flagKeys = ['failed', 'halfDone'] as const
const filterKeys = ['q', ...listKeys, ...flagKeys] as const

/** Stands for slugs that are too many for an address that a server reads; they follow behind the `#`, which is never sent. */
const behindHash = '~'
const longestList = 4000

const slugsOf = (text: string): string[] => [...new Set(text.split(',').filter((slug) => slug !== ''))]

/** Whether only the browser can know the selection. */
export const isBehindHash = (search: URLSearchParams): boolean => search.get('tenants') === behindHash

/**
 * What an address chooses: `tenants=a,b`, else the filters of the tenants page under their own names, else all.
 * Null when it says something that can't be understood: a rollout must never reach more targets than the address meant.
 */
export const readSelection = (search: URLSearchParams, hash = ''): Selection | null => {
  const tenants = search.get('tenants')
  if (tenants !== null)
    return selectionSchema.safeParse({ kind: 'tenants', slugs: slugsOf(tenants === behindHash ? hash.replace(/^#/, '') : tenants) }).data ?? null
  if (!filterKeys.some((key) => search.has(key))) return { kind: 'all' }
  const raw: Record<string, unknown> = {}
  if (search.get('q')) raw.q = search.get('q')
  for (const key of listKeys) if (search.has(key)) raw[key] = search.getAll(key)
  for (const key of flagKeys) if (search.has(key)) raw[key] = search.get(key) !== 'false'
  const filter = tenantFilter.safeParse(raw)
  return filter.success ? { kind: 'filter', filter: filter.data } : null
}

/** The address of the page that plans a rollout. */
export const rolloutHref = (set: string, selection: Selection = { kind: 'all' }, to: string | null = null): string => {
  const search = new URLSearchParams()
  let hash = ''
  if (to !== null) search.set('to', to)
  if (selection.kind === 'tenants') {
    const list = selection.slugs.join(',')
    search.set('tenants', list.length > longestList ? behindHash : list)
    if (list.length > longestList) hash = `#${list}`
  }
  if (selection.kind === 'filter') {
    const { q, failed, halfDone, ...lists } = selection.filter
    if (q) search.set('q', q)
    for (const key of listKeys) for (const value of lists[key] ?? []) search.append(key, value)
    for (const [key, flag] of Object.entries({ failed, halfDone })) if (flag !== undefined) search.set(key, String(flag))
  }
  const text = search.toString().replaceAll('%2C', ',')
  return `/migrations/${encodeURIComponent(set)}/rollout${text === '' ? '' : `?${text}`}${hash}`
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
  halfDone: 'a migration stopped half-way',
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
  for (const key of flagKeys) if (filter[key]) parts.push(filterWords[key])
  return parts.length === 0 ? 'all tenants' : `tenants with ${parts.join(', ')}`
}

/** What the library is asked for; the page on the server and the browser must ask the very same, to share one answer. */
export const planInputOf = (set: string, selection: Selection, to: string | null): PlanInput => (to === null ? { set, selection } : { set, selection, to })

/** What the form holds, as typed. */
export type PlanForm = { readonly to: string; readonly maxConcurrent: string; readonly failureTolerance: string; readonly note: string }
export const emptyForm: PlanForm = { to: '', maxConcurrent: '', failureTolerance: '', note: '' }

export type PlanProblems = Readonly<Partial<Record<keyof PlanForm, string>>>

export const formProblems = (form: PlanForm): PlanProblems => {
  const problems: { -readonly [K in keyof PlanForm]?: string } = {}
  const concurrent = form.maxConcurrent.trim()
  if (concurrent !== '' && !(/^\d+$/.test(concurrent) && Number(concurrent) >= 1 && Number(concurrent) <= 200))
    problems.maxConcurrent = 'A whole number from 1 to 200, or empty for each server’s whole budget.'
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
  return tolerated === 0
    ? 'The run pauses by itself at the first failure.'
    : `The run pauses by itself when more than ${formatCount(tolerated)} of ${plural(plan.total, 'target')} fail.`
}

export const findingCount = (plan: Pick<PlanView, 'migrations'>, level: 'error' | 'warning'): number =>
  plan.migrations.reduce((sum, migration) => sum + migration.findings.filter((finding) => finding.level === level).length, 0)

const reasonWords: Readonly<Record<string, string>> = {
  at_version: 'at that version already',
  suspended: 'suspended',
  provisioning: 'being onboarded',
  archived: 'archived',
  busy: 'worked on by another run',
  unreachable: 'unreachable when last looked at',
  diverged: 'diverged: their history differs from the set',
  ahead: 'ahead: their history holds versions that the set doesn’t have',
}

/** Why targets are left out, in words. */
export const reasonText = (reason: string): string => reasonWords[reason] ?? reason.replaceAll('_', ' ')

/** The same selection, narrowed to one database or one version; null when it can't be narrowed by a filter. */
export const narrowed = (selection: Selection, by: { readonly database?: string; readonly version?: string | null }): Selection | null => {
  if (selection.kind === 'tenants' || by.version === null) return null
  const filter = selection.kind === 'filter' ? selection.filter : {}
  return {
    kind: 'filter',
    filter: { ...filter, ...(by.database === undefined ? {} : { database: [by.database] }), ...(by.version === undefined ? {} : { version: [by.version] }) },
  }
}
