import { expect, it } from 'vitest'
import {
  itemsInput,
  pagesOf,
  plainView,
  readAddress,
  sortAfterClick,
  toggleState,
  versionStep,
  writeAddress,
  type RunAddress,
} from '../../../components/runs/run-items-model.ts'

it.each<RunAddress>([
  { view: plainView, item: null, tab: null },
  { view: { ...plainView, q: 'acme & co', states: ['running', 'failed'], sort: 'durationMs', descending: true }, item: 'acme', tab: 'items' },
  { view: { ...plainView, differs: true }, item: null, tab: 'items' },
  { view: { ...plainView, cause: 'abc123', descending: true }, item: null, tab: 'failures' },
])('reads back what it writes (%#)', (address) => {
  expect(readAddress(new URLSearchParams(writeAddress(address)))).toEqual(address)
})

it('writes nothing for the plain view', () => {
  expect(writeAddress({ view: plainView, item: null, tab: null })).toBe('')
})

it('opens with an address that it does not understand', () => {
  expect(readAddress(new URLSearchParams('sort=colour&state=happy&tab=none&q=x'))).toEqual({ view: { ...plainView, q: 'x' }, item: null, tab: null })
})

it('asks for pages that cover the rows in sight', () => {
  expect(pagesOf(0, 30, 10_000)).toEqual([0])
  expect(pagesOf(95, 130, 10_000)).toEqual([0, 1])
  expect(pagesOf(9_990, 10_050, 10_000)).toEqual([99])
  expect(pagesOf(0, 30, 0)).toEqual([0])
  expect(itemsInput(42, plainView, 3)).toMatchObject({ run: 42, offset: 300, limit: 100, q: undefined, state: undefined })
})

it('turns the order round at the second click', () => {
  const once = sortAfterClick(plainView, 'durationMs')
  expect([once.sort, once.descending]).toEqual(['durationMs', true])
  expect(sortAfterClick(once, 'durationMs').descending).toBe(false)
  expect(sortAfterClick(once, 'slug')).toMatchObject({ sort: 'slug', descending: false })
})

it('adds and takes away a state', () => {
  const failed = toggleState(plainView, 'failed')
  expect(failed.states).toEqual(['failed'])
  expect(toggleState(failed, 'failed').states).toEqual([])
})

it('shows where a target came from and went', () => {
  expect([versionStep('0011', '0012'), versionStep(null, '0012'), versionStep('0012', '0012'), versionStep(null, null)]).toEqual([
    '0011 → 0012',
    '→ 0012',
    '0012',
    '',
  ])
})
