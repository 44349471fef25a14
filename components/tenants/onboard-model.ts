import { searchOf } from '@/lib/client/fetch-json'
import { plural } from '@/lib/format'
import { defaultSchemaName, onboardInput, proposeSlug, slugProblem, type CsvPreview, type OnboardInput } from '@/lib/tenancy/contract'
import { readHosts, readLabels } from './edit-model'

/** What the form holds, as typed. */
export type OnboardForm = {
  readonly name: string
  /** null: follows the name until somebody types one. */
  readonly slug: string | null
  readonly set: string
  /** Empty: the set's default. */
  readonly database: string
  readonly hosts: string
  readonly labels: string
  /** Empty: tenant_<slug>. */
  readonly schema: string
  /** Empty: build the schema; else adopt it at this version. */
  readonly baseline: string
  readonly note: string
}
export type OnboardField = keyof OnboardForm
export type OnboardProblems = Readonly<Partial<Record<OnboardField, string>>>

export const emptyOnboardForm = (set: string): OnboardForm => ({
  name: '',
  slug: null,
  set,
  database: '',
  hosts: '',
  labels: '',
  schema: '',
  baseline: '',
  note: '',
})

export const slugOf = (form: OnboardForm): string => form.slug ?? proposeSlug(form.name)

/** What is wrong with the slug by itself, as a sentence; null when only the registry can still refuse it. */
export const ownSlugProblem = (slug: string): string | null => {
  const problem = slugProblem(slug)
  return problem === null ? null : slug === '' ? 'The slug is empty; it needs 1 to 48 characters.' : `“${slug.slice(0, 60)}” ${problem}.`
}

const fieldOf = (path: readonly PropertyKey[]): OnboardField => {
  const [top, , field] = path
  if (top === 'set') return 'set'
  if (top === 'note') return 'note'
  return field === 'name' || field === 'hosts' || field === 'labels' || field === 'database' || field === 'schema' || field === 'baseline' ? field : 'slug'
}

/** The field at which a problem of the check stands; what belongs to all of it, at the set. */
export const checkedField = (field: string | null): OnboardField => (field === null ? 'set' : fieldOf(['tenants', 0, field]))

/** What the check is asked, as search params. */
export const placeSearch = ({ set, tenants: [tenant] }: OnboardInput): string =>
  tenant === undefined
    ? ''
    : searchOf({ set, slug: tenant.slug, hosts: tenant.hosts, database: tenant.database, schema: tenant.schema, baseline: tenant.baseline })

const optional = (text: string): string | undefined => (text.trim() === '' ? undefined : text.trim())

/** The form as the command's input, or what is wrong with which field. */
export const readOnboardForm = (form: OnboardForm): { readonly input: OnboardInput | null; readonly problems: OnboardProblems } => {
  const labels = readLabels(form.labels)
  const problems: { -readonly [K in OnboardField]?: string } = {}
  if (labels.problem !== null) problems.labels = labels.problem
  const slug = slugOf(form)
  const wrongSlug = ownSlugProblem(slug)
  if (wrongSlug !== null) problems.slug = wrongSlug
  const parsed = onboardInput.safeParse({
    set: form.set,
    note: form.note,
    tenants: [
      {
        slug,
        name: optional(form.name),
        hosts: readHosts(form.hosts),
        labels: labels.labels,
        database: optional(form.database),
        schema: optional(form.schema),
        baseline: optional(form.baseline),
      },
    ],
  })
  if (!parsed.success) for (const { path, message } of parsed.error.issues) problems[fieldOf(path)] ??= message
  return { input: parsed.success && Object.keys(problems).length === 0 ? parsed.data : null, problems }
}

export type SetChoice = { readonly name: string; readonly head: string | null; readonly migrations: number; readonly defaultDatabase: string | null }

export type Outcome = { readonly schema: string; readonly database: string | null; readonly what: string }

/** What starting the onboarding will make, and where. */
export const outcomeOf = (form: OnboardForm, set: SetChoice | undefined): Outcome => {
  const slug = slugOf(form)
  const schema = optional(form.schema) ?? (slugProblem(slug) === null ? defaultSchemaName(slug) : 'tenant_…')
  const database = optional(form.database) ?? set?.defaultDatabase ?? null
  const baseline = optional(form.baseline)
  const what =
    baseline !== undefined
      ? `adopted at version ${baseline}; nothing is run in it`
      : set === undefined || set.head === null
        ? 'not made yet: the set has no migrations'
        : `made with ${plural(set.migrations, 'migration')}, to ${set.head}`
  return { schema, database, what }
}

/** What the command takes. */
export const mostCsvBytes = 8_000_000

/** "50 tenants, ready to be onboarded", "3 problems in 50 lines: nothing can be onboarded before they are mended". */
export const previewSentence = ({ total, problemCount }: Pick<CsvPreview, 'total' | 'problemCount'>): string => {
  if (problemCount > 0)
    return `${plural(problemCount, 'problem')}: nothing is onboarded before ${problemCount === 1 ? 'it is' : 'they are'} mended in the file.`
  return `${plural(total, 'tenant')}, no problems found.`
}
