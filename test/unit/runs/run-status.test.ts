import { expect, it } from 'vitest'
import { runLook } from '@/components/runs/run-status'
import type { ItemCounts, RunKind, RunState } from '@/lib/tenancy/contract'

const counts = (succeeded: number, failed: number): ItemCounts => ({
  pending: 0,
  running: 0,
  succeeded,
  failed,
  skipped: 0,
  interrupted: 0,
  cancelled: 0,
  total: succeeded + failed,
})

it.each<[string, RunKind, RunState, ItemCounts, string]>([
  ['a report that all have answered', 'report', 'succeeded', counts(3, 0), 'Succeeded'],
  ['one that some have not answered', 'report', 'failed', counts(198, 3), 'In part'],
  ['one that nobody has answered', 'report', 'failed', counts(0, 3), 'Failed'],
  ['one that was cancelled', 'report', 'cancelled', counts(1, 0), 'Cancelled'],
  ['a rollout with failures', 'migrate', 'failed', counts(198, 3), 'Failed'],
])('the state of %s', (_, kind, state, of, label) => {
  expect(runLook({ kind, state, counts: of }).label).toBe(label)
})
