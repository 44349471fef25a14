/** Which tenants a report asks. */
import { readSelection, rolloutHref, selectionSentence } from '@/components/migrations/plan-model'
import { plural } from '@/lib/format'
import { selectionSchema, type Selection, type TenantFilter } from '@/lib/tenancy/contract'

export const triedAtOnce = 5

/** The active tenants that are meant, as the tenants page would find them; null for named ones. */
export const choiceFilter = (set: string, selection: Selection): TenantFilter | null => {
  if (selection.kind === 'tenants') return null
  return { ...(selection.kind === 'filter' ? selection.filter : {}), set: [set], state: ['active'] }
}

export const slugsIn = (text: string): readonly string[] => [...new Set(text.split(/[\s,;]+/).filter((slug) => slug !== ''))]

/** Named tenants as somebody typed them; a sentence where one cannot be a tenant. */
export const readNamed = (text: string): { readonly selection: Selection | null; readonly problem: string | null } => {
  const slugs = slugsIn(text)
  if (slugs.length === 0) return { selection: null, problem: 'Name at least one tenant.' }
  const parsed = selectionSchema.safeParse({ kind: 'tenants', slugs })
  if (parsed.success) return { selection: parsed.data, problem: null }
  const wrong = slugs.find((slug) => !selectionSchema.safeParse({ kind: 'tenants', slugs: [slug] }).success)
  return { selection: null, problem: wrong === undefined ? `${plural(slugs.length, 'tenant')}; 20,000 are the most.` : `“${wrong}” is not a tenant’s slug.` }
}

/** "Run on 200 tenants"; without a number until it is known. */
export const runLabel = (count: number | null): string => (count === null ? 'Run' : `Run on ${plural(count, 'tenant')}`)

export const choiceSentence = (set: string, selection: Selection, count: number | null): string => {
  const words = selectionSentence(set, selection)
  if (selection.kind === 'tenants') return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`
  if (count === null) return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`
  if (count === 0) return `No active tenant among ${words}.`
  return selection.kind === 'all' ? `${plural(count, 'active tenant')} of ${set}.` : `${plural(count, 'active tenant')}: ${words}.`
}

/** The address of a new report over these tenants; they are said as the page of a rollout says them. */
export const reportHref = (set: string, selection: Selection): string => {
  const [, search = '', hash = ''] = /^[^?#]*(?:\?([^#]*))?(#.*)?$/.exec(rolloutHref(set, selection)) ?? []
  return `/reports/new?set=${encodeURIComponent(set)}${search === '' ? '' : `&${search}`}${hash}`
}

/** The tenants that such an address names; `selection` null where it names none, or none that can be understood. */
export const chosenIn = (address: URLSearchParams, hash: string): { readonly selection: Selection | null; readonly isUnderstood: boolean } => {
  const search = new URLSearchParams(address)
  search.delete('set')
  search.delete('from')
  if (search.size === 0) return { selection: null, isUnderstood: true }
  const selection = readSelection(search, hash)
  return { selection, isUnderstood: selection !== null }
}
