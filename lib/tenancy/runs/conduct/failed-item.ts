import type { AttemptError } from '../../contract/views.ts'
import { attemptError } from '../../migrations/attempt-error.ts'
import type { HistorySummary } from '../../migrations/history.ts'
import { classify } from '../../sql/sqlstate.ts'

/** Whether it is tried again is told by the error's class. */
export const failed = (error: AttemptError, versions: readonly string[] = [], seen: HistorySummary | null = null) => {
  const kind = classify(error.code)
  return { kind: 'failed' as const, again: kind !== 'permanent', interrupted: kind === 'connection', versions, error, seen }
}

/** Whatever was thrown while it was carried out. */
export const brokenOff = (error: unknown, schema: string) => failed(attemptError(error, undefined, schema))
