import { expect, test } from 'vitest'
import { restAfter } from '../../../lib/tenancy/runs/compare-running.ts'

test('comparing takes a tenth of the time at most, also where nothing is found to compare', () => {
  const pace = { compareEveryMs: 30_000 }
  expect(restAfter(1_000, true, pace)).toBe(30_000)
  expect(restAfter(10_000, true, pace)).toBe(90_000)
  expect(restAfter(2_000, false, pace)).toBe(18_000)
  expect(restAfter(1, false, pace)).toBe(9)
})
