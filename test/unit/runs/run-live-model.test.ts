import { expect, it } from 'vitest'
import { applyRunEvent, itemStateAt, liveFrom, shownState, staleAfter } from '../../../components/runs/run-live-model.ts'
import type { ItemCounts, RunDetail, RunEvent } from '../../../lib/tenancy/contract/index.ts'

const counts: ItemCounts = { total: 4, pending: 4, running: 0, succeeded: 0, failed: 0, skipped: 0, interrupted: 0, cancelled: 0 }
const run: RunDetail = {
  id: 42,
  kind: 'migrate',
  state: 'queued',
  set: 'app',
  toVersion: '0012',
  counts,
  note: '',
  startedBy: 'ada@example.com',
  parentRun: null,
  createdAt: '2026-01-01T00:00:00Z',
  startedAt: null,
  finishedAt: null,
  stopReason: null,
  revision: 3,
  maxConcurrent: null,
  failureTolerance: null,
  digest: 'd',
  migrations: [],
  attempts: 0,
  retried: 0,
  childRuns: [],
  leftover: { failed: 0, interrupted: 0, cancelled: 0, putRight: [] },
  servers: [],
  waitsFor: null,
  verified: null,
}
const live = liveFrom(run, { revision: 3, letters: 'pppp', slugs: ['a', 'b', 'c', 'd'] })
const event = (some: Partial<RunEvent>): RunEvent => ({
  run: 42,
  revision: 4,
  state: 'running',
  counts,
  rate: 2,
  etaMs: 1000,
  stopReason: null,
  waitsFor: null,
  paces: {},
  changes: [],
  map: null,
  at: '2026-01-01T00:00:01Z',
  ...some,
})

it('puts changes where they belong and goes on from their revision', () => {
  const next = applyRunEvent(
    live,
    event({
      changes: [
        [2, 's'],
        [4, 'f'],
      ],
    }),
  )
  expect(next.letters).toBe('pspf')
  expect([next.revision, next.run.state, next.rate]).toEqual([4, 'running', 2])
  expect(itemStateAt(next.letters, 4)).toBe('failed')
})

it('takes a whole map when the stream sends one', () => {
  expect(applyRunEvent(live, event({ map: 'ssss' })).letters).toBe('ssss')
})

it('ignores messages of another run and of an older revision', () => {
  expect(applyRunEvent(live, event({ run: 41 }))).toBe(live)
  expect(applyRunEvent(live, event({ revision: 2, map: 'ffff' }))).toBe(live)
})

it('takes a change of state that moved no item', () => {
  expect(applyRunEvent(live, event({ revision: 3, state: 'paused' })).run.state).toBe('paused')
})

it('says what has to be read again', () => {
  expect(staleAfter(live, event({ state: 'queued' }))).toEqual({ items: false, detail: false })
  expect(staleAfter(live, event({ changes: [[1, 'f']], counts: { ...counts, failed: 1 } }))).toEqual({ items: true, detail: true })
})

it('reads a letter it does not know as pending', () => {
  expect(itemStateAt('?', 1)).toBe('pending')
  expect(itemStateAt('', 7)).toBe('pending')
})

it('believes a final outcome whoever says it, and else the map', () => {
  expect(shownState({ state: 'succeeded', position: 1 }, 'p')).toBe('succeeded')
  expect(shownState({ state: 'pending', position: 1 }, 's')).toBe('succeeded')
  expect(shownState({ state: 'failed', position: 1 }, 'p')).toBe('pending')
  expect(shownState({ state: 'running', position: 1 }, '')).toBe('running')
})
