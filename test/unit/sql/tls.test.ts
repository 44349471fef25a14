import { expect, it } from 'vitest'
import { driverOptions, pgOptions } from '../../../lib/tenancy/sql/database-url.ts'
import { sslModes } from '../../../lib/tenancy/sql/tls.ts'

const at = (mode: string): string => `postgres://ada:x@db.example.com/app${mode === '' ? '' : `?sslmode=${mode}`}`

/** The stream that asks for TLS and does without where there is none; pg has no word for it. */
const asks = expect.any(Function)

it.each([
  ['disable', { ssl: false }, { ssl: false }],
  ['allow', { ssl: 'prefer' }, { ssl: false, stream: asks }],
  ['prefer', { ssl: 'prefer' }, { ssl: false, stream: asks }],
  ['', { ssl: 'prefer' }, { ssl: false, stream: asks }],
  ['require', { ssl: 'require' }, { ssl: { rejectUnauthorized: false } }],
  ['no-verify', { ssl: 'require' }, { ssl: { rejectUnauthorized: false } }],
  ['verify-full', { ssl: { rejectUnauthorized: true, host: 'db.example.com' } }, { ssl: { rejectUnauthorized: true } }],
])('sslmode=%s is said to each driver in its own words', (mode, postgresJs, pg) => {
  expect(driverOptions(at(mode))).toEqual({ host: ['db.example.com'], port: [5432], database: 'app', username: 'ada', password: 'x', ...postgresJs })
  expect(pgOptions(at(mode))).toEqual({ host: 'db.example.com', port: 5432, database: 'app', user: 'ada', password: 'x', ...pg })
})

it('every mode is in the table', () => {
  expect(sslModes).toEqual(['disable', 'allow', 'prefer', 'require', 'no-verify', 'verify-full'])
})

it('to the same machine nothing is encrypted unless it is asked for', () => {
  for (const host of ['localhost', 'db.localhost', '127.0.0.1', '127.1.2.3', '[::1]']) expect(pgOptions(`postgres://ada:x@${host}/app`).ssl).toBe(false)
  expect(pgOptions('postgres://ada:x@localhost/app').stream).toBeUndefined()
  expect(pgOptions('postgres://ada:x@127.example.com/app').stream).toEqual(asks)
})
