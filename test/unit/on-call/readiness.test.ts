import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { readinessOf } from '../../../lib/tenancy/contract/index.ts'
import { pulseOf } from '../../../lib/tenancy/on-call/readiness.ts'
import { shared } from '../../../lib/tenancy/on-call/shared.ts'

it('is ready when nothing is wrong, with a worker or without', () => {
  const well = { control: 'ok', migrations: 'ok', secret: 'ok', structure: 'ok' } as const
  expect(readinessOf({ ...well, worker: 'ok' })).toMatchObject({ ready: true, problems: [] })
  expect(readinessOf({ ...well, worker: 'none' }).ready).toBe(true)
  expect(readinessOf({ ...well, worker: 'ok', structure: 'incomplete' })).toMatchObject({ ready: false, warnings: [] })
})

it('says everything that is wrong', () => {
  const readiness = readinessOf({ control: 'ok', migrations: 'behind', secret: 'wrong', structure: 'differs', worker: 'stopping' })
  expect(readiness.ready).toBe(false)
  expect(readiness.problems).toHaveLength(3)
  expect(readiness.problems[0]).toContain('tenantry init')
})

it('goes by the best worker of the process', () => {
  expect(pulseOf([])).toBe('none')
  expect(pulseOf(['stopping', 'ok'])).toBe('ok')
  expect(pulseOf(['stopping', 'silent'])).toBe('silent')
})

it('reads once for all who ask, and again for those who ask later or after a failure', async () => {
  let reads = 0
  const read = shared(async () => {
    reads += 1
    await sleep(1)
    if (reads === 1) throw new Error('away')
    return reads
  }, 60_000)
  await Promise.allSettled([read(), read()])
  expect(reads).toBe(1)
  expect(await Promise.all([read(), read(), read()])).toEqual([2, 2, 2])
  expect(await read()).toBe(2)
  const hasty = shared(async () => (reads += 1), 0)
  await hasty()
  expect(await hasty()).toBe(4)
})
