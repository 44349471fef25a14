import { expect, it } from 'vitest'
import { poolSentence, poolSizeProblem, poolText, unpooled } from '../../../components/migrations/pool-model.ts'
import { setPoolInput } from '../../../lib/tenancy/contract/index.ts'

it('says how many are ready', () => {
  expect(poolText({ size: 20, ready: 3 })).toBe('3 of 20 ready')
  expect(poolText({ size: 0, ready: 1 })).toBe('1 ready, none is to be kept')
  expect(poolText({ size: 0, ready: 2 })).toBe('2 ready, none are to be kept')
})

it.each(['0', '7', '1000', ' 20 '])('takes “%s” as the library does', (text) => {
  expect(poolSizeProblem(text)).toBeNull()
  expect(setPoolInput.safeParse({ set: 'app', size: text }).success).toBe(true)
})

it.each(['', 'ten', '-1', '1001', '1.5'])('refuses “%s” as the library does', (text) => {
  expect(poolSizeProblem(text)).toBe('A whole number from 0 (none) to 1000.')
  expect(setPoolInput.safeParse({ set: 'app', size: text }).success).toBe(false)
})

it('says what a change does', () => {
  expect(poolSentence('app', { database: 'eu-1', size: 0 })).toBe('app keeps no ready schemas in eu-1 any more; those that are there are dropped.')
  expect(poolSentence('app', { database: 'eu-1', size: 1 })).toBe('app keeps 1 ready schema in eu-1; a worker makes what is missing.')
})

it('offers databases without a pool, the one for new tenants first', () => {
  expect(unpooled(['a', 'b', 'c'], [{ database: 'b' }], 'c')).toEqual(['c', 'a'])
  expect(unpooled(['a'], [{ database: 'a' }], 'a')).toEqual([])
})
