import { describe, expect, it } from 'vitest'
import type { RunDocument } from '../../../lib/cli/documents.ts'
import { describeRun, exitCodeOfRun } from '../../../lib/cli/run-report.ts'
import { runStates } from '../../../lib/tenancy/contract/index.ts'

const counts = { pending: 0, running: 0, succeeded: 0, failed: 0, skipped: 0, interrupted: 0, cancelled: 0, total: 0 }
const run = (changes: Partial<RunDocument>): RunDocument => ({
  id: 42,
  kind: 'migrate',
  set: 'app',
  toVersion: '0012',
  state: 'succeeded',
  stopReason: null,
  counts: { ...counts, succeeded: 3, total: 3 },
  note: '',
  startedBy: 'ada@box',
  parentRun: null,
  createdAt: '2026-01-02T03:04:05.000Z',
  startedAt: '2026-01-02T03:04:05.000Z',
  finishedAt: '2026-01-02T03:04:07.500Z',
  claimed: 0,
  waitsFor: null,
  failures: [],
  verified: null,
  different: 0,
  differing: [],
  differentShapes: [],
  rerunnable: 0,
  putRight: [],
  ...changes,
})

const failure: RunDocument['failures'][number] = {
  cause: 'abc',
  count: 14,
  code: '23514',
  message: 'check constraint "c" of relation "t" is violated by some row',
  detail: null,
  hint: null,
  version: '0012',
  file: '0012_c.sql',
  line: 3,
  statement: 'alter table t\n  add constraint c check (x > 0)',
  offendingRowsQuery: 'SELECT * FROM "tenant_a"."t" WHERE NOT (x > 0) LIMIT 50',
  heldBy: [],
  tenants: Array.from({ length: 14 }, (_, index) => `t${index}`),
  remaining: Array.from({ length: 14 }, (_, index) => `t${index}`),
  putRight: [],
}

describe('a run as text', () => {
  it('says what, to how many, how long and by whom', () => {
    expect(describeRun(run({})).split('\n')).toEqual([
      'run 42  migrate app to 0012  succeeded  in 2.5 s',
      '3 succeeded of 3 targets',
      'started by ada@box, 2026-01-02 03:04:05 UTC',
    ])
    expect(describeRun(run({ kind: 'onboard', claimed: 2 }))).toContain('2 of 3 tenants were given a ready schema\n')
  })

  it('names a group of failures, its place and rows, some of its tenants, and the next step', () => {
    const text = describeRun(run({ state: 'failed', counts: { ...counts, failed: 14, total: 14 }, failures: [failure], rerunnable: 14 }))
    expect(text).toContain('14 tenants: 23514 check constraint "c"')
    expect(text).toContain('t11 and 2 more')
    expect(text).toContain('  at 0012_c.sql:3\n    alter table t\n      add constraint c check (x > 0)')
    expect(text).toContain('SELECT * FROM "tenant_a"."t"')
    expect(text).toContain('tenantry runs rerun 42 tries 14 targets again')
  })

  it('names who held the lock that one of them did not get', () => {
    const holds = [{ kind: 'relation', mode: 'AccessShareLock', relation: 't' }]
    const heldBy = [
      {
        pid: 41,
        backendStart: null,
        application: 'billing',
        user: 'app',
        client: null,
        backend: null,
        state: 'idle in transaction',
        transactionMs: 2_500,
        holds,
        isOurs: false,
      },
    ]
    expect(describeRun(run({ state: 'failed', failures: [{ ...failure, code: '55P03', heldBy }] }))).toContain(
      '\n  Held locks in the schema of one of them when it gave up: 41 billing of app, idle in transaction, with ACCESS SHARE on t, in its transaction for 2.5 s\n',
    )
  })

  it('says what later runs have put right, and what is left', () => {
    const failed = { state: 'failed', counts: { ...counts, failed: 4, total: 4 } } as const
    const later = [
      { run: 43, count: 2 },
      { run: 45, count: 1 },
    ]
    expect(describeRun(run({ ...failed, rerunnable: 1, putRight: later }))).toContain(
      '3 of 4 were put right by runs 43 and 45. Once the cause is mended: tenantry runs rerun 42 tries 1 target again.',
    )
    expect(describeRun(run({ ...failed, putRight: [{ run: 43, count: 4 }] }))).toMatch(/All 4 were put right by run 43\.$/)
  })

  it('groups what is applied but different by what differs, with some of the tenants', () => {
    const shapes: RunDocument['differentShapes'] = [
      { shape: '4be1a0c2d9f7', letter: 'B', targets: 7, tenants: ['a', 'b', 'c', 'd', 'e'], sentences: ['Index i of t is missing.'], differences: 3 },
      { shape: null, letter: null, targets: 1, tenants: ['z'], sentences: [], differences: 0 },
    ]
    const text = describeRun(run({ different: 8, differentShapes: shapes }))
    expect(text.slice(text.indexOf('8 targets')).split('\n')).toEqual([
      '8 targets are applied, but different from what the migrations make:',
      '  7 targets: shape B (4be1a0c2d9f7)',
      '    Index i of t is missing.',
      '    and 2 differences more',
      '    a, b, c, d, e and 2 more',
      '  1 target: nothing that is not accepted differs any more',
      '    z',
      '  tenantry drift --set app shows all of it.',
    ])
    expect(describeRun(run({ different: 9, differentShapes: shapes }))).toContain('  1 target of other shapes\n')
  })

  it('speaks of no cause where nothing failed, but somebody cancelled', () => {
    const text = describeRun(run({ state: 'cancelled', counts: { ...counts, cancelled: 3, total: 3 }, rerunnable: 3 }))
    expect(text).toContain('tenantry runs rerun 42 takes up the 3 targets that it left.')
    expect(text).not.toContain('cause')
  })

  it('says how to go on when the tolerance stopped it', () => {
    const text = describeRun(
      run({ state: 'paused', stopReason: 'failure_tolerance', finishedAt: null, counts: { ...counts, failed: 2, pending: 8, total: 10 } }),
    )
    expect(text).toContain('paused by itself')
    expect(describeRun(run({ state: 'paused', stopReason: 'different', finishedAt: null }))).toContain(
      'paused by itself: more targets than its failure tolerance allows are applied',
    )
    for (const command of ['resume', 'retry', 'cancel']) expect(text).toContain(`runs ${command} 42`)
  })
})

it('only success is exit code 0', () => {
  expect(runStates.filter((state) => exitCodeOfRun(run({ state })) === 0)).toEqual(['succeeded'])
})
