import { expect, it } from 'vitest'
import { sampleOf, type Sampled } from '../../../lib/tenancy/reports/sample.ts'

const tenant = (slug: string, more: Partial<Sampled> = {}): Sampled => ({
  slug,
  databaseId: 1,
  position: 3,
  version: '0003',
  structureId: 1,
  reachable: true,
  ...more,
})
const sampled = (chosen: readonly Sampled[], count: number): readonly string[] => sampleOf(chosen, count).map(({ slug }) => slug)

it('has one of each structure before the second of any, also the rarest, at the end of the alphabet', () => {
  const alike = ['a', 'b', 'c', 'd', 'e', 'f'].map((slug) => tenant(slug))
  expect(sampled([...alike, tenant('old', { position: 2, version: '0002', structureId: 2 }), tenant('zed', { structureId: 9 })], 5)).toEqual([
    'a',
    'b',
    'c',
    'old',
    'zed',
  ])
})

it('takes the newest version first where there are more structures than places, and of one version the most frequent', () => {
  const chosen = [
    tenant('a', { position: 1, version: '0001', structureId: 1 }),
    tenant('b', { position: null, version: null, structureId: null }),
    tenant('c', { structureId: 3 }),
    tenant('d', { structureId: 4 }),
    tenant('e', { structureId: 4 }),
  ]
  expect(sampled(chosen, 1)).toEqual(['d'])
  expect(sampled(chosen, 2)).toEqual(['c', 'd'])
  expect(sampled(chosen, 3)).toEqual(['a', 'c', 'd'])
})

it('takes another database for another structure where it can', () => {
  const chosen = [
    tenant('a'),
    tenant('b', { databaseId: 2 }),
    tenant('c', { position: 2, version: '0002', structureId: 2 }),
    tenant('d', { position: 2, version: '0002', structureId: 2, databaseId: 2 }),
  ]
  expect(sampled(chosen, 2)).toEqual(['a', 'd'])
  // The older ones live in one database alone: of the newest one is taken that lives in the other.
  expect(sampled([tenant('a'), tenant('b', { databaseId: 2 }), tenant('c', { position: 2, version: '0002', structureId: 2 })], 2)).toEqual(['b', 'c'])
})

it('goes round the databases where the structure is the same, and asks who is out of reach last', () => {
  const chosen = [tenant('a'), tenant('b'), tenant('c', { databaseId: 2 }), tenant('d', { databaseId: 2 }), tenant('e', { databaseId: 3, reachable: false })]
  expect(sampled(chosen, 2)).toEqual(['a', 'c'])
  expect(sampled(chosen, 4)).toEqual(['a', 'b', 'c', 'd'])
  expect(sampled(chosen, 9)).toEqual(['a', 'b', 'c', 'd', 'e'])
  expect(sampled([], 5)).toEqual([])
})
