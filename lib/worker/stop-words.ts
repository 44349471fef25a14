import { plural } from '../format.ts'
import type { StopOptions } from '../tenancy/contract/index.ts'

/**
 * What a process that stops says of the work it has in hand.
 * @param whose behind the number of items
 */
export const stopWords = (say: (line: string) => void, whose = ''): Required<Pick<StopOptions, 'onDrain' | 'onCut'>> => ({
  onDrain: (inHand, drainMs) => say(`${plural(inHand, 'item')}${whose} on the way; up to ${drainMs / 1000} s to finish. Ctrl-C again ends at once.`),
  onCut: (inHand) =>
    say(`${plural(inHand, 'item')}${whose} did not finish and ${inHand === 1 ? 'is' : 'are'} rolled back; the next worker takes the work up again.`),
})
