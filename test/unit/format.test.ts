import { describe, expect, it } from 'vitest'
import { formatBytes, formatCount, formatDuration, formatRelative, formatShare, formatUtc, plural } from '../../lib/format.ts'

describe('counts', () => {
  it.each([
    [0, '0'],
    [999, '999'],
    [10_000, '10,000'],
  ])('groups %d as %s', (value, text) => expect(formatCount(value)).toBe(text))

  it('puts the number before the noun and minds one and many', () => {
    expect(plural(1, 'tenant')).toBe('1 tenant')
    expect(plural(12_000, 'tenant')).toBe('12,000 tenants')
    expect(plural(2, 'index', 'indexes')).toBe('2 indexes')
  })
})

describe('sizes', () => {
  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1536, '1.5 kB'],
    [2048, '2 kB'],
    [500_000, '488 kB'],
    [5 * 1024 ** 3, '5 GB'],
  ])('%d bytes are %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text))
})

describe('shares', () => {
  it.each([
    [0, 0, '0%'],
    [0, 200, '0%'],
    [1, 10_000, '<1%'],
    [9_999, 10_000, '>99%'],
    [200, 200, '100%'],
    [1, 3, '33%'],
  ])('%d of %d is %s: neither the last nor the first one is rounded away', (part, whole, text) => expect(formatShare(part, whole)).toBe(text))
})

describe('durations', () => {
  it.each([
    [0.4, '0 ms'],
    [850, '850 ms'],
    [1_000, '1 s'],
    [2_340, '2.3 s'],
    [42_000, '42 s'],
    [59_970, '1 min'],
    [184_000, '3 min 4 s'],
    [5_460_000, '1 h 31 min'],
    [200 * 3_600_000, '8 d 8 h'],
  ])('%d ms are %s', (ms, text) => expect(formatDuration(ms)).toBe(text))
})

describe('times', () => {
  const now = Date.parse('2026-11-21T12:00:00Z')
  it.each([
    ['2026-11-21T11:59:58Z', 'just now'],
    ['2026-11-21T11:59:18Z', '42 s ago'],
    ['2026-11-21T11:57:00Z', '3 min ago'],
    ['2026-11-20T13:00:00Z', '23 h ago'],
    ['2026-11-18T12:00:00Z', '3 d ago'],
    ['2025-11-01T12:00:00Z', '1 y ago'],
    ['2026-11-21T16:00:00Z', 'in 4 h'],
    ['2026-11-28T11:59:40Z', 'in 7 d'],
    ['2026-11-21T12:59:50Z', 'in 1 h'],
  ])('%s is %s', (at, text) => expect(formatRelative(Date.parse(at), now)).toBe(text))

  it('writes exact times in UTC, sortable', () => expect(formatUtc('2026-01-02T03:04:05.678+01:00')).toBe('2026-01-02 02:04:05 UTC'))
  it('leaves a time that it cannot read as it is', () => expect(formatUtc('soon')).toBe('soon'))
})
