import { afterEach, describe, expect, it, vi } from 'vitest'
import { QuietRuns } from '../../../lib/tenancy/runs/conduct/quiet-runs.ts'
import { WorkList } from '../../../lib/tenancy/runs/conduct/work-list.ts'
import type { DrivenRun, Work } from '../../../lib/tenancy/runs/conduct/work.ts'
import { runOf, workOf } from '../../support/driven.ts'

const listOf = (...runs: ReadonlyArray<readonly [DrivenRun, number]>): WorkList => {
  const list = new WorkList()
  for (const [run, count] of runs) {
    list.runs.set(run.id, run)
    for (let position = 1; position <= count; position += 1) list.add(workOf(run, position))
  }
  return list
}

const everywhere = () => true
const takeAll = (list: WorkList, limit = 1000): string[] => {
  const taken: string[] = []
  for (let work = list.take(1, everywhere); work && taken.length < limit; work = list.take(1, everywhere)) taken.push(`${work.run.id}:${work.position}`)
  return taken
}

/** Over slots of a made-up clock, each item of a kind taking its time, for an hour or until all is done. */
const drive = (list: WorkList, slots: number, secondsOf: (work: Work) => number): Readonly<Record<string, number>> => {
  vi.useFakeTimers({ now: 0 })
  const done: Record<string, number> = {}
  const busy: Array<{ readonly until: number; readonly work: Work }> = []
  for (let now = 0; now < 3_600;) {
    for (let work = busy.length < slots ? list.take(1, everywhere) : null; work; work = busy.length < slots ? list.take(1, everywhere) : null)
      busy.push({ until: now + secondsOf(work), work })
    busy.sort((one, other) => one.until - other.until)
    const next = busy.shift()
    if (!next) break
    now = next.until
    vi.setSystemTime(now * 1_000)
    list.settle(next.work)
    done[next.work.run.kind] = (done[next.work.run.kind] ?? 0) + 1
  }
  vi.useRealTimers()
  return done
}

describe('reports beside what writes', () => {
  const report = (id: number): DrivenRun => runOf(id, { kind: 'report' })

  it('get one item in eight, in turns of a moment', () => {
    vi.useFakeTimers({ now: 0 })
    const list = listOf([runOf(1), 300], [report(2), 30], [report(3), 30])
    const taken: string[] = []
    for (let work = list.take(1, everywhere); work && taken.length < 96; work = list.take(1, everywhere)) {
      taken.push(String(work.run.id))
      list.settle(work)
      // One of a report each 40 ms.
      vi.advanceTimersByTime(5)
    }
    vi.useRealTimers()
    expect(taken.filter((id) => id === '1')).toHaveLength(84)
    expect(taken.filter((id) => id !== '1').join('')).toBe('222333222333')
  })

  it('leave half of the slots to the next, however long the items of one take', () => {
    const list = listOf([report(2), 30], [report(3), 30], [report(4), 30])
    list.pace = 8
    expect(Array.from({ length: 8 }, () => list.take(1, everywhere)?.run.id).join('')).toBe('22223333')
  })

  it('have their turn at each item where an item takes its time', () => {
    vi.useFakeTimers({ now: 0 })
    const list = listOf([report(2), 3], [report(3), 3])
    const taken: string[] = []
    for (let work = list.take(1, everywhere); work; work = list.take(1, everywhere)) {
      taken.push(String(work.run.id))
      list.settle(work)
      vi.advanceTimersByTime(1_000)
    }
    vi.useRealTimers()
    expect(taken.join('')).toBe('232323')
  })

  it('hold one slot in eight, and at least one', () => {
    for (const [pace, held] of [
      [6, 1],
      [24, 3],
    ] as const) {
      const list = listOf([runOf(1), 200], [report(2), 200])
      list.pace = pace
      const inHand = Array.from({ length: pace }, () => list.take(1, everywhere))
      for (let turn = 0; turn < 100; turn += 1) {
        // Those of the report take their time.
        const index = inHand.findIndex((work) => work?.run.id === 1)
        const work = inHand[index]
        if (work) list.settle(work)
        inHand[index] = list.take(1, everywhere)
      }
      expect(list.runningOf(2)).toBe(held)
    }
  })

  it('are done soon where what writes takes its time, which has the other slots', () => {
    const list = listOf([runOf(1), 10_000], [report(2), 1_000])
    list.pace = 8
    const done = drive(list, 8, ({ run }) => (run.kind === 'report' ? 0.01 : 60))
    expect(done.report).toBe(1_000)
    expect(done.migrate).toBeGreaterThanOrEqual(7 * 59)
  })

  it('take turns with what takes its time where there is one slot', () => {
    const list = listOf([runOf(1), 10_000], [report(2), 10_000])
    list.pace = 1
    const done = drive(list, 1, () => 10)
    expect(done.report).toBe(done.migrate)
  })

  it('never take more slots than the pace leaves, whatever figure of their own they have', () => {
    const list = listOf([runOf(1), 500], [runOf(2, { kind: 'report', maxConcurrent: 100 }), 500], [runOf(3, { kind: 'report', maxConcurrent: 2 }), 500])
    list.pace = 8
    for (let slot = 0; slot < 40; slot += 1) list.take(1, everywhere)
    expect([list.runningOf(1), list.runningOf(2) + list.runningOf(3)]).toEqual([7, 1])
    const alone = listOf([runOf(3, { kind: 'report', maxConcurrent: 2 }), 500])
    alone.pace = 8
    expect(takeAll(alone)).toHaveLength(2)
  })

  it('have everything where nothing that writes can go', () => {
    const locked = runOf(1)
    const list = listOf([report(2), 10], [locked, 0])
    const first = workOf(locked, 1, { isSerial: true })
    for (const work of [first, workOf(locked, 2, { isSerial: true })]) list.add(work)
    list.pace = 6
    expect(takeAll(list).filter((key) => key.startsWith('2:'))).toHaveLength(5)
  })
})

describe('items that touch what all tenants share', () => {
  const shared = (run: DrivenRun, position: number, databaseId = 1): Work => workOf(run, position, { isSerial: true, databaseId })

  it('go one at a time in each database, past each other and beside the rest', () => {
    const run = runOf(1)
    const list = listOf([run, 0])
    for (const work of [shared(run, 1), shared(run, 2), workOf(run, 3), shared(run, 4, 2)]) list.add(work)
    const first = list.take(1, everywhere)
    expect([first, list.take(1, everywhere), list.take(1, everywhere)].map((work) => work?.position)).toEqual([1, 3, 4])
    expect(list.take(1, everywhere)).toBeNull()
    if (first) list.settle(first)
    expect(list.take(1, everywhere)?.position).toBe(2)
  })

  it('give way again when one is put back', () => {
    const run = runOf(1)
    const list = listOf([run, 0])
    for (const work of [shared(run, 1), shared(run, 2)]) list.add(work)
    const first = list.take(1, everywhere)
    if (first) list.giveBack(first, Date.now() + 60_000)
    expect(list.take(1, everywhere)?.position).toBe(2)
  })
})

describe('items that go step by step', () => {
  const stepwise = (run: DrivenRun, position: number, databaseId = 1): Work => workOf(run, position, { isStepwise: true, databaseId })
  const positions = (list: WorkList): Array<number | undefined> => [1, 2, 3, 4, 5, 6].map(() => list.take(1, everywhere)?.position)

  it('leave half of the pace to others, in each database', () => {
    const run = runOf(1)
    const list = listOf([run, 0])
    list.pace = 5
    for (const work of [stepwise(run, 1), stepwise(run, 2), stepwise(run, 3), stepwise(run, 4, 2), workOf(run, 5), workOf(run, 6)]) list.add(work)
    expect(positions(list)).toEqual([1, 2, 5, 6, 4, undefined])
  })

  it('go on when one before them has settled or was put aside', () => {
    const run = runOf(1)
    const list = listOf([run, 0])
    list.pace = 2
    for (const position of [1, 2, 3]) list.add(stepwise(run, position))
    const first = list.take(1, everywhere)
    expect(list.take(1, everywhere)).toBeNull()
    if (first) list.settle(first)
    const second = list.take(1, everywhere)
    expect(second?.position).toBe(2)
    if (second) list.giveBack(second, Date.now() + 60_000)
    expect(list.take(1, everywhere)?.position).toBe(3)
  })

  it('are as many at once as their run demands', () => {
    const run = runOf(1, { maxConcurrent: 3 })
    const list = listOf([run, 0])
    list.pace = 2
    for (const position of [1, 2, 3, 4]) list.add(stepwise(run, position))
    expect(positions(list)).toEqual([1, 2, 3, undefined, undefined, undefined])
  })
})

describe('the pace', () => {
  it('holds for runs without a figure of their own, together', () => {
    const list = listOf([runOf(1), 9], [runOf(2), 9], [runOf(3, { maxConcurrent: 2 }), 9])
    list.pace = 3
    const taken = takeAll(list)
    expect(taken.filter((key) => !key.startsWith('3:'))).toHaveLength(3)
    expect(taken.filter((key) => key.startsWith('3:'))).toHaveLength(2)
  })
})

describe('taking items', () => {
  it('goes in order within a run and in turns between runs', () => {
    expect(takeAll(listOf([runOf(1), 4], [runOf(2), 2]))).toEqual(['1:1', '2:1', '1:2', '2:2', '1:3', '1:4'])
  })

  it('gives a small run its turn before a large one is done', () => {
    const taken = takeAll(listOf([runOf(1), 500], [runOf(2), 5]), 1000)
    expect(taken.indexOf('2:5')).toBeLessThan(12)
    expect(taken).toHaveLength(505)
  })

  it('hands no item out twice', () => {
    const run = runOf(1)
    const list = listOf([run, 3])
    list.add(workOf(run, 1))
    expect(takeAll(list)).toEqual(['1:1', '1:2', '1:3'])
    list.add(workOf(run, 1))
    expect(list.take(1, everywhere)).toBeNull()
  })

  it('keeps to a run’s own bound, and goes on when one settles', () => {
    const run = runOf(1, { maxConcurrent: 2 })
    const list = listOf([run, 3], [runOf(2), 1])
    const taken = [list.take(1, everywhere), list.take(1, everywhere), list.take(1, everywhere)]
    expect(taken.map((work) => `${work?.run.id}:${work?.position}`)).toEqual(['1:1', '2:1', '1:2'])
    expect(list.take(1, everywhere)).toBeNull()
    const [first] = taken
    if (first) list.settle(first)
    expect(list.take(1, everywhere)?.position).toBe(3)
  })

  it.each([
    ['pausing', runOf(1, { state: 'pausing' })],
    ['cancelling', runOf(1, { state: 'cancelling' })],
    ['beyond its failure tolerance', runOf(1, { failuresLeft: -1 })],
  ])('leaves a run alone that is %s', (_, run) => {
    expect(listOf([run, 2]).take(1, everywhere)).toBeNull()
  })

  it('uses the tolerance up to its last failure', () => {
    expect(listOf([runOf(1, { failuresLeft: 0 }), 1]).take(1, everywhere)).not.toBeNull()
  })

  it('looks at what a dead conductor left before anything else, also in a run that stops', () => {
    const run = runOf(1, { state: 'pausing' })
    const list = listOf([run, 0], [runOf(2), 1])
    list.add(workOf(run, 7, { lookOnly: true }))
    expect(list.take(1, everywhere)).toMatchObject({ position: 7, lookOnly: true })
  })
})

describe('databases', () => {
  it('of the asking connection come first, and those out of reach not at all', () => {
    const run = runOf(1)
    const list = listOf([run, 0])
    for (const [position, databaseId] of [
      [1, 1],
      [2, 2],
      [3, 3],
      [4, 2],
    ] as const)
      list.add(workOf(run, position, { databaseId }))
    expect(list.take(2, everywhere)?.position).toBe(2)
    expect(list.take(2, (id) => id !== 2)?.position).toBe(1)
    expect(list.take(2, (id) => id === 2)?.position).toBe(4)
    expect(list.take(2, (id) => id === 2)).toBeNull()
    expect(list.take(null, everywhere)?.position).toBe(3)
  })
})

afterEach(() => {
  vi.useRealTimers()
})

describe('an item that is given back', () => {
  it('waits until it is due and comes again', () => {
    const list = listOf([runOf(1), 1])
    const work = list.take(1, everywhere)
    if (!work) throw new Error('no work')
    work.summary = Promise.resolve(null)
    vi.useFakeTimers()
    list.giveBack(work, Date.now() + 30)
    expect(list.runningOf(1)).toBe(0)
    expect(list.take(1, everywhere)).toBeNull()
    expect(list.nextDue()).toBe(work.notBefore)
    vi.advanceTimersByTime(30)
    expect(list.take(1, everywhere)).toBe(work)
    // Its history is read again.
    expect(work.summary).toBeUndefined()
    expect(list.nextDue()).toBeNull()
  })
})

describe('a run that is dropped', () => {
  it('forgets what waits, and keeps what is in hand until it settles', () => {
    const run = runOf(1)
    const list = listOf([run, 4])
    const inHand = list.take(1, everywhere)
    if (!inHand) throw new Error('no work')
    list.add(workOf(run, 9, { notBefore: Date.now() + 60_000 }))
    list.drop(1)
    expect([list.size, list.openOf(1), list.runningOf(1)]).toEqual([1, 1, 1])
    expect(list.has(1, inHand.position)).toBe(true)
    expect(list.take(1, everywhere)).toBeNull()
    list.settle(inHand)
    expect([list.size, list.openOf(1), list.runningOf(1)]).toEqual([0, 0, 0])
    list.add(workOf(run, 2))
    expect(list.take(1, everywhere)?.position).toBe(2)
  })

  it('leaves other runs whose number begins the same', () => {
    const list = listOf([runOf(1), 2], [runOf(11), 2])
    list.drop(1)
    expect([list.openOf(1), list.openOf(11)]).toEqual([0, 2])
    list.forget(1)
    expect(takeAll(list)).toEqual(['11:1', '11:2'])
  })
})

describe('reading ahead', () => {
  it('offers items of the same run and database that nobody reads yet', () => {
    const run = runOf(1)
    const list = listOf([run, 5])
    list.add(workOf(run, 6, { databaseId: 2 }))
    list.add(workOf(run, 7, { summary: Promise.resolve(null) }))
    const work = list.take(1, everywhere)
    if (!work) throw new Error('no work')
    expect(list.peekUnread(work, 3).map(({ position }) => position)).toEqual([2, 3, 4])
    expect(list.peekUnread(work, 99).map(({ position }) => position)).toEqual([2, 3, 4, 5])
  })
})

describe('an item whose rows are being written', () => {
  it('keeps its run from being forgotten, and from being told as quiet', () => {
    const run = runOf(1)
    const list = listOf([run, 1])
    const work = list.take(1, everywhere)
    if (!work) throw new Error('nothing to take')
    list.park(work)
    run.state = 'pausing'
    expect(new QuietRuns().due(list, true)).toEqual([])
    list.forget(1)
    expect([list.runs.has(1), list.has(1, 1)]).toEqual([true, true])
    list.settle(work)
    expect(new QuietRuns().due(list, true)).toEqual([1])
    list.forget(1)
    expect(list.runs.has(1)).toBe(false)
  })
})
