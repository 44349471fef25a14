import { describe, expect, it } from 'vitest'
import { byVersion, checksumOf, digestOf, emptyDigest, prefixDigests } from '../../../lib/tenancy/migrations/digest.ts'
import type { HistorySummary } from '../../../lib/tenancy/migrations/history.ts'
import { explainOffTrack, positionOnTrack, standingOf } from '../../../lib/tenancy/migrations/track.ts'

const facts = ['0001', '0002', '0003'].map((version) => ({ version, checksum: `sum of ${version}` }))
const digests = prefixDigests(facts)
const track = facts.map((fact, index) => ({ ...fact, prefixDigest: digests[index] ?? '' }))
const [first, second, third] = facts
if (!first || !second || !third) throw new Error('three facts')

const summaryOf = (applied: typeof facts, unfinished: HistorySummary['unfinished'] = null): HistorySummary => ({
  applied: applied.length,
  version: applied.at(-1)?.version ?? null,
  digest: digestOf(applied),
  lastRun: null,
  unfinished,
})

describe('a checksum', () => {
  it('is the same for line ends of all kinds and with a byte order mark', () => {
    expect(checksumOf('\uFEFFselect 1;\r\nselect 2;\r\n')).toBe(checksumOf('select 1;\nselect 2;\n'))
  })

  it('changes with any other character', () => {
    expect(checksumOf('select 1 ;')).not.toBe(checksumOf('select 1;'))
  })
})

describe('a digest', () => {
  it('tells histories apart by versions, checksums and order', () => {
    const all = [[], [first], [second], [first, second], [second, first], [{ ...first, checksum: 'x' }, second], facts].map(digestOf)
    expect(new Set(all).size).toBe(all.length)
  })

  it('of each beginning of a list is that of the list so far', () => {
    expect(digests).toEqual([digestOf([first]), digestOf([first, second]), digestOf(facts)])
    expect(prefixDigests([])).toEqual([])
  })

  it('of nothing is the empty one', () => {
    expect(digestOf([])).toBe(emptyDigest)
  })
})

describe('the order of versions', () => {
  it('is that of their bytes, as PostgreSQL’s "C"', () => {
    expect(
      ['0010', '0002', '2026-01', '0002a', 'B', 'a']
        .map((version) => ({ version }))
        .toSorted(byVersion)
        .map(({ version }) => version),
    ).toEqual(['0002', '0002a', '0010', '2026-01', 'B', 'a'])
  })
})

describe('where a history stands', () => {
  it.each([
    ['nothing applied', [], 0],
    ['the first', [first], 1],
    ['all', facts, 3],
    ['one left out', [first, third], null],
    ['one edited', [{ ...first, checksum: 'x' }], null],
    ['one more', [...facts, { version: '0004', checksum: 'x' }], null],
  ])('with %s', (_, applied, position) => {
    expect(positionOnTrack(track, digestOf(applied))).toBe(position)
  })

  it.each([
    ['at head', facts, { state: 'at_head', pending: 0 }],
    ['behind', [first], { state: 'behind', pending: 2 }],
    ['behind by all', [], { state: 'behind', pending: 3 }],
  ])('is %s', (_, applied, standing) => {
    expect(standingOf(track, summaryOf(applied))).toEqual({ ...standing, remark: null })
  })

  it('needs the whole history when it is not on the track', () => {
    expect(standingOf(track, summaryOf([third]))).toBeNull()
  })

  it('mentions a migration that is half done', () => {
    expect(standingOf(track, summaryOf([first], { version: '0002', checksum: 'x', statementsDone: 2 }))?.remark).toBe(
      '0002 is half done: 2 of its statements ran',
    )
  })
})

describe('a history off the track', () => {
  it.each([
    ['is ahead with a newer version', [...facts, { version: '0004', checksum: 'x' }], 'ahead', '0004 applied, newer than the set’s head 0003'],
    [
      'is ahead with many',
      [...facts, ...['0004', '0005', '0006', '0007'].map((version) => ({ version, checksum: 'x' }))],
      'ahead',
      '0004, 0005, 0006 and 1 more applied, newer than the set’s head 0003',
    ],
    ['is diverged when one was edited', [first, { ...second, checksum: 'x' }], 'diverged', '0002 applied with another content than the set’s'],
    ['is diverged when an older one is missing', [first, third], 'diverged', '0002 missing below 0003'],
    ['is diverged when an older one is missing below a newer one', [first, second, { version: '0009', checksum: 'x' }], 'diverged', '0003 missing below 0009'],
    ['is diverged when it has one between', [first, { version: '0001a', checksum: 'x' }, second, third], 'diverged', '0001a applied, but not in the set'],
  ])('%s', (_, applied, state, remark) => {
    expect(explainOffTrack(track, applied)).toEqual({ state, remark })
  })
})
