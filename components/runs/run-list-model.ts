/** The list of runs: which states stand behind which tab, and what its address says. */
import { z } from 'zod'
import { finalRunStates, runStates, setName, type RunState } from '@/lib/tenancy/contract'

export const runFilters = ['all', 'open', 'paused', 'failed', 'succeeded', 'cancelled'] as const
export type RunFilter = (typeof runFilters)[number]

export const filterLabels: Readonly<Record<RunFilter, string>> = {
  all: 'All',
  open: 'Open',
  paused: 'Paused',
  failed: 'Failed',
  succeeded: 'Succeeded',
  cancelled: 'Cancelled',
}

const isFinal = (state: RunState): boolean => finalRunStates.some((final) => final === state)

/** The states that the library is asked for; absent for all. */
export const statesOf = (filter: RunFilter): RunState[] | undefined => {
  if (filter === 'all') return undefined
  if (filter === 'paused') return ['pausing', 'paused']
  return filter === 'open' ? runStates.filter((state) => !isFinal(state)) : [filter]
}

export const readFilter = (text: string | null): RunFilter => runFilters.find((filter) => filter === text) ?? 'all'

/** The list's address. */
export const runSearch = z.object({
  state: z.enum(runFilters, `is none of ${runFilters.join(', ')}`).optional(),
  set: setName.optional(),
})
