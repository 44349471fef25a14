import { describe, expect, it } from 'vitest'
import { etaOf, RunWindow, type SeenItem, type SeenRun } from '../../../lib/tenancy/events/run-window.ts'
import { emptyCounts } from '../../../lib/tenancy/runs/summaries.ts'
import type { ItemState } from '../../../lib/tenancy/contract/states.ts'

const now = new Date('2026-01-01T00:01:00Z')
const ago = (seconds: number): Date => new Date(now.getTime() - seconds * 1000)
const run = (revision: number, startedAt: Date | null = ago(60)): SeenRun => ({ revision, state: 'running', stopReason: null, startedAt, now })
const item = (position: number, state: ItemState, revision: number, finishedAt: Date | null = null): SeenItem => ({ position, state, revision, finishedAt })

describe('a run in memory', () => {
  it('answers what changed after any revision', () => {
    const window = new RunWindow(run(3), [item(1, 'succeeded', 2), item(2, 'failed', 3), item(3, 'pending', 0)])
    expect(window.map).toBe('sfp')
    expect(window.changesAfter(0)).toEqual([
      [1, 's'],
      [2, 'f'],
    ])
    expect(window.changesAfter(2)).toEqual([[2, 'f']])
    expect(window.changesAfter(3)).toEqual([])
    window.advance(run(4), [item(3, 'running', 4)])
    expect(window.changesAfter(3)).toEqual([[3, 'r']])
    expect(window.map).toBe('sfr')
    expect(window.counts).toMatchObject({ succeeded: 1, failed: 1, running: 1, total: 3 })
  })

  it('gives no changes to a reader from elsewhere, nor when the whole map is shorter', () => {
    const items = Array.from({ length: 10_000 }, (_, index) => item(index + 1, 'succeeded', index < 5_000 ? 1 : 2))
    const window = new RunWindow(run(2), items)
    expect(window.changesAfter(7)).toBeNull()
    expect(window.changesAfter(1)).toBeNull()
    window.advance(run(3), [item(9, 'failed', 3)])
    expect(window.changesAfter(2)).toEqual([[9, 'f']])
  })

  it('measures the rate over the last ten seconds, or since the start', () => {
    const settled = [1, 2, 3, 4].map((position) => item(position, 'succeeded', 1, ago(position * 4)))
    expect(new RunWindow(run(1), settled).rate).toBe(0.2)
    expect(new RunWindow(run(1, ago(5)), settled).rate).toBe(0.2)
    expect(new RunWindow(run(1), [item(1, 'succeeded', 1, ago(50))]).rate).toBe(0)
    expect(new RunWindow(run(1), [item(1, 'running', 1)]).rate).toBeNull()
  })

  it('leaves out of the rate the time in which the run stood still', () => {
    const before = [1, 2, 3].map((position) => item(position, 'succeeded', 1, ago(9)))
    const window = new RunWindow({ ...run(1), state: 'paused', now: ago(3) }, before)
    // A conductor has to take it up again.
    window.advance({ ...run(2), state: 'queued', now: ago(2.5) }, [])
    window.advance({ ...run(3), now: ago(2) }, [])
    window.advance(
      run(4),
      [4, 5, 6, 7].map((position) => item(position, 'succeeded', 3, ago(1))),
    )
    expect(window.rate).toBe(2)
  })

  it('says the time left only while items settle', () => {
    const counts = { ...emptyCounts(), pending: 30, running: 8, interrupted: 2 }
    expect(etaOf('running', counts, 4)).toBe(10_000)
    expect(etaOf('paused', counts, 4)).toBeNull()
    expect(etaOf('running', counts, 0)).toBeNull()
    expect(etaOf('running', counts, null)).toBeNull()
  })
})
