import { useQuery } from '@tanstack/react-query'
import { useRested } from '@/components/ui/use-rested'
import { onboardingCheckQuery } from '@/lib/client/tenants'
import type { OnboardInput } from '@/lib/tenancy/contract'
import { checkedField, placeSearch, type OnboardProblems } from './onboard-model'

/** Each answer is a look at the tenant's server, which a slug's need not be. */
const restMs = 500

export type PlaceVerdict = {
  readonly problems: OnboardProblems
  readonly notes: readonly string[]
  /** What was in the way may be gone since: whether nothing is known to be there any more. What cannot be asked the command itself will say. */
  readonly askAgain: () => Promise<boolean>
}

const none: readonly never[] = []
const isFree = (): Promise<boolean> => Promise.resolve(true)

/** What the registry and the server have against the place that a form asks for; nothing until the form can be read, and while it is being looked up. */
export const usePlaceCheck = (input: OnboardInput | null): PlaceVerdict => {
  const place = input === null ? '' : placeSearch(input)
  const rested = useRested(place, restMs)
  const { data, refetch } = useQuery({ ...onboardingCheckQuery(rested), enabled: rested !== '' && rested === place })
  if (rested !== place || !data || data.problems.length === 0) return { problems: {}, notes: rested === place ? (data?.notes ?? none) : none, askAgain: isFree }
  const askAgain = async (): Promise<boolean> => {
    const answer = await refetch()
    return answer.isError || answer.data?.problems.length === 0
  }
  return {
    askAgain,
    problems: Object.fromEntries(data.problems.toReversed().map(({ field, message }) => [checkedField(field), `${message}.`])),
    notes: data.notes,
  }
}
