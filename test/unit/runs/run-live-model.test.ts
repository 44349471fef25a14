import { expect, it } from 'vitest'
import { applyRunEvent, changedItems, isPageStale, itemStateAt, liveFrom, shownState, staleAfter } from '../../../components/runs/run-live-model.ts'
import { itemsInput, plainView } from '../../../components/runs/run-items-model.ts'
import type { ItemCounts, RunDetail, RunEvent, RunItemPage, RunItemRow } from '../../../lib/tenancy/contract/index.ts'

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
  claimed: 0,
  childRuns: [],
  leftover: { failed: 0, interrupted: 0, cancelled: 0, putRight: [] },
  servers: [],
  waitsFor: null,
  repair: null,
  verified: null,
  different: 0,
  differing: [],
  differentShapes: [],
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

const row = (position: number): RunItemRow => ({
  position,
  slug: `t${position}`,
  database: 'app',
  schema: `tenant_t${position}`,
  state: 'pending',
  attempts: 0,
  fromVersion: null,
  toVersion: '0012',
  startedAt: null,
  finishedAt: null,
  nextAttemptAt: null,
  durationMs: null,
  error: null,
  putRightBy: null,
  claimed: false,
  differs: false,
})
const page: RunItemPage = { rows: [row(101), row(102)], total: 4, offset: 100 }
const plain = itemsInput(42, plainView, 1)
const told = (...positions: number[]) => changedItems(new Set([7]), event({ changes: positions.map((position) => [position, 's'] as const) }))

it('reads a page of items again when one of its own has changed', () => {
  expect(isPageStale(told(102), plain, page)).toBe(true)
  expect(isPageStale(told(8, 9), plain, page)).toBe(false)
  expect(isPageStale(told(8), plain, undefined)).toBe(true)
})

it('remembers what changed before, and that everything may have', () => {
  expect(told(8)).toEqual(new Set([7, 8]))
  const all = changedItems(told(8), event({ map: 'ssss' }))
  expect(all).toBe('all')
  expect(changedItems(all, event({ changes: [[3, 's']] }))).toBe('all')
  expect(isPageStale(all, plain, page)).toBe(true)
})

it('reads a filtered page, or one in another order, again after any change', () => {
  for (const view of [
    { ...plainView, q: 't' },
    { ...plainView, states: ['failed'] as const },
    { ...plainView, cause: 'c' },
    { ...plainView, sort: 'slug' as const },
  ])
    expect(isPageStale(told(8), itemsInput(42, view, 1), page)).toBe(true)
})
