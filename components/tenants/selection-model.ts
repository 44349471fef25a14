import { plural } from '@/lib/format'
import type { Selection, TenantFilter, TenantRow } from '@/lib/tenancy/contract'

/** What is chosen on the tenants page: some by hand, or everything that the filter finds, whether it is on the screen or not. */
export type Chosen = { readonly kind: 'some'; readonly slugs: ReadonlySet<string>; readonly last: string | null } | { readonly kind: 'matching' }

export const nothing: Chosen = { kind: 'some', slugs: new Set(), last: null }

export const isChosen = (chosen: Chosen, slug: string): boolean => chosen.kind === 'matching' || chosen.slugs.has(slug)
export const isNothing = (chosen: Chosen): boolean => chosen.kind === 'some' && chosen.slugs.size === 0

/** The slugs as listed; a place is empty where the list has not been read yet. */
export type Order = ReadonlyArray<string | undefined>

/** Only what was read can be taken: over an unread gap the range is the pressed one alone, so that nothing is left out unseen. */
const between = (order: Order, from: string, to: string): readonly string[] => {
  const one = order.indexOf(from)
  const other = order.indexOf(to)
  if (one === -1 || other === -1) return [to]
  const range = order.slice(Math.min(one, other), Math.max(one, other) + 1)
  const read = range.filter((slug) => slug !== undefined)
  return read.length === range.length ? read : [to]
}

const readOf = (order: Order): readonly string[] => order.filter((slug) => slug !== undefined)

/** Turns one over; with `range` everything from the last one on gets the state that the pressed one gets. */
export const toggle = (chosen: Chosen, slug: string, range: boolean, order: Order): Chosen => {
  const slugs = new Set(chosen.kind === 'matching' ? readOf(order) : chosen.slugs)
  const add = !slugs.has(slug)
  const reach = range && chosen.kind === 'some' && chosen.last !== null ? between(order, chosen.last, slug) : [slug]
  for (const one of reach) {
    if (add) slugs.add(one)
    else slugs.delete(one)
  }
  return { kind: 'some', slugs, last: slug }
}

/** What the box in the header shows. */
export const headerState = (chosen: Chosen, order: Order): boolean | 'indeterminate' => {
  if (chosen.kind === 'matching') return true
  if (chosen.slugs.size === 0) return false
  return readOf(order).every((slug) => chosen.slugs.has(slug)) ? true : 'indeterminate'
}

/** The box in the header: all that were read, or none. */
export const toggleAll = (chosen: Chosen, order: Order): Chosen =>
  headerState(chosen, order) === true ? nothing : { kind: 'some', slugs: new Set(readOf(order)), last: null }

/** What is sent to the library. */
export const selectionOf = (chosen: Chosen, filter: TenantFilter): Selection =>
  chosen.kind === 'some'
    ? { kind: 'tenants', slugs: [...chosen.slugs].toSorted() }
    : Object.keys(filter).length === 0
      ? { kind: 'all' }
      : { kind: 'filter', filter }

export const chosenCount = (chosen: Chosen, total: number): number => (chosen.kind === 'matching' ? total : chosen.slugs.size)

export const chosenSentence = (chosen: Chosen, total: number): string =>
  chosen.kind === 'matching' ? `All ${plural(total, 'matching row')} selected` : `${plural(chosen.slugs.size, 'tenant')} selected`

/** The sets that a rollout to the chosen could be of. For "all matching" the filter or the facets say it. */
export const setsOf = (chosen: Chosen, rows: readonly TenantRow[], matchingSets: readonly string[]): readonly string[] => {
  if (chosen.kind === 'matching') return matchingSets
  const sets = rows.filter(({ slug }) => chosen.slugs.has(slug)).flatMap(({ set }) => set ?? [])
  return [...new Set(sets)].toSorted()
}
