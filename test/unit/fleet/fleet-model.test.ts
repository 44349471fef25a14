import { describe, expect, it } from 'vitest'
import { firstStep, isFarBehind, segmentName, stripOf, truthParts } from '../../../components/fleet/fleet-model.ts'
import type { FleetOverview } from '../../../lib/tenancy/contract/index.ts'

const overview = (part: Partial<FleetOverview>): FleetOverview => ({
  tenants: 200,
  targets: 200,
  states: { at_head: 12, behind: 184, ahead: 0, diverged: 0, unreachable: 0, unobserved: 0 },
  failed: 4,
  observedAt: null,
  oldestObservedAt: null,
  sets: [],
  attention: [],
  activeRuns: [],
  recentRuns: [],
  workers: 1,
  ...part,
})

describe('the sentence of truth', () => {
  it('puts numbers first and names what is not there, because its absence is the news', () =>
    expect(truthParts(overview({})).map(({ text }) => text)).toEqual(['200 tenants', '12 at head', '184 behind', '4 failed', '0 unreachable']))

  it('names other states only when somebody is in them', () => {
    const states = { at_head: 1, behind: 0, ahead: 2, diverged: 3, unreachable: 4, unobserved: 5 }
    expect(truthParts(overview({ states })).map(({ text }) => text)).toEqual([
      '200 tenants',
      '1 at head',
      '0 behind',
      '4 failed',
      '2 ahead',
      '3 diverged',
      '4 unreachable',
      '5 not seen yet',
    ])
  })

  it('leads from a number to its tenants, and from nothing to nothing', () => {
    const parts = truthParts(overview({ failed: 0 }))
    expect(parts.find(({ state }) => state === 'behind')?.href).toBe('/tenants?versionState=behind')
    expect(parts.find(({ state }) => state === 'failed')?.href).toBeNull()
  })
})

describe('the strip of a set', () => {
  const set = {
    set: 'app',
    head: '0012',
    versions: [
      { version: null, state: 'unobserved', count: 3 },
      { version: '0012', state: 'at_head', count: 5 },
      { version: '9', state: 'behind', count: 1 },
      { version: '0011', state: 'unreachable', count: 2 },
      { version: '0010', state: 'unreachable', count: 2 },
      { version: null, state: 'behind', count: 4 },
      { version: '0010', state: 'behind', count: 0 },
    ],
  } as const

  it('goes from the oldest version to the newest by number, what cannot be known last', () =>
    expect(stripOf(set).map(({ version, state }) => [version, state])).toEqual([
      [null, 'behind'],
      ['9', 'behind'],
      ['0012', 'at_head'],
      [null, 'unobserved'],
      [null, 'unreachable'],
    ]))

  it('leads to just the tenants of the segment', () => expect(stripOf(set)[2]?.href).toBe('/tenants?set=app&versionState=at_head&version=0012'))
  it('has a name for every segment', () => expect(stripOf(set).map(segmentName)).toEqual(['no migration yet', '9', '0012', 'not seen yet', 'unreachable']))
})

it('leads a fresh console from nothing to tenants, first things first', () => {
  expect(firstStep({ databases: 0, sets: 0, tenants: 0 })).toBe('database')
  expect(firstStep({ databases: 1, sets: 0, tenants: 0 })).toBe('set')
  expect(firstStep({ databases: 1, sets: 1, tenants: 0 })).toBe('tenant')
  expect(firstStep({ databases: 1, sets: 1, tenants: 1 })).toBeNull()
})

it('speaks of the target seen longest ago only when it is noticeably longer', () => {
  expect(isFarBehind('2026-11-21T12:00:00Z', '2026-11-21T11:55:00Z')).toBe(false)
  expect(isFarBehind('2026-11-21T12:00:00Z', '2026-11-21T09:00:00Z')).toBe(true)
  expect(isFarBehind(null, null)).toBe(false)
})
