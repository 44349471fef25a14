import { describe, expect, it } from 'vitest'
import { countsSentence } from '../../../components/fleet/run-list-model.ts'
import {
  atOnceText,
  claimedText,
  commandsOffered,
  demandText,
  progressSegments,
  rateText,
  rerunOf,
  retryOf,
  runSentence,
  workedPercent,
  workedWords,
  tabShown,
  timeLeftText,
  tryAgainBy,
  verifiedLine,
  type RunFacts,
} from '../../../components/runs/run-model.ts'
import { untilVerified } from '../../../lib/client/queries/runs.ts'
import { isFinalRun, runStates, type ItemCounts, type RunState, type roles } from '../../../lib/tenancy/contract/index.ts'

const none: ItemCounts = { total: 0, pending: 0, running: 0, succeeded: 0, failed: 0, skipped: 0, interrupted: 0, cancelled: 0 }
const counts = (some: Partial<ItemCounts>): ItemCounts => {
  const all = { ...none, ...some }
  const { total: _, ...states } = all
  return { ...all, total: Object.values(states).reduce((sum, n) => sum + n, 0) }
}
const run = (state: RunState, some: Partial<ItemCounts> = {}, stopReason: string | null = null): RunFacts => ({
  id: 42,
  kind: 'migrate',
  state,
  set: 'app',
  toVersion: '0012',
  counts: counts(some),
  stopReason,
  leftover: { failed: some.failed ?? 0, interrupted: some.interrupted ?? 0, cancelled: some.cancelled ?? 0, putRight: [] },
})
const names = (facts: RunFacts, role: (typeof roles)[number]): string[] => commandsOffered(facts, role).map(({ command }) => command)

describe('commands offered', () => {
  it.each<[RunState, Partial<ItemCounts>, string[]]>([
    ['queued', { pending: 3 }, ['pause', 'cancel']],
    ['running', { pending: 3, running: 1 }, ['pause', 'cancel']],
    ['running', { pending: 3, failed: 1 }, ['pause', 'retry', 'cancel']],
    ['pausing', { running: 1, failed: 1 }, ['resume', 'retry', 'cancel']],
    ['paused', { pending: 3, failed: 4 }, ['resume', 'retry', 'cancel']],
    ['cancelling', { running: 1, failed: 4 }, []],
    ['cancelled', { cancelled: 3, succeeded: 1 }, ['rerun']],
    ['failed', { failed: 4, succeeded: 1 }, ['rerun']],
    ['succeeded', { succeeded: 5 }, []],
  ])('for a run that is %s with %j', (state, some, expected) => {
    expect(names(run(state, some), 'admin')).toEqual(expected)
    expect(names(run(state, some), 'operator')).toEqual(expected)
  })

  it('are none for support, whatever the state', () => {
    for (const state of runStates) expect(names(run(state, { failed: 2, pending: 1, cancelled: 1 }), 'support')).toEqual([])
  })

  it('count for a rerun only what no later run has put right', () => {
    const facts = run('failed', { failed: 4 })
    const partly = { ...facts, leftover: { ...facts.leftover, failed: 1, putRight: [{ run: 12, count: 3 }] } }
    expect(commandsOffered(partly, 'operator')[0]).toMatchObject({
      label: 'Rerun 1',
      confirm: { body: 'A new run starts with 1 that failed. 3 of 4 were put right by run 12, and left out. Run 42 stays as it is.' },
    })
    expect(names({ ...facts, leftover: { ...facts.leftover, failed: 0, putRight: [{ run: 12, count: 4 }] } }, 'operator')).toEqual([])
  })

  it('say how many a rerun takes and what a cancel leaves', () => {
    const rerun = commandsOffered(run('cancelled', { failed: 2, interrupted: 1, cancelled: 30 }), 'operator')[0]
    expect(rerun?.label).toBe('Rerun 33')
    expect(rerun?.confirm?.body).toContain('2 that failed, 1 that was interrupted and 30 that were cancelled')
    const cancel = commandsOffered(run('running', { pending: 120, running: 4 }), 'operator').at(-1)
    expect(cancel?.confirm?.body).toContain('120 targets that wait will not start. 4 running finish first.')
    const report = commandsOffered({ ...run('running', { pending: 120, running: 4 }), kind: 'report' }, 'operator').at(-1)
    expect(report?.confirm?.body).toBe(
      '120 tenants that wait will not be asked. 4 being asked are called off at once. Rows of those that have answered stay; the others can be asked again.',
    )
  })
})

describe('trying these again', () => {
  it('is a retry inside an open run and a rerun of a final one', () => {
    expect(tryAgainBy('paused', 'operator')).toBe('retry')
    expect(tryAgainBy('running', 'operator')).toBe('retry')
    expect(tryAgainBy('failed', 'operator')).toBe('rerun')
    expect(tryAgainBy('cancelling', 'admin')).toBeNull()
    expect(tryAgainBy('failed', 'support')).toBeNull()
  })
})

describe('sentences', () => {
  it.each<[RunFacts, string]>([
    [run('queued', { pending: 1 }), '1 target waits for a worker.'],
    [run('running', { succeeded: 187, failed: 3, pending: 10 }), '190 of 200 targets settled, 3 failed.'],
    [run('pausing', { running: 4, pending: 9 }), 'Pausing: 4 running targets finish first.'],
    [run('paused', { pending: 120 }, 'requested'), 'Paused: 120 targets wait.'],
    [run('paused', { pending: 120, failed: 6 }, 'failure_tolerance'), 'Paused by itself: 6 failures, more than the run tolerates. 120 wait.'],
    [
      run('paused', { succeeded: 20, pending: 120, failed: 1 }, 'different'),
      'Paused by itself: more targets than the run tolerates are applied, but different from what the migrations make, 1 failed. 120 wait.',
    ],
    [run('failed', { succeeded: 190, skipped: 6, failed: 4 }), '196 of 200 targets succeeded, 4 failed.'],
    [run('succeeded', { succeeded: 188, skipped: 12 }), '188 targets migrated, 12 needed nothing.'],
    [run('succeeded'), 'Nothing was to be done.'],
    [run('cancelled', { succeeded: 10, cancelled: 5 }), 'Cancelled: 10 of 15 targets succeeded, 5 left undone.'],
  ])('%#: %s', (facts, expected) => expect(runSentence(facts)).toBe(expected))

  it('exist for every state', () => {
    for (const state of runStates) expect(runSentence(run(state, { pending: 1 }))).toMatch(/\.$/)
  })
})

describe('progress', () => {
  it('adds up to the whole and leaves empty states out', () => {
    const segments = progressSegments(counts({ succeeded: 3, failed: 1, pending: 4 }))
    expect(segments.map(({ state }) => state)).toEqual(['succeeded', 'failed', 'pending'])
    expect(segments.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1)
  })

  it('says 100 only when all are settled', () => {
    expect(workedPercent(counts({ succeeded: 9_999, running: 1 }))).toBe(99)
    expect(workedPercent(counts({ succeeded: 9_999, failed: 1 }))).toBe(100)
    expect(workedPercent(counts({ succeeded: 1, cancelled: 3 }))).toBe(25)
  })

  it('reads a rate and the time left as people say them', () => {
    expect([1_234.4, 2.26, 0.083, 0, null].map((rate) => rateText('running', rate))).toEqual(['1,234 a second', '2.3 a second', '1 every 12 s', '', ''])
    expect(rateText('paused', 6)).toBe('')
    expect([timeLeftText('running', 400), timeLeftText('running', 240_000), timeLeftText('running', 7_200_000)]).toEqual([
      'about 1 s left',
      'about 4 min left',
      'about 2 h left',
    ])
    expect(timeLeftText('paused', 400)).toBe('')
  })
})

describe('how many go at once', () => {
  const server = (name: string, reason: 'locks' | null = null) => ({
    server: name,
    budget: 10,
    conductor: null,
    waitingFor: null,
    pace: { now: reason === null ? 8 : 3, most: 8, reason },
  })
  const idle = { ...server('d'), pace: null }
  it('is told of each server, with what holds it down', () => {
    expect(atOnceText({ kind: 'migrate', maxConcurrent: null, servers: [server('a'), server('b', 'locks'), idle] })).toBe(
      'a: 8 of 8 at once; b: 3 of 8 at once: many targets are locked by others',
    )
    expect(atOnceText({ kind: 'migrate', maxConcurrent: null, servers: [idle] })).toBe('')
  })
  it('is told of many servers where it is held down', () => {
    expect(atOnceText({ kind: 'migrate', maxConcurrent: null, servers: [server('a'), server('b', 'locks'), server('c'), idle] })).toBe(
      'b: 3 of 8 at once: many targets are locked by others',
    )
  })
  it('is what was asked for, where it was; of a report at most that', () => {
    expect(atOnceText({ kind: 'migrate', maxConcurrent: 2, servers: [server('a')] })).toBe('')
    expect(demandText({ kind: 'migrate', maxConcurrent: 2 })).toBe('2 at once on each server, as asked for')
    expect(atOnceText({ kind: 'report', maxConcurrent: 2, servers: [server('a')] })).toBe('a: 8 of 8 at once')
    expect(demandText({ kind: 'report', maxConcurrent: 2 })).toBe('at most 2 at once on each server, as asked for')
    expect(demandText({ kind: 'migrate', maxConcurrent: null })).toBe('')
  })
})

describe('a retry', () => {
  it('of a run that stands asks first, for all that waits goes on', () => {
    expect(retryOf(run('paused', { failed: 2, pending: 137, interrupted: 1 }), 'this one')).toEqual({
      title: 'Retry this one, and resume run 42?',
      body: 'A retry sets the run going again. 138 other targets that wait go on as well.',
      label: 'Retry and resume',
      asksNote: false,
    })
    expect(retryOf(run('pausing', { failed: 2, pending: 1 }), '2 failed')?.body).toContain('1 other target that waits goes on as well.')
    expect(retryOf(run('paused', { failed: 2 }), '2 failed')?.body).toContain('Nothing else of it waits.')
    expect(retryOf(run('running', { failed: 2, pending: 137 }), 'this one')).toBeNull()
  })
})

describe('a rerun of chosen targets', () => {
  it('says whom, and what stays', () => {
    expect(rerunOf({ id: 42, kind: 'migrate' }, ['acme'])).toEqual({
      title: 'Rerun acme?',
      body: 'A new run tries it again, with the same files. Run 42 stays as it is.',
      label: 'Start the rerun',
      asksNote: true,
    })
    expect(rerunOf({ id: 42, kind: 'report' }, ['acme', 'beta'])).toMatchObject({
      body: 'A new run asks them again; its result holds what the others have answered as well. Run 42 stays as it is.',
      title: 'Rerun 2 targets of run 42?',
      label: 'Start the rerun of 2',
    })
  })
})

describe('a row of the list', () => {
  it('counts what was done, and says beside it what failed and what was cancelled', () => {
    const words = (some: Partial<ItemCounts>) => {
      const { done, of, notes } = workedWords(counts(some))
      return [`${done} ${of}`, ...notes.map(({ text }) => text)].join(' · ')
    }
    expect(words({ succeeded: 2, failed: 1, pending: 7 })).toBe('3 of 10 · 1 failed')
    expect(words({ cancelled: 10 })).toBe('0 of 10 · 10 cancelled')
    expect(words({ succeeded: 1_200, skipped: 1, failed: 1, cancelled: 8_798 })).toBe('1,202 of 10,000 · 1 failed · 8,798 cancelled')
    expect(countsSentence(counts({ cancelled: 10 }))).toBe('0 of 10, 10 cancelled')
    expect(countsSentence(counts({ succeeded: 1, failed: 1, cancelled: 8 }))).toBe('2 of 10, 1 failed, 8 cancelled')
    expect(countsSentence(counts({ succeeded: 9, failed: 1 }))).toBe('10 tenants, 1 failed')
  })
})

describe('ready schemas', () => {
  it('are told of once the run has ended, with how many were given one', () => {
    const said = (claimed: number, total: number, state: RunState = 'succeeded') => claimedText({ state, claimed, counts: counts({ succeeded: total }) })
    expect(said(8, 10)).toBe('8 of 10 were given a ready schema')
    expect(said(1, 10)).toBe('1 of 10 was given a ready schema')
    expect(said(10, 10)).toBe('all 10 were given a ready schema')
    expect(said(1, 1)).toBe('was given a ready schema')
    expect([said(0, 10), said(8, 10, 'running')]).toEqual(['', ''])
  })
})

describe('the read-back line', () => {
  it('stands only under final runs', () => {
    for (const state of runStates) expect(verifiedLine('migrate', state, null) === null).toBe(!isFinalRun(state))
    expect(verifiedLine('migrate', 'succeeded', { targets: 196, mismatches: 0, different: 0 })).toEqual({
      tone: 'good',
      text: 'Read back: 196 histories, all as recorded.',
    })
    expect(verifiedLine('migrate', 'failed', { targets: 196, mismatches: 2, different: 0 })?.tone).toBe('bad')
    expect(verifiedLine('migrate', 'succeeded', { targets: 196, mismatches: 0, different: 3 })).toEqual({
      tone: 'bad',
      text: 'Read back: 3 of 196 targets are applied, but different from what the migrations make.',
    })
  })

  it('says nothing of a report, which has changed nothing, and nobody asks for it', () => {
    for (const state of runStates) expect(verifiedLine('report', state, null)).toBeNull()
    const ended = { state: 'succeeded', verified: null, finishedAt: new Date().toISOString() } as const
    expect(untilVerified({ ...ended, kind: 'report' })).toBe(false)
    expect(untilVerified({ ...ended, kind: 'migrate' })).toBe(2_000)
  })

  it('says nothing where nothing succeeded', () => expect(verifiedLine('migrate', 'failed', { targets: 0, mismatches: 0, different: 0 })).toBeNull())
})

it('shows failures as soon as there are some, until somebody chooses', () => {
  expect(tabShown(null, counts({ pending: 3 }))).toBe('items')
  expect(tabShown(null, counts({ failed: 1 }))).toBe('failures')
  expect(tabShown('plan', counts({ failed: 1 }))).toBe('plan')
})
