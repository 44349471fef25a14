import { describe, expect, it } from 'vitest'
import { addressOf, driverOptions, parseDatabaseUrl } from '../../../lib/tenancy/sql/database-url.ts'
import { isTenancyError } from '../../../lib/tenancy/errors.ts'

const refusal = (text: string): { code: string; message: string; everything: string } => {
  try {
    parseDatabaseUrl(text)
    return { code: 'none', message: '', everything: '' }
  } catch (error) {
    if (!isTenancyError(error)) throw error
    return { code: error.code, message: error.message, everything: JSON.stringify(error.toDocument()) + String(error.stack) + String(error.cause) }
  }
}

describe('a connection string', () => {
  it.each([
    ['postgres://ada:s3cret@db.example.com/app', 'postgres://ada:s3cret@db.example.com:5432/app'],
    ['postgresql://ada@DB.Example.com:6543/app', 'postgres://ada@db.example.com:6543/app'],
    ['  postgres://ada:p%40ss%2Fw%3Ard@h/app?sslmode=require\n', 'postgres://ada:p%40ss%2Fw%3Ard@h:5432/app?sslmode=require'],
    ['postgres://ada:x@[::1]:5433/app', 'postgres://ada:x@[::1]:5433/app'],
    ['postgres://ada:x@h/my%20app?application_name=x&connect_timeout=3', 'postgres://ada:x@h:5432/my%20app'],
  ])('%s is read', (text, url) => {
    expect(parseDatabaseUrl(text).url).toBe(url)
    expect(parseDatabaseUrl(url).url).toBe(url)
  })

  it('is taken apart for the driver with everything decoded', () => {
    expect(driverOptions('postgres://a%40b:p%25%20w@[::1]/my%20app?sslmode=verify-full')).toEqual({
      host: ['::1'],
      port: [5432],
      database: 'my app',
      username: 'a@b',
      password: 'p% w',
      ssl: { rejectUnauthorized: true, host: '::1' },
    })
    expect(addressOf(parseDatabaseUrl('postgres://a@[::1]/b'))).toBe('[::1]:5432')
  })

  it.each([
    ['db.example.com/app', 'prefer'],
    ['10.0.0.7/app', 'prefer'],
    ['127.example.com/app', 'prefer'],
    ['db.example.com/app?sslmode=disable', false],
    ['db.example.com/app?sslmode=require', 'require'],
    ['localhost/app', false],
    ['127.0.0.1:5433/app', false],
    ['[::1]/app', false],
    ['localhost/app?sslmode=prefer', 'prefer'],
  ])('%s is reached with TLS %s', (address, ssl) => {
    expect(driverOptions(`postgres://ada:x@${address}`).ssl).toBe(ssl)
  })

  it.each([
    ['', 'does not begin with postgres://'],
    ['not a url', 'does not begin with postgres://'],
    ['mysql://ada:hunter2@h/app', 'does not begin with postgres://'],
    ['postgres://ada:hunter2@h:port/app', 'port is not a number'],
    ['postgres://ada:hunter2@h:123456/app', 'port is not a number'],
    ['postgres://ada:hunter2@h:0/app', 'port is not a number'],
    ['postgres://ada:hunter2@/app', 'cannot be read'],
    ['postgres://ada:hunter2@h', 'names no database'],
    ['postgres://ada:hunter2@h/', 'names no database'],
    ['postgres://:hunter2@h/app', 'names no user'],
    ['postgres://h/app', 'names no user'],
    ['postgres://ada:hunter2@a,b/app', 'names several hosts'],
    ['postgres://ada:hunter2@h/app?sslmode=maybe', 'sslmode is one of'],
    ['postgres://ada:hunter2@h/app?schema=public', '“schema”'],
    ['postgres://ada:hunter2%@h/app', '%25'],
    ['postgres://ada:hunter2#@h/app', '%23'],
    ['postgres://ada:hun/ter2@h/app', '%2F'],
    ['postgres://ada: hunter2@h :1/app', 'white space'],
    ['postgres://ada:hunter2@h/app#x', '%23'],
  ])('%s is refused with what is wrong and without its password', (text, problem) => {
    const { code, message, everything } = refusal(text)
    expect(code).toBe('database.url')
    expect(message).toContain(problem)
    expect(everything).not.toContain('hunter2')
  })
})
