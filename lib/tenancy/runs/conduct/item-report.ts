import type { ItemOutcome } from './execute.ts'
import type { Attempt, ItemReport } from './report-rows.ts'
import type { Work } from './work.ts'

const attemptOf = (outcome: ItemOutcome | null, startedAt: Date, backendPid: number | null): Attempt | null => {
  // Nothing was tried: the target needed nothing, or was only looked at.
  if (outcome === null || outcome.kind === 'skipped' || outcome.kind === 'untouched') return null
  return {
    state: outcome.kind !== 'failed' ? 'succeeded' : outcome.interrupted ? 'interrupted' : 'failed',
    startedAt,
    finishedAt: new Date(),
    versionsApplied: outcome.versions,
    backendPid,
    claimed: outcome.kind === 'succeeded' && outcome.claimed === true,
    error: outcome.kind === 'failed' ? outcome.error : null,
  }
}

/** What the control plane is told of an item. @param outcome null: it begins, or goes back as it was */
export const itemReport = (
  work: Work,
  state: 'running' | 'pending' | 'succeeded' | 'failed' | 'skipped',
  startedAt: Date,
  outcome: ItemOutcome | null,
  backendPid: number | null,
): ItemReport => ({
  run: work.run.id,
  position: work.position,
  targetId: work.targetId,
  tenantId: work.tenantId,
  state,
  attempts: work.attempts,
  nextAttemptAt: state === 'pending' && work.notBefore > 0 ? new Date(work.notBefore) : null,
  startedAt,
  attempt: attemptOf(outcome, startedAt, backendPid),
  error: outcome?.kind === 'failed' ? outcome.error : null,
  seen: outcome && 'seen' in outcome ? outcome.seen : null,
  filled: outcome?.kind === 'succeeded' ? outcome.filled : undefined,
  activates: work.run.kind === 'onboard' && state === 'succeeded',
})
