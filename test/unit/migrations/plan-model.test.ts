import { describe, expect, it } from 'vitest'
import {
  emptyForm,
  failuresTolerated,
  findingCount,
  formProblems,
  isBehindHash,
  leftOutCount,
  narrowed,
  planSentence,
  readSelection,
  reasonText,
  rolloutHref,
  selectionSentence,
  startInput,
  stepsInAll,
  toleranceSentence,
} from '../../../components/migrations/plan-model.ts'
import { startRunInput, type PlanView, type Selection } from '../../../lib/tenancy/contract/index.ts'

const plan: PlanView = {
  set: 'app',
  toVersion: '0012',
  digest: 'abc',
  total: 188,
  byVersion: [
    { version: '0011', count: 180, steps: 1 },
    { version: '0009', count: 8, steps: 3 },
  ],
  byDatabase: [
    { database: 'app', count: 180, budget: 20 },
    { database: 'eu-1', count: 8, budget: 20 },
  ],
  leftOut: [
    { reason: 'suspended', count: 9 },
    { reason: 'unreachable', count: 3 },
  ],
  migrations: [
    {
      version: '0012',
      name: 'check_hours',
      checksum: 'c',
      transactional: true,
      sql: 'select 1',
      isShared: false,
      findings: [{ rule: 'r', level: 'warning', file: 'f', line: 1, column: 1, message: 'm' }],
    },
  ],
}

describe('the address', () => {
  it.each<Selection>([
    { kind: 'all' },
    { kind: 'tenants', slugs: ['acme', 'blue-harbor'] },
    { kind: 'filter', filter: { q: 'a&b', database: ['app', 'eu-1'], versionState: ['behind'], label: ['plan=pro, yearly'], failed: true } },
    { kind: 'filter', filter: { halfDone: true } },
  ])('gives back the selection it was made from (%#)', (selection) => {
    const href = rolloutHref('app', selection, '0011')
    const url = new URL(href, 'http://x')
    expect(url.pathname).toBe('/migrations/app/rollout')
    expect(url.searchParams.get('to')).toBe('0011')
    expect(readSelection(url.searchParams)).toEqual(selection)
  })

  it('never widens what it does not understand', () => {
    expect(readSelection(new URLSearchParams('versionState=asleep'))).toBeNull()
    expect(readSelection(new URLSearchParams('tenants=Not A Slug'))).toBeNull()
    expect(readSelection(new URLSearchParams('tenants='))).toBeNull()
  })

  it('keeps thousands of tenants behind the hash, where no server has to read them', () => {
    const selection: Selection = { kind: 'tenants', slugs: Array.from({ length: 2_000 }, (_, index) => `tenant-${index}`) }
    const url = new URL(rolloutHref('app', selection), 'http://x')
    expect(url.search.length).toBeLessThan(100)
    expect(isBehindHash(url.searchParams)).toBe(true)
    expect(readSelection(url.searchParams, url.hash)).toEqual(selection)
    expect(readSelection(url.searchParams)).toBeNull()
  })

  it('takes each tenant once', () => {
    expect(readSelection(new URLSearchParams('tenants=acme,acme,blue'))).toEqual({ kind: 'tenants', slugs: ['acme', 'blue'] })
  })
})

it('says in words which targets are meant', () => {
  expect(selectionSentence('app', { kind: 'all' })).toBe('all tenants of app')
  expect(selectionSentence('app', { kind: 'tenants', slugs: ['acme'] })).toBe('tenant acme')
  expect(selectionSentence('app', { kind: 'filter', filter: { q: 'acme', versionState: ['at_head', 'behind'] } })).toBe(
    'tenants with search “acme”, version state at head or behind',
  )
})

describe('the form', () => {
  it('is fine when empty', () => expect(formProblems(emptyForm)).toEqual({}))

  it.each([
    ['maxConcurrent', '0'],
    ['maxConcurrent', '2.5'],
    ['maxConcurrent', 'many'],
    ['failureTolerance', '120%'],
    ['failureTolerance', '-1'],
    ['note', 'x'.repeat(501)],
  ] as const)('says what is wrong with %s %s', (field, value) => expect(Object.keys(formProblems({ ...emptyForm, [field]: value }))).toEqual([field]))

  it('becomes a command that the library takes, bound to the plan that was looked at', () => {
    const input = startInput(plan, { kind: 'all' }, { ...emptyForm, maxConcurrent: ' 8 ', failureTolerance: '5%', note: ' for the release ' })
    expect(startRunInput.parse(input)).toEqual({
      set: 'app',
      selection: { kind: 'all' },
      to: '0012',
      maxConcurrent: 8,
      failureTolerance: '5%',
      note: 'for the release',
      digest: 'abc',
    })
  })
})

it('counts what will happen', () => {
  expect(stepsInAll(plan)).toBe(204)
  expect(planSentence(plan)).toBe('188 targets go to 0012 in 204 steps, in 2 databases.')
  expect(planSentence({ ...plan, total: 0 })).toBe('No target needs anything.')
  expect(leftOutCount(plan)).toBe(12)
  expect(findingCount(plan, 'warning')).toBe(1)
  expect(findingCount(plan, 'error')).toBe(0)
})

it('says when the run would stop by itself', () => {
  expect(failuresTolerated(plan, '5%')).toBe(9)
  expect(toleranceSentence(plan, '5%')).toBe('The run pauses by itself when more than 9 of 188 targets fail.')
  expect(toleranceSentence(plan, '0')).toBe('The run pauses by itself at the first failure.')
  expect(toleranceSentence(plan, '')).toBe('The run goes on to the end however many targets fail.')
})

it('has words for each reason, known or not', () => {
  expect(reasonText('busy')).toBe('worked on by another run')
  expect(reasonText('never_heard_of')).toBe('never heard of')
})

it('narrows a selection to one database or version, but not named tenants', () => {
  expect(narrowed({ kind: 'all' }, { database: 'eu-1' })).toEqual({ kind: 'filter', filter: { database: ['eu-1'] } })
  expect(narrowed({ kind: 'filter', filter: { q: 'a' } }, { version: '0011' })).toEqual({ kind: 'filter', filter: { q: 'a', version: ['0011'] } })
  expect(narrowed({ kind: 'all' }, { version: null })).toBeNull()
  expect(narrowed({ kind: 'tenants', slugs: ['a'] }, { database: 'eu-1' })).toBeNull()
})
