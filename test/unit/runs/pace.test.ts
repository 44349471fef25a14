import { describe, expect, it } from 'vitest'
import { attemptError } from '../../../lib/tenancy/migrations/attempt-error.ts'
import type { ItemOutcome } from '../../../lib/tenancy/runs/conduct/execute.ts'
import { Pace, windowMs } from '../../../lib/tenancy/runs/conduct/pace.ts'

const outcomeOf = (code: string | null): ItemOutcome =>
  code === null
    ? { kind: 'succeeded', versions: ['0002'], seen: null }
    : { kind: 'failed', again: false, interrupted: false, versions: [], error: attemptError(Object.assign(new Error('refused'), { code })), seen: null }
/** What an earlier try had committed, or some of it. */
const resumed: ItemOutcome = { kind: 'succeeded', versions: ['0002'], seen: null, resumed: true }

const settleMany = (pace: Pace, count: number, ms: number, code: string | null = null, like = 'run 1'): void => {
  for (let index = 0; index < count; index += 1) pace.settled(like, ms, outcomeOf(code))
}

/** A pace with its clock, a window at a time. */
const paced = (limit: number) => {
  let now = 0
  const pace = new Pace(limit, now)
  const pass = (windows = 1): number => {
    for (let index = 0; index < windows; index += 1) pace.tick((now += windowMs))
    return pace.width
  }
  return { pace, pass }
}

describe('the pace of a server', () => {
  it('begins at its limit, and stays there while all is quiet', () => {
    const { pace, pass } = paced(8)
    settleMany(pace, 50, 4)
    expect(pass(3)).toBe(8)
    expect(pace.reason).toBeNull()
  })

  it('decides once a window, however often it is asked', () => {
    const pace = new Pace(8, 0)
    pace.refused('53300')
    expect(pace.tick(windowMs - 1)).toBe(false)
    expect(pace.tick(windowMs)).toBe(true)
    expect(pace.tick(windowMs + 1)).toBe(false)
    expect(pace.width).toBe(4)
  })

  it('halves when the server has no connection left, never below one, and climbs again one by one', () => {
    const { pace, pass } = paced(8)
    const widths = [1, 2, 3, 4].map(() => {
      pace.refused('53300')
      return pass()
    })
    expect(widths).toEqual([4, 2, 1, 1])
    expect(pace.reason).toBe('connections')
    expect([pass(), pass(), pass(4), pass(9)]).toEqual([2, 3, 7, 8])
    expect(pace.reason).toBeNull()
  })

  it('leaves a single locked target to its own retries, and yields when many are locked', () => {
    const { pace, pass } = paced(8)
    settleMany(pace, 40, 4)
    settleMany(pace, 1, 1000, '55P03')
    expect(pass()).toBe(8)
    settleMany(pace, 6, 4)
    settleMany(pace, 3, 1000, '55P03')
    expect(pass()).toBe(4)
    expect(pace.reason).toBe('locks')
  })

  it('yields to latency only when it lasts', () => {
    const { pace, pass } = paced(8)
    settleMany(pace, 20, 10)
    pass()
    settleMany(pace, 20, 60)
    expect(pass()).toBe(8)
    settleMany(pace, 20, 60)
    expect(pass()).toBe(6)
    expect(pace.reason).toBe('latency')
    settleMany(pace, 20, 11)
    expect(pass()).toBe(7)
  })

  it('compares a run with itself alone: another one, or a longer way to go, is no latency', () => {
    const { pace, pass } = paced(8)
    settleMany(pace, 50, 5)
    pass()
    const widths = [1, 2, 3, 4, 5].map(() => {
      settleMany(pace, 26, 300, null, 'run 2')
      return pass()
    })
    expect(widths).toEqual([8, 8, 8, 8, 8])
  })

  it('gets used to items that stay slow, also when few of them fit into a window', () => {
    const { pace, pass } = paced(8)
    settleMany(pace, 50, 10)
    pass()
    for (let window = 0; window < 40; window += 1) {
      settleMany(pace, pace.width, 100)
      pass()
    }
    expect(pace.width).toBe(8)
    expect(pace.reason).toBeNull()
  })

  it('takes failures of a tenant’s own for nothing', () => {
    const { pace, pass } = paced(4)
    settleMany(pace, 20, 5, '23514')
    expect(pass()).toBe(4)
  })

  it('does not take what an earlier try had committed for what items usually take', () => {
    const { pace, pass } = paced(17)
    for (let index = 0; index < 30; index += 1) pace.settled('run 1', 20, resumed)
    pass()
    const widths = [1, 2, 3, 4, 5].map(() => {
      settleMany(pace, 17, 4_000)
      return pass()
    })
    expect(widths).toEqual([17, 17, 17, 17, 17])
    expect(pace.reason).toBeNull()
  })

  it('takes what needed nothing for no item at all', () => {
    const { pace, pass } = paced(8)
    for (let index = 0; index < 25; index += 1) {
      pace.settled('run 1', 5, { kind: 'untouched' })
      pace.settled('run 1', 5, { kind: 'skipped', versions: [], seen: null })
    }
    settleMany(pace, 3, 1000, '55P03')
    expect(pass()).toBe(4)
    expect(pace.reason).toBe('locks')
  })

  it('counts what an earlier try had committed among those that no lock was in the way of', () => {
    const { pace, pass } = paced(8)
    for (let index = 0; index < 40; index += 1) pace.settled('run 1', 5, resumed)
    settleMany(pace, 3, 1000, '55P03')
    expect(pass()).toBe(8)
  })

  it('yields as long as a standby lags', () => {
    const { pace, pass } = paced(8)
    pace.lagging(true)
    expect([pass(), pass(), pass(), pass()]).toEqual([4, 2, 1, 1])
    expect(pace.reason).toBe('replication')
    pace.lagging(false)
    expect(pass(7)).toBe(8)
  })

  it('follows a limit that is changed', () => {
    const { pace, pass } = paced(8)
    pace.setLimit(12)
    expect(pace.width).toBe(12)
    pace.refused('53300')
    expect(pass()).toBe(6)
    pace.setLimit(4)
    expect(pace.width).toBe(4)
    expect(pace.reason).toBeNull()
  })
})
