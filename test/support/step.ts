import { digestOf, type HistoryFact } from '../../lib/tenancy/migrations/digest.ts'
import type { Step } from '../../lib/tenancy/migrations/track.ts'

/** The step of a migration that follows others. */
export const stepAfter = (facts: readonly HistoryFact[], migration: HistoryFact): Step => ({
  before: digestOf(facts),
  after: digestOf([...facts, migration]),
  applied: facts.length + 1,
})
