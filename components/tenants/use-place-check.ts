import { useQuery } from '@tanstack/react-query'
import { useRested } from '@/components/ui/use-rested'
import { onboardingCheckQuery } from '@/lib/client/tenants'
import type { OnboardInput } from '@/lib/tenancy/contract'
import { checkedField, placeSearch, type OnboardProblems } from './onboard-model'

/** Each answer is a look at the tenant's server, which a slug's need not be. */
const restMs = 500

export type PlaceVerdict = { readonly problems: OnboardProblems; readonly notes: readonly string[] }

const nothing: PlaceVerdict = { problems: {}, notes: [] }

/** What the registry and the server have against the place that a form asks for; nothing until the form can be read, and while it is being looked up. */
export const usePlaceCheck = (input: OnboardInput | null): PlaceVerdict => {
  const place = input === null ? '' : placeSearch(input)
  const rested = useRested(place, restMs)
  const { data } = useQuery({ ...onboardingCheckQuery(rested), enabled: rested !== '' && rested === place })
  if (rested !== place || !data) return nothing
  return { problems: Object.fromEntries(data.problems.toReversed().map(({ field, message }) => [checkedField(field), `${message}.`])), notes: data.notes }
}
