import { expect, it } from 'vitest'
import { failuresSentence, headline, placeOf, sortGroups, sourceOf, tenantsShown, wordsOf } from '../../../components/runs/run-failures-model.ts'
import type { AttemptError, FailureGroup } from '../../../lib/tenancy/contract/index.ts'

const error: AttemptError = {
  code: '23514',
  message: 'check constraint "hours_positive" of relation "work_logs" is violated by some row',
  detail: null,
  hint: null,
  schema: 'tenant_acme',
  table: 'work_logs',
  constraint: 'hours_positive',
  version: '0012',
  file: '0012_check_hours.sql',
  line: 3,
  statement: 'alter table work_logs …',
  statementLine: 3,
  offendingRowsQuery: 'select * from work_logs where not (hours > 0)',
}
const group = (count: number, first: string): FailureGroup => ({
  cause: first,
  count,
  example: error,
  message: error.message,
  tenants: [first],
  remaining: [first],
  putRight: [],
})

it('names what is wrong and the next step', () => {
  expect(wordsOf(error)).toEqual({ title: 'rows that break a check', next: expect.stringContaining('query below') })
  expect(headline(wordsOf(error).title)).toBe('Rows that break a check')
  expect(wordsOf({ ...error, offendingRowsQuery: null }).next).not.toContain('query below')
  // A tenant that could not be built holds no rows.
  expect(wordsOf(error, 'migrate')).toEqual(wordsOf(error))
  expect(wordsOf({ ...error, file: '0012_check.sql' }, 'onboard').next).toContain('onboard these tenants again')
})

it('has words for any code, known or not', () => {
  for (const code of ['XX000', '08006', '42999', '23999', '53999', 'something_new', '']) {
    const words = wordsOf({ code, offendingRowsQuery: null })
    expect(words.title).not.toBe('')
    expect(words.next).not.toBe('')
  }
})

it('says where', () => {
  expect(placeOf(error)).toBe('table work_logs, constraint hours_positive')
  expect(placeOf({ table: null, constraint: null })).toBe('')
  expect(sourceOf(error)).toBe('0012_check_hours.sql, line 3')
  expect(sourceOf({ file: 'a.sql', line: null })).toBe('a.sql')
  expect(sourceOf({ file: null, line: null })).toBe('')
})

it('names some tenants at once, and never hides just one', () => {
  const slugs = Array.from({ length: 40 }, (_, index) => `t${index}`)
  expect(tenantsShown(slugs, false)).toMatchObject({ more: 28 })
  expect(tenantsShown(slugs, true).more).toBe(0)
  expect(tenantsShown(slugs.slice(0, 13), false).more).toBe(0)
})

it('puts the biggest group first and keeps equals in the order of names', () => {
  expect(sortGroups([group(1, 'b'), group(4, 'z'), group(1, 'a')]).map(({ cause }) => cause)).toEqual(['z', 'a', 'b'])
  expect(failuresSentence([group(4, 'z'), group(1, 'a')])).toBe('5 failures, 2 causes')
})
