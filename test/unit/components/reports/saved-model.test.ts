import { describe, expect, it } from 'vitest'
import {
  contentOf,
  draftOf,
  isFit,
  longestDescription,
  longestName,
  isChanged,
  isOtherText,
  lastResultWords,
  notNow,
  runnersSentence,
  withDraft,
} from '@/components/reports/saved-model'
import { tooLong } from '@/components/ui/too-long'
import { savedReportContent, type ReportRunRow, type SavedReport } from '@/lib/tenancy/contract'

const lastRun: ReportRunRow = {
  run: 7,
  set: 'app',
  report: { id: 3, name: 'Seats' },
  state: 'failed',
  rows: 1_204,
  tenants: 1_207,
  sampledOf: null,
  answered: 1_204,
  startedBy: 'ada@example.com',
  note: '',
  createdAt: '2026-01-01T00:00:00.000Z',
  finishedAt: '2026-01-01T00:00:02.000Z',
  expiresAt: '2026-01-08T00:00:00.000Z',
  isExpired: false,
  parentRun: null,
}
const saved: SavedReport = {
  id: 3,
  name: 'Seats',
  description: '',
  set: 'app',
  sql: 'select count(*) as seats from employees',
  combine: 'select sum(seats) as seats from results',
  chart: { kind: 'bar' },
  params: { since: '2026-01-01', site: 'north' },
  selection: { kind: 'all' },
  declared: [],
  rowCap: 10,
  missing: 'name',
  owner: 'ada@example.com',
  runnableBy: ['operator'],
  changeableBy: 'owner',
  revision: 4,
  updatedAt: '2026-01-01T00:00:00.000Z',
  updatedBy: 'ada@example.com',
  lastRun,
  schedule: null,
  figures: [],
  mayRun: true,
  mayChange: true,
  mayShare: true,
}

describe('a draft of a saved report', () => {
  it('has nothing to save until something is changed', () => expect(isChanged(saved, draftOf(saved))).toBe(false))
  it('does not take another order of values for a change', () =>
    expect(isChanged(saved, { ...draftOf(saved), params: { site: 'north', since: '2026-01-01' } })).toBe(false))
  it.each([
    ['the text', { sql: 'select 1 as one' }, true],
    ['a value', { params: { since: '2026-02-01', site: 'north' } }, false],
    ['the tenants', { selection: { kind: 'tenants' as const, slugs: ['acme'] } }, false],
  ])('has when %s is', (_, change, isOther) => {
    const draft = { ...draftOf(saved), ...change }
    expect(isChanged(saved, draft)).toBe(true)
    expect(isOtherText(saved, draft)).toBe(isOther)
  })
  it('keeps what it does not touch', () =>
    expect(withDraft(contentOf(saved), { ...draftOf(saved), sql: 'select 1 as one' }, {})).toEqual({ ...contentOf(saved), sql: 'select 1 as one', params: {} }))
})

describe('what is said of it', () => {
  it('is run as it is shown, or not at all', () => {
    const other = { ...draftOf(saved), sql: 'select 1 as one' }
    expect(notNow(saved, draftOf(saved), false)).toBeNull()
    expect(notNow(saved, other, true)).toBeNull()
    expect(notNow(saved, other, false)).toContain('Save it first')
    expect(notNow({ ...saved, mayRun: false }, other, false)).toContain('not run it')
  })
  it('names who may run it', () => {
    expect(runnersSentence([])).toBe('Only admins may run it.')
    expect(runnersSentence(['operator'])).toBe('Admins and operators may run it.')
    expect(runnersSentence(['operator', 'support'])).toBe('Admins, operators and support may run it.')
  })
  it('tells what came last', () => {
    expect(lastResultWords(saved)).toBe('1,204 rows from 1,204 of 1,207 tenants')
    expect(lastResultWords({ lastRun: null })).toBe('never run')
  })
})

describe('a name that is too long', () => {
  it('is refused at its field, with how long it is', () => {
    expect(tooLong('x'.repeat(300), longestName)).toBe('It has 300 characters, and 120 is the most: shorten it.')
    expect(tooLong(` ${'x'.repeat(120)} `, longestName)).toBeNull()
  })
  it('is not sent', () => {
    expect(isFit({ name: 'x'.repeat(121), description: '' })).toBe(false)
    expect(isFit({ name: 'Seats', description: 'x'.repeat(2_001) })).toBe(false)
    expect(isFit({ name: ' ', description: '' })).toBe(false)
    expect(isFit({ name: 'Seats', description: '' })).toBe(true)
  })
  it('is as long as what may be stored', () => {
    const content = { ...contentOf(saved), name: 'x'.repeat(longestName), description: 'x'.repeat(longestDescription) }
    expect(savedReportContent.safeParse(content).success).toBe(true)
    expect(savedReportContent.safeParse({ ...content, name: `${content.name}x` }).success).toBe(false)
    expect(savedReportContent.safeParse({ ...content, description: `${content.description}x` }).success).toBe(false)
  })
})
