import { describe, expect, it } from 'vitest'
import { isFilling, poolReason, poolSentence, poolSizeProblem, poolText, unpooled } from '../../../components/migrations/pool-model.ts'
import type { PoolWait } from '../../../lib/tenancy/contract/index.ts'
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

describe('a pool that is not full', () => {
  const pool = { size: 20, ready: 3, building: 0, problem: null, retryAt: null, waitsFor: null }

  it('says that it is filled, or what it waits for and what comes then', () => {
    expect(poolReason({ ...pool, ready: 20 })).toBeNull()
    expect(poolReason({ ...pool, size: 0 })).toBeNull()
    expect(poolReason(pool)?.text).toBe('A worker makes the rest, one after the other.')
    expect(poolReason({ ...pool, building: 1, ready: 0 })?.text).toBe('One is being made, one after the other. New tenants are built meanwhile.')
    const waits = (waitsFor: PoolWait) => poolReason({ ...pool, waitsFor })
    expect(waits({ for: 'runs', server: 'eu', runs: [41] })).toMatchObject({
      tone: 'plain',
      text: 'Waits for run 41 on server eu: runs go first. The pool is filled when it has ended.',
    })
    expect(waits({ for: 'runs', server: 'eu', runs: [41, 42, 43] })?.text).toBe(
      'Waits for runs 41, 42 and 43 on server eu: runs go first. The pool is filled when they have ended.',
    )
    expect(waits({ for: 'server', server: 'eu', problem: 'ECONNREFUSED' })).toMatchObject({
      tone: 'bad',
      text: 'Server eu did not answer when it was last asked (ECONNREFUSED). The pool is filled once it answers.',
    })
    expect(waits({ for: 'worker' })?.text).toBe('Waits for a worker: none is running. One that starts fills the pool.')
    expect(waits({ for: 'migrations' })?.text).toBe('Waits for the set’s first migration.')
  })

  it('says of what cannot be pooled why, and of what passes when it is tried again', () => {
    const retryAt = '2026-11-21T04:00:30.000Z'
    expect(poolReason({ ...pool, ready: 0, problem: '0001 asks for its name' })).toEqual({
      tone: 'bad',
      text: '0001 asks for its name. New tenants are built.',
      retryAt: null,
    })
    expect(poolReason({ ...pool, problem: 'Its server is busy', retryAt })?.retryAt).toBe(retryAt)
    expect(poolReason({ ...pool, problem: 'Its server is busy', retryAt, waitsFor: { for: 'runs', server: 'eu', runs: [41] } })).toMatchObject({
      text: expect.stringContaining('run 41') as string,
      retryAt: null,
    })
  })

  it('is looked at again until it is as it is to be', () => {
    expect(isFilling([{ size: 2, ready: 2 }])).toBe(false)
    expect(
      isFilling([
        { size: 2, ready: 2 },
        { size: 0, ready: 1 },
      ]),
    ).toBe(true)
    expect(isFilling([])).toBe(false)
  })
})
