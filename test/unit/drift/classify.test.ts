/** Which sightings are one shape, what it is called, and whether it counts. */
import { describe, expect, it } from 'vitest'
import { classify, letterOf, type Sighting } from '../../../lib/tenancy/drift/shapes/classify.ts'

const sighting = (id: number, change: Partial<Sighting> = {}): Sighting => ({
  id,
  databaseId: 1,
  digest: 'v2',
  serverMajor: 15,
  fingerprint: `f${id}`,
  norm: 'n',
  findings: [{ key: `k${id}`, severity: 'slows' }],
  uncompared: [],
  targets: 1,
  ...change,
})
const norm = (id: number, change: Partial<Sighting> = {}): Sighting => sighting(id, { fingerprint: 'n', findings: [], ...change })

const standingsOf = (sightings: readonly Sighting[], accepted: ReadonlyArray<{ finding: string; sentence?: string; until: Date | null }> = []) =>
  new Map(
    classify(
      7,
      sightings,
      accepted.map((one) => ({ sentence: '', ...one })),
    ).map(({ id, ...standing }) => [id, standing]),
  )

describe('a shape', () => {
  it('is of all databases of a version and server major, and of no other', () => {
    const alike = { fingerprint: 'x', findings: [{ key: 'k', severity: 'breaks' as const }] }
    const seen = standingsOf([
      sighting(1, alike),
      sighting(2, { ...alike, databaseId: 2 }),
      sighting(3, { ...alike, digest: 'v1' }),
      sighting(4, { ...alike, serverMajor: 18 }),
    ])
    const [one, other, older, newer] = [1, 2, 3, 4].map((id) => seen.get(id)?.shape)
    expect(one).toMatch(/^[0-9a-f]{12}$/)
    expect(other).toBe(one)
    expect(new Set([one, older, newer]).size).toBe(3)
  })

  it('whose difference is not told is the norm’s', () => {
    const seen = standingsOf([norm(1, { targets: 9 }), sighting(2, { findings: [] })])
    expect(seen.get(2)).toEqual(seen.get(1))
    expect(seen.get(1)).toMatchObject({ state: 'norm', letter: null, severity: null })
  })

  it('keeps its name when findings are told otherwise, and when it is accepted', () => {
    const name = standingsOf([sighting(1)]).get(1)?.shape
    expect(standingsOf([sighting(1, { findings: [{ key: 'other', severity: 'breaks' }] })]).get(1)?.shape).toBe(name)
    expect(standingsOf([sighting(1)], [{ finding: 'k1', until: null }]).get(1)).toMatchObject({ shape: name, state: 'accepted' })
  })

  it('is told apart where databases have another norm: the larger part keeps the plain name', () => {
    const seen = standingsOf([norm(1, { targets: 5 }), sighting(2, { databaseId: 2, fingerprint: 'n', norm: 'm', targets: 3 })])
    const plain = seen.get(1)?.shape ?? ''
    expect(seen.get(2)?.shape).toMatch(new RegExp(`^${plain}-[0-9a-f]{6}$`))
    expect([seen.get(1)?.state, seen.get(2)?.state]).toEqual(['norm', 'drifted'])
  })

  it('has a letter by its size within its version, whatever its server', () => {
    const seen = standingsOf([
      norm(1, { targets: 50 }),
      sighting(2, { targets: 3 }),
      sighting(3, { targets: 8, serverMajor: 18 }),
      sighting(4, { targets: 1, digest: 'v1' }),
    ])
    expect([2, 3, 4].map((id) => seen.get(id)?.letter)).toEqual(['C', 'B', 'B'])
    expect([0, 24, 25, 26, 50, 51].map(letterOf)).toEqual(['B', 'Z', 'AA', 'AB', 'AZ', 'BA'])
  })
})

describe('a finding that is accepted', () => {
  const two = sighting(1, {
    findings: [
      { key: 'a', severity: 'breaks' },
      { key: 'b', severity: 'harmless' },
    ],
  })

  it('leaves the shape drifted by the others, as bad as they are', () => {
    expect(standingsOf([two], [{ finding: 'a', until: null }]).get(1)).toMatchObject({ state: 'drifted', severity: 'harmless' })
  })

  it('with all others makes it accepted, until the first of them ends', () => {
    const [soon, late] = [new Date('2027-01-01'), new Date('2027-02-01')]
    const accepted = [
      { finding: 'a', until: late },
      { finding: 'b', until: soon },
    ]
    expect(standingsOf([two], accepted).get(1)).toMatchObject({ state: 'accepted', severity: 'breaks', acceptedUntil: soon })
    expect(
      standingsOf(
        [two],
        [
          { finding: 'a', until: late },
          { finding: 'b', until: null },
        ],
      ).get(1)?.acceptedUntil,
    ).toEqual(late)
  })
})

it('that is in the way of a migration counts although it was accepted as something else, and not when it was accepted as that', () => {
  const one = sighting(1, { findings: [{ key: 'a', severity: 'breaks', ahead: 'It is in the way.' }] })
  expect(standingsOf([one], [{ finding: 'a', sentence: 'It was added.', until: null }]).get(1)).toMatchObject({ state: 'drifted', severity: 'breaks' })
  expect(standingsOf([one], [{ finding: 'a', sentence: 'It is in the way.', until: null }]).get(1)).toMatchObject({ state: 'accepted' })
})

it('without a reference nothing is said', () => {
  expect(standingsOf([sighting(1, { norm: null, findings: [] })]).get(1)).toMatchObject({ state: 'unknown', severity: null })
})

it('what holds something that the norm does not, and that cannot be compared, is not the norm: a shape of its own, of which nothing is said', () => {
  const uncompared = ['operator ===(text, text)']
  const seen = standingsOf([norm(1, { targets: 9 }), norm(2, { uncompared }), norm(3, { uncompared, databaseId: 2 }), sighting(4, { uncompared })])
  expect(seen.get(2)).toMatchObject({ state: 'unknown', severity: null, letter: 'B' })
  expect(seen.get(2)?.shape).not.toBe(seen.get(1)?.shape)
  expect(seen.get(3)).toEqual(seen.get(2))
  expect(seen.get(4)?.state).toBe('drifted')
})
