import { expect, it } from 'vitest'
import { documentOf } from '../../../lib/server/refusal.ts'

const thrown = (fields: object): Error => Object.assign(new Error('as the driver says it'), fields)

it.each([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'EPIPE',
  'EAI_AGAIN',
  'CONNECT_TIMEOUT',
  'CONNECTION_CLOSED',
  'CONNECTION_ENDED',
  '57P01',
  '57P02',
  '57P03',
  '53300',
  '08000',
  '08006',
])('a control database that is away is said to be so, not an error of the console: %s', (code) => {
  expect(documentOf(thrown({ code }), 'test').code).toBe('control.unreachable')
})

it('so is one with several addresses that all refuse, and one whose socket is not there', () => {
  expect(documentOf(new AggregateError([thrown({ code: 'ECONNREFUSED' })]), 'test').code).toBe('control.unreachable')
  expect(documentOf(thrown({ code: 'ENOENT', syscall: 'connect' }), 'test').code).toBe('control.unreachable')
})

it('a missing file, a wrong statement and anything else are not the control database’s absence', () => {
  for (const fields of [{ code: 'ENOENT', syscall: 'open' }, { code: '42601' }, { code: '23505' }, {}])
    expect(documentOf(thrown(fields), 'test').code).toBe('internal')
})
