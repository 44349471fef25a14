import { describe, expect, it } from 'vitest'
import { dueAt, isBare, isSooner, mayReadEarly } from '../../../components/reports/report-live-model.ts'
import { runStates } from '../../../lib/tenancy/contract/states.ts'

describe('what has come of a report', () => {
  it('is read about once a second, and sooner while somebody waits for it', () => {
    const last = { endedAt: 1_000, tookMs: 40 }
    expect(dueAt(last, 1_100, false)).toBe(1_900)
    expect(dueAt(last, 2_500, false)).toBe(2_500)
    expect(dueAt(last, 1_100, true)).toBe(1_150)
  })

  it('is asked for half of the time at most where the answer takes long', () => {
    expect(dueAt({ endedAt: 9_000, tookMs: 7_000 }, 9_000, false)).toBe(16_000)
    expect(dueAt({ endedAt: 9_000, tookMs: 7_000 }, 9_000, true)).toBe(9_150)
  })

  it('is read once for all who ask, when the first of them needs it', () => {
    expect(isSooner(null, 1_900)).toBe(true)
    expect(isSooner(1_900, 1_150)).toBe(true)
    expect(isSooner(1_150, 1_900)).toBe(false)
    expect(isSooner(1_150, 1_150)).toBe(false)
  })

  it('is waited for while the run goes on and has no row, and not for ever', () => {
    expect(runStates.filter((state) => isBare(state, 0))).toEqual(['running'])
    expect(isBare('running', 1)).toBe(false)
    let early = 0
    while (mayReadEarly(early)) early += 1
    expect(early).toBe(12)
  })
})
