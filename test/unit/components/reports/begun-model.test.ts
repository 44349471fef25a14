import { describe, expect, it } from 'vitest'
import { begin, isOvertaken, parseBegun, settle } from '@/components/reports/begun-model'
import type { SavedReport } from '@/lib/tenancy/contract'

const first: SavedReport = {
  id: 3,
  name: 'Seats',
  description: '',
  set: 'app',
  sql: 'select count(*) as seats from employees',
  combine: null,
  chart: null,
  params: {},
  selection: { kind: 'all' },
  declared: [],
  rowCap: 10,
  missing: 'name',
  owner: 'ada@example.com',
  runnableBy: [],
  changeableBy: 'operators',
  revision: 1,
  updatedAt: '2026-01-01T00:00:00.000Z',
  updatedBy: 'ada@example.com',
  lastRun: null,
  schedule: null,
  figures: [],
  mayRun: true,
  mayChange: true,
  mayShare: true,
}
const second: SavedReport = { ...first, revision: 2, sql: 'select count(*) as theirs from employees', updatedBy: 'bob@example.com' }
const mine = { ...begin(first), draft: { ...begin(first).draft, sql: 'select count(*) as mine from employees', trial: 4 } }

describe('a text that was begun on one edit, when another is there', () => {
  it('stays as it is, and is overtaken', () => {
    expect(settle(mine, second)).toEqual(mine)
    expect(isOvertaken(mine, second)).toBe(true)
    expect(isOvertaken(mine, first)).toBe(false)
  })
  it('survives a reload with the edit that it was begun on', () => {
    const kept = parseBegun(JSON.stringify(mine))
    expect(kept).toEqual(mine)
    expect(kept !== null && isOvertaken(settle(kept, second), second)).toBe(true)
  })
  it.each([null, '', '{', '[]', JSON.stringify(mine.draft)])('is none when there is %s', (text) => expect(parseBegun(text)).toBeNull())
  it('follows what was saved where nothing was written', () => {
    const followed = settle({ ...begin(first), draft: { ...begin(first).draft, trial: 4 } }, second)
    expect(followed.draft).toMatchObject({ sql: second.sql, trial: 4 })
    expect(isOvertaken(followed, second)).toBe(false)
  })
  it('is nobody’s loss where both have written the same', () => {
    const same = settle({ ...mine, draft: { ...mine.draft, sql: second.sql } }, second)
    expect(isOvertaken(same, second)).toBe(false)
    expect(same.onto.revision).toBe(2)
  })
  it('stays when the edit there is an older one: another report may have taken the number', () => {
    const later = { ...mine, onto: { ...mine.onto, revision: 9 } }
    expect(settle(later, second)).toEqual(later)
    expect(isOvertaken(later, second)).toBe(true)
  })
  it('is compared with what became of its edit when it was stored', () => {
    const stored = { ...first, sql: `${first.sql}\n` }
    expect(settle(mine, stored).draft.sql).toBe(mine.draft.sql)
    expect(settle(begin(first), stored).draft.sql).toBe(stored.sql)
    expect(isOvertaken(settle(mine, stored), stored)).toBe(false)
  })
  it('is not made anew when nothing has changed', () => expect(settle(mine, first)).toBe(mine))
})
