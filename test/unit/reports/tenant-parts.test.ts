import { expect, test } from 'vitest'
import { pageOf } from '../../../lib/tenancy/reports/tenant-parts.ts'

const parts = [
  { target: 'a', rows: 3 },
  { target: 'c', rows: 5 },
  { target: 'd', rows: 1 },
]

test.each([
  [0, 2, ['a'], 0],
  [0, 3, ['a'], 0],
  [0, 4, ['a', 'c'], 0],
  [2, 1, ['a'], 2],
  [3, 1, ['c'], 0],
  [4, 100, ['c', 'd'], 1],
  [8, 1, ['d'], 0],
  [9, 10, [], 0],
])('from row %i on, %i rows', (offset, limit, targets, skipped) => {
  expect(pageOf(parts, offset, limit)).toEqual({ targets, skipped })
})

test('page by page every row comes once, whatever the length of a page', () => {
  const all = parts.flatMap(({ target, rows }) => Array.from({ length: rows }, (_, n) => `${target}${n}`))
  for (let limit = 1; limit < 11; limit += 1) {
    const seen: string[] = []
    for (let offset = 0; offset < all.length; offset += limit) {
      const { targets, skipped } = pageOf(parts, offset, limit)
      seen.push(...all.filter((row) => targets.includes(row[0] ?? '')).slice(skipped, skipped + limit))
    }
    expect(seen).toEqual(all)
  }
})
