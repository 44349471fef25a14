import { describe, expect, it } from 'vitest'
import { choiceFilter, choiceSentence, chosenIn, readNamed, reportHref, runLabel } from '@/components/reports/choice-model'
import { NoAnswerError, RefusedError } from '@/lib/client/fetch-json'
import { parseDraft, type Draft } from '@/components/reports/draft-model'
import { missingParams, paramsToSend, shownValue } from '@/components/reports/params-model'
import { answeredSentence, awaitsRows, changedSince, goneWords, rowsClause, silentSlugs, valuesWords, wholeCounts } from '@/components/reports/report-model'
import { describeFailedCheck, firstLine, offsetOf, paramProblemIn, problemsIn, spanOf } from '@/components/reports/report-text-model'
import { cellMove, columnWidths, nextOrder, pagesBetween } from '@/components/reports/rows-model'
import { itemStates, type ErrorDocument, type ItemCounts, type ReportParam } from '@/lib/tenancy/contract'

const counts = (some: Partial<ItemCounts>): ItemCounts => ({ ...(Object.fromEntries(itemStates.map((state) => [state, 0])) as ItemCounts), total: 0, ...some })
const refusal = (code: ErrorDocument['code'], details: ErrorDocument['details'], hint: string | null = null): ErrorDocument => ({
  code,
  message: 'It was refused.',
  hint,
  details,
})

it('tells two runs of one text apart by their values', () => {
  expect(valuesWords({})).toBeNull()
  expect(valuesWords({ since: '2026-01-01', plan: 'x'.repeat(50) })).toBe(`for since = 2026-01-01, plan = ${'x'.repeat(40)}…`)
  expect(valuesWords({ a: '1', b: '2', c: '3', d: '4', e: '5', f: '' })).toBe('for a = 1, b = 2, c = 3, d = 4 and 2 more')
})

describe('places in a text', () => {
  const text = 'select 1,\n  sum(hours) 😀 as h\nfrom logs'
  it('finds the word that a problem stands at', () => {
    const { from, to } = spanOf(text, { line: 3, column: 6 })
    expect(text.slice(from, to)).toBe('logs')
  })
  it('counts characters where a string counts halves', () => expect(text.slice(offsetOf(text, 2, 16), offsetOf(text, 2, 18))).toBe('as'))
  it('marks the last character for what is missing at the end', () => {
    const { from, to } = spanOf(text, { line: 3, column: 10 })
    expect(text.slice(from, to)).toBe('s')
  })
  it('never points outside of the text', () => expect(spanOf('', { line: 7, column: 9 })).toEqual({ from: 0, to: 0 }))
  it('takes the places of a refusal as they come', () => {
    const problems = [{ code: 'table', line: 2, column: 6, message: 'There is no such table.' }]
    expect(problemsIn(refusal('report.refused', { problems }), text)).toEqual(problems)
    const probe = { slug: 'acme', problem: 'line 3, column 6: relation "logs" does not exist.', line: 3 }
    const placed = { code: 'report.probe', line: 3, column: 6, message: 'acme was asked first: relation "logs" does not exist.' }
    expect(problemsIn(refusal('report.probe', { ...probe, column: 6 }), text)).toEqual([placed])
    expect(problemsIn(refusal('report.probe', { ...probe, column: null }), text)).toEqual([placed])
    expect(problemsIn(refusal('report.probe', { ...probe, line: 2, column: null }), text)).toMatchObject([{ line: 2, column: 3 }])
    expect(problemsIn(refusal('report.probe', { slug: 'acme', problem: 'it cannot be reached' }), text)).toEqual([])
    expect(problemsIn(null, text)).toEqual([])
  })
  it('tells which parameter a refusal is about', () =>
    expect(paramProblemIn(refusal('report.params', { name: 'since', problem: 'is not a date.' }, 'Give 2026-01-31.'))).toEqual({
      name: 'since',
      sentence: 'It is not a date. Give 2026-01-31.',
    }))
  it('says why a text could not be looked at', () => {
    const fields = [{ field: 'sql', value: null, message: 'holds a character that cannot be stored (NUL, or half of a pair)' }]
    expect(describeFailedCheck(new RefusedError(refusal('input.invalid', { fields }), 400))).toBe(
      'The text cannot be asked: holds a character that cannot be stored (NUL, or half of a pair).',
    )
    expect(describeFailedCheck(new NoAnswerError(null))).toBe(
      'The text was not looked at. The console does not answer. Check that it is running and reachable, then try again.',
    )
  })
  it('shows a text in a line without its comments', () => expect(firstLine('-- :x date\nselect /* all */ 1\n  from logs')).toBe('select 1 from logs'))
})

describe('parameters', () => {
  const since: ReportParam = { name: 'since', type: 'date', default: '2026-01-01' }
  const site: ReportParam = { name: 'site', type: 'text', default: null }
  const least: ReportParam = { name: 'least', type: 'integer', default: null }
  it('shows defaults until something is typed', () => {
    expect(shownValue(since, {})).toBe('2026-01-01')
    expect(shownValue(since, { since: '' })).toBe('')
  })
  it('misses those without default and value; an emptied text is a value, an emptied number is none', () => {
    expect(missingParams([since, site, least], {})).toEqual(['site', 'least'])
    expect(missingParams([since, site, least], { site: '', least: ' ' })).toEqual(['least'])
  })
  it('sends what was typed for parameters that are there', () =>
    expect(paramsToSend([since, site], { site: 'north', gone: '1', since: '' })).toEqual({ site: 'north' }))
})

describe('which tenants', () => {
  it('asks active ones of the set, whatever else is filtered by', () =>
    expect(choiceFilter('app', { kind: 'filter', filter: { database: ['eu-1'], state: ['suspended'] } })).toEqual({
      database: ['eu-1'],
      set: ['app'],
      state: ['active'],
    }))
  it('reads names with commas, spaces and lines between them, each once', () =>
    expect(readNamed('acme, globex\nacme').selection).toEqual({ kind: 'tenants', slugs: ['acme', 'globex'] }))
  it('says which name is none', () => {
    expect(readNamed('acme No!').problem).toBe('“No!” is not a tenant’s slug.')
    expect(readNamed('  ').problem).toBe('Name at least one tenant.')
  })
  it('comes from an address, and goes into one, as on the page of a rollout', () => {
    const many = { kind: 'tenants' as const, slugs: Array.from({ length: 900 }, (_, index) => `tenant-${index}`) }
    for (const selection of [{ kind: 'tenants' as const, slugs: ['acme', 'globex'] }, { kind: 'filter' as const, filter: { database: ['eu-1'] } }, many]) {
      const { search, hash, pathname } = new URL(reportHref('app', selection), 'http://console.test')
      expect(pathname).toBe('/reports/new')
      expect(new URLSearchParams(search).get('set')).toBe('app')
      expect(chosenIn(new URLSearchParams(search), hash)).toEqual({ selection, isUnderstood: true })
    }
    expect(reportHref('app', { kind: 'all' })).toBe('/reports/new?set=app')
    expect(chosenIn(new URLSearchParams('set=app&from=7'), '')).toEqual({ selection: null, isUnderstood: true })
    expect(chosenIn(new URLSearchParams('versionState=gone'), '')).toEqual({ selection: null, isUnderstood: false })
  })
  it('says how many that is', () => {
    expect(runLabel(null)).toBe('Run')
    expect(runLabel(1)).toBe('Run on 1 tenant')
    expect(choiceSentence('app', { kind: 'all' }, 1_204)).toBe('1,204 active tenants of app.')
    expect(choiceSentence('app', { kind: 'filter', filter: { database: ['eu-1'] } }, 0)).toBe('No active tenant among tenants with database eu-1.')
    expect(choiceSentence('app', { kind: 'tenants', slugs: ['acme'] }, 1)).toBe('Tenant acme.')
  })
})

describe('a draft', () => {
  const draft: Draft = { set: 'app', sql: 'select 1 as one', params: { a: 'b' }, selection: { kind: 'all' }, missing: 'null', trial: 4 }
  it('comes back as it was kept', () => expect(parseDraft(JSON.stringify(draft))).toEqual(draft))
  it.each([null, '', '{', '{"set":1}', '[]'])('is none when there is %s', (text) => expect(parseDraft(text)).toBeNull())
})

describe('what a report says of itself', () => {
  it('counts as it goes', () =>
    expect(answeredSentence('running', counts({ total: 1_207, succeeded: 312, failed: 3, pending: 892 }))).toBe(
      '312 of 1,207 tenants answered so far, 3 did not',
    ))
  it('says who did not in the end', () => {
    expect(answeredSentence('failed', counts({ total: 1_207, succeeded: 1_204, failed: 3 }))).toBe('1,204 of 1,207 answered, 3 did not')
    expect(answeredSentence('succeeded', counts({ total: 200, succeeded: 200 }))).toBe('All 200 tenants answered')
    expect(answeredSentence('cancelled', counts({ total: 5, cancelled: 5 }))).toBe('None of 5 tenants answered')
    expect(answeredSentence('failed', counts({ total: 1, failed: 1 }))).toBe('The tenant did not answer')
  })
  it('counts those that had answered before to a run that asks the silent ones again', () => {
    const child = { parentRun: 7, tenants: 200, answered: 199, state: 'failed' as const }
    expect(answeredSentence('running', wholeCounts(child, 'running', counts({ total: 2, succeeded: 1, running: 1 })))).toBe(
      '199 of 200 tenants answered so far',
    )
    expect(answeredSentence('failed', wholeCounts(child, 'failed', counts({ total: 2, succeeded: 1, failed: 1 })))).toBe('199 of 200 answered, 1 did not')
    expect(answeredSentence('succeeded', wholeCounts({ ...child, answered: 200 }, 'succeeded', counts({ total: 1, succeeded: 1 })))).toBe(
      'All 200 tenants answered',
    )
    // The stream tells the end before its answers are read.
    expect(answeredSentence('succeeded', wholeCounts({ ...child, state: 'running', answered: 198 }, 'succeeded', counts({ total: 2, succeeded: 2 })))).toBe(
      'All 200 tenants answered',
    )
    expect(wholeCounts({ ...child, parentRun: null }, 'running', counts({ total: 2 })).total).toBe(2)
  })
  it('tells no number of rows that was read before the end', () => {
    expect(rowsClause('running', { state: 'running', rows: 0 })).toBe(', 0 rows')
    expect(rowsClause('succeeded', { state: 'running', rows: 0 })).toBe('')
    expect(rowsClause('succeeded', { state: 'succeeded', rows: 200 })).toBe(', 200 rows')
  })
  it('says that nobody answered with a row only when that is so', () => {
    expect(awaitsRows(0, { state: 'running', rows: 0 })).toBe(true)
    expect(awaitsRows(0, { state: 'succeeded', rows: 200 })).toBe(true)
    expect(awaitsRows(0, { state: 'succeeded', rows: 0 })).toBe(false)
    expect(awaitsRows(7, { state: 'running', rows: 7 })).toBe(false)
  })
  it('names each silent tenant once', () =>
    expect(
      silentSlugs([
        { code: 'a', message: '', example: null, slugs: ['b', 'a'] },
        { code: 'b', message: '', example: null, slugs: ['a'] },
      ]),
    ).toEqual(['a', 'b']))
  it('tells rows that were dropped from rows that were lost', () => {
    expect(goneWords('report.expired', { expiresAt: '2026-11-28T10:00:00.000Z' }).next).toContain('2026-11-28')
    expect(goneWords('report.lost', { expiresAt: '2026-11-28T10:00:00.000Z' }).title).toContain('lost')
  })
})

describe('the table of rows', () => {
  const size = { rows: 100, columns: 4, page: 10 }
  it.each([
    ['ArrowDown', false, { row: 6, column: 2 }],
    ['ArrowDown', true, { row: 99, column: 2 }],
    ['ArrowUp', true, { row: 0, column: 2 }],
    ['ArrowLeft', false, { row: 5, column: 1 }],
    ['ArrowRight', true, { row: 5, column: 3 }],
    ['PageDown', false, { row: 15, column: 2 }],
    ['PageUp', false, { row: 0, column: 2 }],
    ['Home', false, { row: 5, column: 0 }],
    ['Home', true, { row: 0, column: 0 }],
    ['End', true, { row: 99, column: 3 }],
    ['x', false, null],
  ])('%s (far: %s) leads to %o', (key, isFar, expected) => expect(cellMove(key, isFar, { row: 5, column: 2 }, size)).toEqual(expected))
  it('sorts up, down, and as the tenants answered', () => {
    const plain = { sort: null, descending: false }
    const up = nextOrder(plain, 'seats')
    const down = nextOrder(up, 'seats')
    expect([up, down, nextOrder(down, 'seats')]).toEqual([{ sort: 'seats', descending: false }, { sort: 'seats', descending: true }, plain])
    expect(nextOrder(down, 'other')).toEqual({ sort: 'other', descending: false })
  })
  it('gives columns the room that their values need, within reason', () => {
    const [tenant, note] = columnWidths(
      [
        { name: 'tenant', type: 'text' },
        { name: 'note', type: 'text' },
      ],
      [['abernathy-bakery', 'x'.repeat(5_000)]],
    )
    expect(tenant).toBeGreaterThan(100)
    expect(note).toBe(340)
  })
  it('reads the pages in sight', () => {
    expect(pagesBetween(190, 210, 200)).toEqual([0, 1])
    expect(pagesBetween(0, 0, 200)).toEqual([0])
  })
})

describe('a try is not current', () => {
  const asked = { sql: 'select 1', missing: 'name' } as const
  it.each([
    [asked, null],
    [{ ...asked, sql: 'select 2' }, 'of an earlier text: it has been changed since'],
    [{ ...asked, missing: 'null' }, 'with tenants named that lack something: that has been changed since'],
  ] as const)('beside %j: %s', (now, words) => expect(changedSince(asked, now)).toBe(words))
  it('once the choice is back at naming', () =>
    expect(changedSince({ ...asked, missing: 'null' }, asked)).toBe('with NULL where a tenant lacks something: that has been changed since'))
})
