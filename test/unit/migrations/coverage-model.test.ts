import { expect, it } from 'vitest'
import { coveragePercent, coverageText, syncSentence } from '../../../components/migrations/coverage-model.ts'

it('says 100 only for all and 0 only for none', () => {
  expect([coveragePercent(9_999, 10_000), coveragePercent(1, 10_000), coveragePercent(0, 10), coveragePercent(10, 10), coveragePercent(0, 0)]).toEqual([
    99, 1, 0, 100, 0,
  ])
})

it('counts in words', () => {
  expect([coverageText(200, 200), coverageText(188, 200), coverageText(0, 200), coverageText(0, 0)]).toEqual([
    'all 200',
    '188 of 200',
    'none of 200',
    'no targets',
  ])
})

it('says what a sync brought', () => {
  expect(syncSentence({ added: ['0013'], changed: [], removed: [], unchanged: 12 })).toBe('1 added, 12 as they were.')
  expect(syncSentence({ added: [], changed: [], removed: [], unchanged: 1 })).toBe('1 as it was.')
})
