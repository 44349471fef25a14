import { describe, expect, it } from 'vitest'
import {
  chosenSentence,
  headerState,
  isChosen,
  nothing,
  selectionOf,
  setsOf,
  toggle,
  toggleAll,
  type Chosen,
} from '../../../components/tenants/selection-model.ts'
import type { TenantRow } from '../../../lib/tenancy/contract/index.ts'

const order = ['a', 'b', 'c', 'd', 'e']
const slugsOf = (chosen: Chosen): readonly string[] => (chosen.kind === 'some' ? [...chosen.slugs].toSorted() : ['matching'])

const row = (slug: string, set: string | null): TenantRow => ({
  slug,
  set,
  name: slug,
  state: 'active',
  hosts: [],
  labels: {},
  targetId: 1,
  database: 'eu',
  schema: slug,
  isolation: 'schema',
  version: null,
  head: null,
  pending: null,
  versionState: null,
  bytes: null,
  observedAt: null,
  remark: null,
  drift: null,
  lastRun: null,
})

describe('choosing rows', () => {
  it('turns one over and back', () => {
    const one = toggle(nothing, 'b', false, order)
    expect(slugsOf(one)).toEqual(['b'])
    expect(slugsOf(toggle(one, 'b', false, order))).toEqual([])
  })

  it('takes everything between the last one and this one, in either direction', () => {
    expect(slugsOf(toggle(toggle(nothing, 'b', false, order), 'd', true, order))).toEqual(['b', 'c', 'd'])
    expect(slugsOf(toggle(toggle(nothing, 'd', false, order), 'b', true, order))).toEqual(['b', 'c', 'd'])
  })

  it('takes the one alone when the last one is not listed any more', () => {
    const gone = toggle(nothing, 'z', false, order)
    expect(slugsOf(toggle(gone, 'b', true, order))).toEqual(['b', 'z'])
  })

  it('takes the one alone over places that were not read yet', () =>
    expect(slugsOf(toggle(toggle(nothing, 'a', false, order), 'e', true, ['a', 'b', undefined, 'd', 'e']))).toEqual(['a', 'e']))

  it('leaves out one of all that match by naming the others that are on the screen', () =>
    expect(slugsOf(toggle({ kind: 'matching' }, 'c', false, order))).toEqual(['a', 'b', 'd', 'e']))

  it('shows none, some and all in the header, and turns over between all and none', () => {
    expect(headerState(nothing, order)).toBe(false)
    const some = toggle(nothing, 'a', false, order)
    expect(headerState(some, order)).toBe('indeterminate')
    const all = toggleAll(some, order)
    expect(headerState(all, order)).toBe(true)
    expect(toggleAll(all, order)).toBe(nothing)
    expect(isChosen({ kind: 'matching' }, 'anything')).toBe(true)
  })
})

describe('what is sent', () => {
  it('names the chosen', () => expect(selectionOf(toggle(nothing, 'b', false, order), { q: 'x' })).toEqual({ kind: 'tenants', slugs: ['b'] }))
  it('sends the filter for all that match', () => expect(selectionOf({ kind: 'matching' }, { q: 'x' })).toEqual({ kind: 'filter', filter: { q: 'x' } }))
  it('sends all when nothing is filtered', () => expect(selectionOf({ kind: 'matching' }, {})).toEqual({ kind: 'all' }))
  it('says how many', () => {
    expect(chosenSentence(toggle(nothing, 'b', false, order), 10_000)).toBe('1 tenant selected')
    expect(chosenSentence({ kind: 'matching' }, 10_000)).toBe('All 10,000 matching rows selected')
  })
  it('offers a rollout of the sets that the chosen have', () => {
    const rows = [row('a', 'app'), row('a', 'analytics'), row('b', 'app'), row('c', null)]
    expect(setsOf(toggle(nothing, 'a', false, order), rows, [])).toEqual(['analytics', 'app'])
    expect(setsOf(toggle(nothing, 'c', false, order), rows, [])).toEqual([])
    expect(setsOf({ kind: 'matching' }, rows, ['app'])).toEqual(['app'])
  })
})
