/** One try of one item of a repair. It has no history row: what the structure shows before and after is what is known of it. */
import { repairTarget, type RepairOutcome, type RepairPlan } from '../../drift/repair/repair-target.ts'
import { classify } from '../../sql/sqlstate.ts'
import type { Bench, ItemOutcome } from './execute.ts'
import type { Work } from './work.ts'

const outcomeOf = (outcome: Exclude<RepairOutcome, { readonly kind: 'differs' }>, tries: number): ItemOutcome => {
  switch (outcome.kind) {
    case 'repaired':
      return { kind: 'succeeded', versions: [], seen: null }
    case 'norm':
      // An earlier try committed, and nobody was told.
      return tries > 0 ? { kind: 'succeeded', versions: [], seen: null, resumed: true } : { kind: 'skipped', versions: [], seen: null }
    case 'unknown':
      return { kind: 'failed', again: true, interrupted: true, versions: [], error: outcome.error, seen: null }
    case 'failed': {
      const kind = classify(outcome.error.code)
      return { kind: 'failed', again: kind !== 'permanent', interrupted: kind === 'connection', versions: [], error: outcome.error, seen: null }
    }
  }
}

export const repairItem = async ({ connection, scene, serverVersion }: Bench, work: Work, plan: RepairPlan): Promise<ItemOutcome> => {
  const place = { scene, role: work.role, serverVersion }
  if (!work.lookOnly) {
    const outcome = await repairTarget(connection, place, plan, 'repair')
    if (outcome.kind !== 'differs') return outcomeOf(outcome, work.attempts)
  }
  const seen = await repairTarget(connection, place, plan, 'look')
  return seen.kind === 'norm' ? { kind: 'succeeded', versions: [], seen: null, resumed: true } : { kind: 'untouched' }
}
