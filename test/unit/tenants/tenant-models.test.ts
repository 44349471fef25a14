import { describe, expect, it } from 'vitest'
import { changeWords, changedSentence } from '../../../components/tenants/change-model.ts'
import { readHosts, readLabels, readTenantForm, writeLabels } from '../../../components/tenants/edit-model.ts'
import { choicesOf, chosenWords } from '../../../components/tenants/facet-model.ts'
import { buildingOf, placementSentence, sizedTables, timelineOf } from '../../../components/tenants/tenant-model.ts'
import { filterOf, isFiltered, loadTenantSearch, nextOrder, tenantsHref } from '../../../components/tenants/tenant-search.ts'
import type { HistoryEntry, PlacementView } from '../../../lib/tenancy/contract/index.ts'

describe('the address of the tenants page', () => {
  it('reads filters back as they were written', () => {
    const href = tenantsHref({ q: 'a&b=c', versionState: ['behind', 'diverged'], label: ['plan=pro,eu'], failed: true })
    const filter = filterOf(loadTenantSearch(new URL(href, 'http://console').searchParams))
    expect(filter).toEqual({ q: 'a&b=c', versionState: ['behind', 'diverged'], label: ['plan=pro,eu'], failed: true })
  })

  it('ignores words that no state has, and holds no filter then', () => {
    const filter = filterOf(loadTenantSearch(new URLSearchParams('versionState=broken&q=+++&sort=nothing')))
    expect(filter).toEqual({})
    expect(isFiltered(filter)).toBe(false)
  })

  it('turns the order round when the same column is pressed again', () => {
    expect(nextOrder({ sort: 'slug', descending: false }, 'bytes')).toEqual({ sort: 'bytes', descending: false })
    expect(nextOrder({ sort: 'bytes', descending: false }, 'bytes')).toEqual({ sort: 'bytes', descending: true })
  })
})

describe('filters', () => {
  it('lists the most frequent first, and keeps what is chosen though nothing is left of it', () =>
    expect(
      choicesOf(
        [
          { value: '0010', count: 2 },
          { value: '9', count: 2 },
          { value: '0012', count: 5 },
        ],
        ['0003'],
      ).map(({ value }) => value),
    ).toEqual(['0012', '9', '0010', '0003']))
  it('names one value and counts more', () => {
    expect(chosenWords(['at_head'])).toBe('at head')
    expect(chosenWords(['a', 'b'])).toBe('2 of them')
  })
})

describe('editing', () => {
  it('takes hosts by line, space or comma', () =>
    expect(readHosts(' a.example.com\nb.example.com, c.example.com ')).toEqual(['a.example.com', 'b.example.com', 'c.example.com']))
  it('reads labels back as written, with = in a value', () =>
    expect(readLabels(writeLabels({ plan: 'pro', note: 'a=b' })).labels).toEqual({ plan: 'pro', note: 'a=b' }))
  it('names the line that is no label', () => expect(readLabels('plan=pro\n=x').problem).toContain('“=x”'))

  it('says what is wrong with which field', () => {
    const { input, problems } = readTenantForm('acme', { name: ' ', hosts: 'ok.example.com\nnot a_host', labels: 'Plan=pro' })
    expect(input).toBeNull()
    expect(problems.name).toBe('must not be empty')
    expect(readTenantForm('acme', { name: 'a'.repeat(121), hosts: '', labels: '' }).problems.name).toBe('must be at most 120 characters')
    expect(problems.hosts).toContain('“a_host” is not a host name')
    expect(problems.labels).toContain('“Plan”')
  })
})

describe('suspending and activating', () => {
  it('says to how many before it happens', () => {
    expect(changeWords('suspend', { kind: 'tenants', slugs: ['acme'] }, 1).button).toBe('Suspend “acme”')
    expect(changeWords('suspend', { kind: 'filter', filter: { q: 'x' } }, 1200).title).toBe('Suspend the tenants of all 1,200 matching rows')
  })
  it('says what became of it', () => {
    expect(changedSentence('suspend', 2)).toBe('2 tenants suspended.')
    expect(changedSentence('activate', 0)).toContain('active already')
  })
})

const entry = (version: string, part: Partial<HistoryEntry> = {}): HistoryEntry => ({
  version,
  name: 'a',
  checksum: 'c',
  appliedAt: '2026-01-01T00:00:00Z',
  finishedAt: null,
  durationMs: 1,
  run: 1,
  baseline: false,
  match: 'same',
  statementsDone: null,
  ...part,
})

describe('a tenant’s history', () => {
  it('stands newest first, with what is still to come above it', () => {
    const timeline = timelineOf(
      [
        { version: '3', name: 'c', transactional: true },
        { version: '4', name: 'd', transactional: false },
      ],
      [entry('1'), entry('2')],
    )
    expect(timeline.map((item) => (item.kind === 'pending' ? item.version : item.entry.version))).toEqual(['4', '3', '2', '1'])
  })

  it('says what is odd about an entry', () => {
    const remarks = timelineOf(
      [],
      [
        entry('1', { match: 'edited' }),
        entry('2', { match: 'unknown' }),
        entry('3', { match: 'half_done', statementsDone: 1 }),
        entry('4', { baseline: true }),
        entry('5'),
      ],
    )
      .toReversed()
      .map((item) => (item.kind === 'applied' ? item.remark : null))
    expect(remarks).toEqual([
      expect.stringContaining('checksum'),
      'not in the set',
      'stopped half-way after 1 statement',
      expect.stringContaining('baseline'),
      null,
    ])
  })

  it('measures tables against the largest', () => {
    const table = (name: string, totalBytes: number) => ({ table: name, rows: null, tableBytes: 0, indexBytes: 0, toastBytes: 0, totalBytes })
    expect(sizedTables([table('small', 10), table('large', 40)]).map(({ table: name, share }) => [name, share])).toEqual([
      ['large', 1],
      ['small', 0.25],
    ])
    expect(sizedTables([table('empty', 0)])[0]?.share).toBe(0)
  })

  it('says where a placement stands', () => {
    const placement: PlacementView = {
      targetId: 1,
      set: 'app',
      database: 'eu',
      server: 's',
      schema: 'tenant_a',
      role: null,
      isolation: 'schema',
      version: '0011',
      head: '0012',
      versionState: 'behind',
      bytes: null,
      observedAt: null,
      remark: null,
      drift: { state: 'unknown', shape: null, letter: null, severity: null },
      pending: [{ version: '0012', name: 'x', transactional: true }],
    }
    expect(placementSentence(placement)).toBe('at 0011, 1 migration pending')
    expect(placementSentence({ ...placement, versionState: 'at_head', version: '0012', pending: [] })).toBe('at 0012, the newest')
    expect(placementSentence({ ...placement, version: null })).toBe('no migration applied, 1 migration pending')
    expect(placementSentence({ ...placement, versionState: null })).toBe('never seen yet')
  })
})

describe('a tenant that is not built', () => {
  const all = { mayRetry: true, mayDiscard: true }
  const run = { run: 7, kind: 'onboard', set: 'app', attempts: 1, finishedAt: null, error: null } as const

  it('waits while its run is at it', () =>
    expect(buildingOf({ slug: 'acme', runs: [{ ...run, state: 'running' }] }, all)).toMatchObject({ title: 'It is being built', isOver: false }))

  it('says what whoever looks can do, and no more', () => {
    const failed = { slug: 'acme', runs: [{ ...run, state: 'failed' as const }] }
    expect(buildingOf(failed, all).next).toMatch(
      /Put right what stopped it, then try it again from run 7, or onboard it again if a migration had to change for it; or discard it, and the slug “acme” is free again\.$/,
    )
    expect(buildingOf(failed, { mayRetry: true, mayDiscard: false }).next).toMatch(/from run 7, or onboard it again if a migration had to change for it\.$/)
    expect(buildingOf(failed, { mayRetry: false, mayDiscard: false }).next).toMatch(/Whoever may onboard tenants can try it again or discard it\.$/)
    expect(buildingOf({ slug: 'acme', runs: [] }, all).next).toMatch(/\. Discard it, and the slug “acme” is free again\.$/)
  })
})
