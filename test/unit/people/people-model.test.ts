import { expect, test } from 'vitest'
import { deviceOf, placeOf } from '../../../components/account/account-model.ts'
import { deedWords, peopleSentence } from '../../../components/people/people-model.ts'
import type { PersonRow } from '../../../lib/tenancy/contract/index.ts'

const person = (state: PersonRow['state']): PersonRow => ({
  id: state,
  email: `${state}@example.com`,
  name: '',
  role: 'operator',
  state,
  lastSeenAt: null,
  createdAt: '2026-01-01T00:00:00Z',
})

test('the sentence counts whom there is', () => {
  expect(peopleSentence([person('active')])).toBe('1 person active')
  expect(peopleSentence([person('active'), person('active'), person('invited'), person('disabled')])).toBe('2 people active, 1 invited, 1 disabled')
})

test('a dialog names whom and what', () => {
  const words = deedWords({ kind: 'role', person: person('active'), role: 'admin' }, (role) => role.toUpperCase())
  expect(words).toMatchObject({ title: 'Make active@example.com admin?', isDanger: false })
  expect(words.description).toContain('Now operator')
  expect(deedWords({ kind: 'disable', person: person('active') }, String).isDanger).toBe(true)
})

test('where a session was started', () => {
  expect([placeOf(null), placeOf('::1'), placeOf('::ffff:10.0.0.7'), placeOf('2001:db8::7')]).toEqual([null, 'this machine', '10.0.0.7', '2001:db8::7'])
})

test.each([
  ['Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/147.0.0.0 Safari/537.36', 'Chrome on Linux'],
  ['Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/147.0 Safari/537.36 Edg/147.0', 'Edge on Windows'],
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1',
    'Safari on iPhone',
  ],
  ['Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:150.0) Gecko/20100101 Firefox/150.0', 'Firefox on macOS'],
  ['curl/8.5.0', 'An unknown browser'],
  [null, 'An unknown browser'],
])('%s is %s', (userAgent, words) => {
  expect(deviceOf(userAgent)).toBe(words)
})
