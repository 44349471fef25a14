import { useQuery } from '@tanstack/react-query'
import { tenantPageQuery } from '@/lib/client/tenants'
import type { Selection } from '@/lib/tenancy/contract'
import { choiceFilter, triedAtOnce } from './choice-model'

const bySlug = { sort: 'slug', descending: false } as const

/** How many tenants are meant, and the first of them by slug. */
export const useMeant = (set: string, selection: Selection): { readonly count: number | null; readonly first: readonly string[] } => {
  const filter = choiceFilter(set, selection)
  const { data } = useQuery({ ...tenantPageQuery(filter ?? { set: [set] }, bySlug, 0), enabled: filter !== null })
  if (selection.kind === 'tenants') return { count: selection.slugs.length, first: selection.slugs.slice(0, triedAtOnce) }
  return { count: data?.total ?? null, first: data?.rows.slice(0, triedAtOnce).map(({ slug }) => slug) ?? [] }
}
