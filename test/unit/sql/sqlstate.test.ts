import { describe, expect, it } from 'vitest'
import { classify, codeOf } from '../../../lib/tenancy/sql/sqlstate.ts'

describe('what an error says about the next try', () => {
  it.each([
    ['55P03', 'transient', 'lock timeout'],
    ['40P01', 'transient', 'deadlock'],
    ['40001', 'transient', 'serialization'],
    ['53200', 'transient', 'out of shared memory'],
    ['53100', 'transient', 'disk full'],
    ['53300', 'connection', 'too many connections'],
    ['57P01', 'connection', 'an administrator ended the session'],
    ['57P02', 'connection', 'another backend crashed'],
    ['57P03', 'connection', 'the server is starting'],
    ['08006', 'connection', 'connection failure'],
    ['08P01', 'connection', 'protocol violation'],
    ['25P03', 'connection', 'idle in transaction for too long'],
    ['CONNECTION_CLOSED', 'connection', 'the driver lost it'],
    ['CONNECT_TIMEOUT', 'connection', 'no answer'],
    ['FLIGHT_TIMEOUT', 'connection', 'no answer to a flight'],
    ['ECONNREFUSED', 'connection', 'nobody listens'],
    ['ENOTFOUND', 'connection', 'no such host'],
    ['23505', 'permanent', 'duplicates'],
    ['23514', 'permanent', 'a check'],
    ['42601', 'permanent', 'syntax'],
    ['42P01', 'permanent', 'no such table'],
    ['42501', 'permanent', 'no right'],
    ['28P01', 'permanent', 'wrong password'],
    ['57014', 'permanent', 'cancelled, or the statement timeout'],
    ['invalid_index', 'permanent', 'an outcome of our own'],
    ['unknown', 'permanent', 'an error without a code'],
  ])('%s is %s: %s', (code, kind) => {
    expect(classify(code)).toBe(kind)
  })
})

describe('the code of whatever was thrown', () => {
  it.each([
    ['an error with a code', Object.assign(new Error('x'), { code: '23505' }), '23505'],
    ['an error without one', new Error('x'), 'unknown'],
    ['a code that is a number', Object.assign(new Error('x'), { code: 7 }), 'unknown'],
    ['a text', 'ECONNREFUSED', 'unknown'],
    ['nothing', null, 'unknown'],
    ['several refusals of one host', new AggregateError([Object.assign(new Error('v6'), { code: 'ECONNREFUSED' }), new Error('v4')]), 'ECONNREFUSED'],
  ])('of %s', (_, thrown, code) => {
    expect(codeOf(thrown)).toBe(code)
  })
})
