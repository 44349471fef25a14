import { useQuery } from '@tanstack/react-query'
import { tenantPageQuery } from '@/lib/client/tenants'
import type { Selection } from '@/lib/tenancy/contract'
import { choiceFilter } from './choice-model'

const bySlug = { sort: 'slug', descending: false } as const

/** How many tenants are meant; null: not known yet. */
export const useMeant = (set: string, selection: Selection): number | null => {
  const filter = choiceFilter(set, selection)
  const { data } = useQuery({ ...tenantPageQuery(filter ?? { set: [set] }, bySlug, 0), enabled: filter !== null })
  return selection.kind === 'tenants' ? selection.slugs.length : (data?.total ?? null)
}
