import { useQuery } from '@tanstack/react-query'
import { useRested } from '@/components/ui/use-rested'
import { slugCheckQuery } from '@/lib/client/tenants'
import { ownSlugProblem } from './onboard-model'

export type SlugVerdict = { readonly kind: 'empty' | 'checking' | 'free' | 'unknown' } | { readonly kind: 'refused'; readonly problem: string }

const restMs = 200

/** Whether a slug may be had, asked while it is typed: its form at once, whether it is taken when typing rests. */
export const useSlugCheck = (slug: string): SlugVerdict => {
  const rested = useRested(slug, restMs)
  const own = ownSlugProblem(slug)
  const check = useQuery({ ...slugCheckQuery(rested), enabled: own === null && rested === slug })
  if (slug === '') return { kind: 'empty' }
  if (own !== null) return { kind: 'refused', problem: own }
  if (rested !== slug || check.isPending) return { kind: check.isError ? 'unknown' : 'checking' }
  if (!check.data) return { kind: 'unknown' }
  return check.data.available ? { kind: 'free' } : { kind: 'refused', problem: `“${slug}” ${check.data.problem ?? 'is taken; choose another one'}.` }
}
