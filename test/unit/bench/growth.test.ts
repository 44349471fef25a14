import { expect, it } from 'vitest'
import { growthLines, growthOf } from '../../bench/growth.ts'
import { figuresOf } from '../../bench/measure.ts'
import type { Result } from '../../bench/output.ts'

const result = (bench: string, size: number, product: number, floor: number | null, unit: Result['unit'] = 'ms'): Result => ({
  bench,
  size,
  floor: floor === null ? null : figuresOf([floor]),
  product: figuresOf([product]),
  unit,
  bar: null,
})

it('is told of what took time at both sizes, with the floor’s beside it', () => {
  const growths = growthOf([
    result('rollout', 100, 90, 50),
    result('rollout', 1_000, 800, 500),
    result('rollout', 10_000, 7_840, 5_050),
    result('onboarding', 1_000, 100, null),
    result('onboarding', 10_000, 1_200, null),
    result('one size alone', 1_000, 1, 1),
    result('queries', 1_000, 4, null, 'count'),
    result('queries', 10_000, 4, null, 'count'),
  ])
  expect(growthLines(growths).split('\n')).toEqual([
    'growth 1,000 → 10,000: 9.8 ×, floor 10.1 × (bar 11 ×, within): rollout',
    'growth 1,000 → 10,000: 12.0 × (bar 11 ×, over): onboarding',
  ])
})
