import { describe, expect, it } from 'vitest'
import {
  objectWords,
  openFindings,
  repairBlocks,
  repairScript,
  rowsOf,
  shapeSearch,
  sidesOf,
  tabsOf,
  untilOf,
  untilProblem,
} from '../../../components/drift/shape-model.ts'
import { drawTrend, trendWords } from '../../../components/drift/trend-model.ts'

describe('what differs, field by field', () => {
  it('has both sides of what is not as it should be', () =>
    expect(
      rowsOf({
        kind: 'mismatched',
        facts: null,
        differences: [
          { facet: 'structure', field: 'nullable', expected: null, actual: false },
          { facet: 'storage', field: 'identityOptions', expected: ['a', 'b'], actual: [] },
        ],
      }),
    ).toEqual([
      { facet: 'structure', field: 'nullable', expected: 'yes', actual: 'no' },
      { facet: 'storage', field: 'identity options', expected: 'a\nb', actual: null },
    ]))
  it('has what should be there of what is missing, and what is of what is extra', () => {
    expect(rowsOf({ kind: 'missing', differences: [], facts: { type: 'text', position: 0 } })).toEqual([
      { facet: 'structure', field: 'type', expected: 'text', actual: null },
      { facet: 'structure', field: 'position', expected: '0', actual: null },
    ])
    expect(rowsOf({ kind: 'extra', differences: [], facts: { unlogged: true } })).toEqual([
      { facet: 'structure', field: 'unlogged', expected: null, actual: 'yes' },
    ])
  })
  it('has no column for a side on which there is nothing', () => {
    const row = { facet: 'structure', field: 'type', expected: 'text', actual: null } as const
    expect(sidesOf([row])).toEqual(['expected'])
    expect(sidesOf([row, { ...row, actual: 'x' }])).toEqual(['expected', 'actual'])
  })
  it('says what kind of object it is', () => {
    expect(objectWords({ kind: 'missing', object: { kind: 'index', of: 'work_logs', name: 'i' } })).toBe('index of work_logs, missing')
    expect(objectWords({ kind: 'extra', object: { kind: 'materialized_view', of: '', name: 'v' } })).toBe('materialized view, not in the norm')
  })
  it('counts what is not accepted', () => expect(openFindings([])).toBe(0))
})

describe('until when', () => {
  const now = Date.parse('2026-11-21T12:00:00Z')
  it('is the end of the day, or open', () => {
    expect(untilOf('2027-01-31')).toBe('2027-01-31T23:59:59Z')
    expect(untilOf('')).toBeUndefined()
  })
  it('lies ahead', () => {
    expect(untilProblem('', now)).toBeNull()
    expect(untilProblem('2026-11-21', now)).toBeNull()
    expect(untilProblem('2026-11-20', now)).toBe('Pick a later day: it would be over already.')
    expect(untilProblem('2026-13-40', now)).toBe('A day such as 2027-01-31.')
  })
})

describe('a repair', () => {
  const step = (sql: string, lock: string | null, risk: string | null = null) => ({ sql, lock, risk, finding: 'f' })
  const repair = { steps: [step('create index i on t (a)', 'SHARE on t'), step('create index j on t (b);', 'SHARE on t'), step('drop view v', 'x', 'y')] }

  it('is one script, each statement closed once', () =>
    expect(repairScript(repair)).toBe('create index i on t (a);\n\ncreate index j on t (b);\n\ndrop view v;\n'))
  it('tells lock and risk once for statements that share them', () =>
    expect(repairBlocks(repair)).toEqual([
      { sql: 'create index i on t (a);\n\ncreate index j on t (b);', lock: 'SHARE on t', risk: null },
      { sql: 'drop view v;', lock: 'x', risk: 'y' },
    ]))
})

describe('the parts of the page', () => {
  const ddl = { norm: 'a', shape: 'b' }
  it('are all of them only where there is something to compare', () => {
    expect(tabsOf({ state: 'drifted', ddl })).toEqual(['findings', 'diff', 'repair', 'migration'])
    expect(tabsOf({ state: 'norm', ddl })).toEqual(['diff'])
    expect(tabsOf({ state: 'unknown', ddl: { norm: null, shape: 'b' } })).toEqual(['diff'])
  })
  it('are refused by an address that names another', () => {
    expect(shapeSearch.safeParse({ tab: 'repair' }).success).toBe(true)
    expect(shapeSearch.safeParse({ tab: 'none' }).error?.issues[0]?.message).toBe('is none of findings, diff, repair, migration')
  })
})

describe('the trend', () => {
  const days = [
    { day: '2026-11-01', compared: 100, drifted: 0 },
    { day: '2026-11-02', compared: 100, drifted: 8 },
    { day: '2026-11-05', compared: 100, drifted: 4 },
  ]
  it('stands days as far apart as they are, on a scale from 0', () =>
    expect(drawTrend(days, 100, 40)?.points).toEqual([
      { x: 0, y: 40 },
      { x: 25, y: 0 },
      { x: 100, y: 20 },
    ]))
  it('is not drawn of a single day', () => {
    expect(drawTrend(days.slice(0, 1), 100, 40)).toBeNull()
    expect(drawTrend([], 100, 40)).toBeNull()
  })
  it('is said in words', () => {
    expect(trendWords(days)).toBe('4 drifted, 8 at most on 2 Nov')
    expect(trendWords(days.slice(0, 2))).toBe('8 drifted, never more')
  })
})
