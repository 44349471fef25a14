import { describe, expect, it } from 'vitest'
import {
  driftHeadline,
  exampleParts,
  foldFindings,
  goneSentence,
  goneTitle,
  hasSeveralServers,
  ignoredSentence,
  isTraced,
  oldestOf,
  orderedFindings,
  orderedShapes,
  problemsOf,
  sentenceParts,
  shapeHref,
  shapeName,
  shapeTitle,
  whoChanged,
} from '../../../components/drift/drift-model.ts'
import { driftStateLooks, severityLooks } from '../../../components/drift/drift-state.ts'
import { driftStates, severities, type DriftSet, type Shape } from '../../../lib/tenancy/contract/index.ts'

const shape = (part: Partial<Shape>): Shape => ({
  id: 'aaaaaaaaaaaa',
  set: 'app',
  version: '0012',
  server: 15,
  state: 'drifted',
  letter: 'B',
  tenants: 41,
  examples: ['acme', 'beta', 'corp', 'delta'],
  severity: 'slows',
  findings: [],
  uncompared: [],
  firstSeenAt: '2026-11-21T10:00:00.000Z',
  afterRun: null,
  problem: null,
  ...part,
})
const set = (part: Partial<DriftSet>): DriftSet => ({
  set: 'app',
  ignored: [],
  compared: 1000,
  drifted: 54,
  accepted: 0,
  unknown: 0,
  oldestAt: null,
  shapes: [shape({ state: 'norm', letter: null }), shape({ id: 'b' }), shape({ id: 'c' }), shape({ id: 'd' })],
  hidden: 0,
  trend: [],
  ...part,
})

describe('the sentence of a set', () => {
  const texts = (part: Partial<DriftSet>): readonly string[] => sentenceParts(set(part)).map(({ text }) => text)

  it('counts what was compared, then what drifted in how many shapes', () => expect(texts({})).toEqual(['1,000 compared', '54 drifted in 3 shapes']))
  it('says none, and nothing of what is not there', () => expect(texts({ drifted: 0, shapes: [] })).toEqual(['1,000 compared', '0 drifted']))
  it('names what is accepted and what was not compared', () =>
    expect(texts({ accepted: 2, unknown: 12 })).toEqual(['1,000 compared', '54 drifted in 3 shapes', '2 accepted', '12 not compared']))
  it('does not claim to know how many shapes there are when some are not shown', () => expect(texts({ hidden: 9 })[1]).toBe('54 drifted in more than 3 shapes'))
  it('leads to just the tenants it counts', () =>
    expect(sentenceParts(set({ unknown: 1 })).map(({ href }) => href)).toEqual([null, '/tenants?set=app&drift=drifted', '/tenants?set=app&drift=unknown']))
})

describe('the page’s headline', () => {
  it('adds the sets up', () => expect(driftHeadline([set({}), set({ compared: 1, drifted: 0 })])).toBe('1,001 targets compared, 54 drifted.'))
  it('says that nothing was compared', () => expect(driftHeadline([set({ compared: 0 })])).toBe('No structure has been compared yet.'))
  it('knows the oldest look of all', () =>
    expect(oldestOf([set({}), set({ oldestAt: '2026-11-21T10:00:00Z' }), set({ oldestAt: '2026-11-20T10:00:00Z' })])).toBe('2026-11-20T10:00:00Z'))
})

describe('a shape', () => {
  it('is called by its letter, the norm by its part', () => {
    expect(shapeTitle(shape({}))).toBe('Shape B')
    expect(shapeTitle(shape({ state: 'norm', letter: null }))).toBe('Norm')
  })
  it('is told from one of another version and, where there are several, of another server', () => {
    expect(shapeName(shape({}), false)).toBe('app 0012 · Shape B')
    expect(shapeName(shape({ version: null, letter: null, state: 'norm' }), true)).toBe('app without migrations · Norm · PostgreSQL 15')
    expect(hasSeveralServers([shape({}), shape({ server: 18 })])).toBe(true)
  })
  it('has an address of its own', () => expect(shapeHref({ set: 'app', id: 'aaaaaaaaaaaa-bbbbbb' })).toBe('/drift/app/aaaaaaaaaaaa-bbbbbb'))
  it('names a few of its tenants and counts the rest', () => {
    expect(exampleParts(shape({}), 3)).toEqual({ named: ['acme', 'beta', 'corp'], more: 38 })
    expect(exampleParts(shape({ tenants: 1, examples: ['acme'] }), 3)).toEqual({ named: ['acme'], more: 0 })
  })
  it('came about by something only where it differs', () => expect(driftStates.filter((state) => isTraced({ state }))).toEqual(['accepted', 'drifted']))
})

describe('findings in a list', () => {
  const finding = (key: string, severity: (typeof severities)[number], isAccepted = false) => ({
    key,
    severity,
    accepted: isAccepted ? { id: 1, finding: key, sentence: '', reason: '', by: '', at: '', until: null } : null,
  })
  it('stand open before accepted, the worst first', () =>
    expect(
      orderedFindings([finding('a', 'harmless'), finding('b', 'breaks', true), finding('c', 'slows'), finding('d', 'breaks')]).map(({ key }) => key),
    ).toEqual(['d', 'c', 'a', 'b']))
  it('are folded beyond three, but not for the sake of one', () => {
    expect(foldFindings([1, 2, 3, 4])).toEqual({ shown: [1, 2, 3, 4], more: 0 })
    expect(foldFindings([1, 2, 3, 4, 5])).toEqual({ shown: [1, 2, 3], more: 2 })
  })
})

it('stands what drifted before what is not known, accepted or the norm, each in the order in which it came', () =>
  expect(
    orderedShapes([
      shape({ id: 'n', state: 'norm' }),
      shape({ id: 'o', state: 'norm' }),
      shape({ id: 'a', state: 'accepted' }),
      shape({ id: 'b' }),
      shape({ id: 'u', state: 'unknown' }),
      shape({ id: 'c' }),
    ]).map(({ id }) => id),
  ).toEqual(['b', 'c', 'u', 'a', 'n', 'o']))

describe('a shape that is gone', () => {
  const seen = { version: '0012', letter: 'B', isNorm: false, at: '2026-11-21T10:00:00.000Z', targets: 41, tenants: [] }
  it('is called as it was', () =>
    expect([goneTitle({ seen }), goneTitle({ seen: { ...seen, letter: null, isNorm: true } }), goneTitle({ seen: null })]).toEqual([
      'Shape B',
      'Norm',
      'Shape',
    ]))
  it('says how many had it, or that nothing is known', () => {
    expect(goneSentence({ seen })).toMatch(/^41 targets had it when it was last seen; they were repaired/)
    expect(goneSentence({ seen: { ...seen, targets: 1 } })).toMatch(/^1 target had it when it was last seen; it was repaired/)
    expect(goneSentence({ seen: null })).toMatch(/^Nothing more is known of it/)
  })
})

it('tells a problem once for all versions that it concerns', () =>
  expect(
    problemsOf([
      shape({ problem: 'p', version: '0011', tenants: 2 }),
      shape({ problem: 'p', version: '0012', tenants: 3 }),
      shape({ problem: 'p', version: '0012', tenants: 1 }),
      shape({}),
    ]),
  ).toEqual([{ problem: 'p', versions: ['0011', '0012'], tenants: 6 }]))

it('says who changed a tenant, as far as that is known and may be seen', () => {
  expect(whoChanged({ user: 'deploy', application: 'psql', client: '10.0.0.4' })).toBe('by deploy@psql from 10.0.0.4')
  expect(whoChanged({ user: 'deploy', application: '', client: null })).toBe('by deploy')
  expect(whoChanged({ user: null, application: 'psql', client: null })).toBe('by psql')
  expect(whoChanged({ user: null, application: '', client: null })).toBe('by somebody')
})

it('says what a set leaves out', () => {
  expect(ignoredSentence([])).toBe('Compares everything')
  expect(ignoredSentence(['comments'])).toBe('Leaves out comments')
  expect(ignoredSentence(['storage', 'grants', 'comments'])).toBe('Leaves out comments, privileges and storage')
})

it('has a word, an icon and a colour for every state and severity, no two alike', () => {
  const looks = [...driftStates.map((state) => driftStateLooks[state]), ...severities.map((severity) => severityLooks[severity])]
  expect(new Set(looks.map(({ label }) => label)).size).toBe(looks.length)
  expect(new Set(looks.map(({ icon }) => icon)).size).toBe(looks.length)
  expect(driftStateLooks.drifted.tone).toBe('drift')
})
