import { describe, expect, it } from 'vitest'
import { EnvironmentError, readEnvironment } from '../../lib/env.ts'

const messageOf = (source: Record<string, string>): string => {
  try {
    readEnvironment(source)
  } catch (error) {
    if (error instanceof EnvironmentError) return error.message
    throw error
  }
  return ''
}

describe('the environment', () => {
  it('needs nothing', () => {
    const env = readEnvironment({})
    expect(env).toMatchObject({ databaseUrl: null, secret: null, port: null, publicUrl: null, isWorkerInside: true, logLevel: null })
    expect(env.dataDir).toMatch(/^\/.+\/\.tenantry$/)
  })

  it('cannot be changed once it was read', () => {
    expect(Object.isFrozen(readEnvironment({}))).toBe(true)
  })

  it('takes a variable set to nothing for one that is not set', () => {
    expect(readEnvironment({ PORT: '', DATABASE_URL: '', TENANTRY_SECRET: '' })).toMatchObject({ port: null, databaseUrl: null, secret: null })
  })

  it('reads what is given', () => {
    const env = readEnvironment({
      DATABASE_URL: 'postgres://u:p@db:5432/t',
      TENANTRY_SECRET: 's'.repeat(32),
      PORT: '8080',
      TENANTRY_URL: 'https://t.example.com/',
      TENANTRY_WORKER: 'off',
      TENANTRY_DATA: '/var/t',
      LOG_LEVEL: 'debug',
    })
    expect(env).toMatchObject({
      databaseUrl: 'postgres://u:p@db:5432/t',
      port: 8080,
      publicUrl: 'https://t.example.com',
      isWorkerInside: false,
      dataDir: '/var/t',
      logLevel: 'debug',
    })
  })

  it.each([
    ['on', 1],
    ['off', 0],
    ['3', 3],
  ])('trusts proxies: %s', (text, proxies) => {
    expect(readEnvironment({ TENANTRY_TRUSTED_PROXY: text }).trustedProxies).toBe(proxies)
    expect(readEnvironment({}).trustedProxies).toBe(0)
    expect(messageOf({ TENANTRY_TRUSTED_PROXY: '0' })).toContain('TENANTRY_TRUSTED_PROXY is “0”; right would be: on behind one proxy')
  })

  it('names the variable, its value and what would be right', () => {
    expect(messageOf({ PORT: '99999' })).toBe('PORT is “99999”; right would be: a whole number from 1 to 65535.')
    expect(messageOf({ TENANTRY_WORKER: 'no' })).toContain('TENANTRY_WORKER is “no”; right would be: off')
    expect(messageOf({ TENANTRY_URL: 'tenantry.example.com' })).toContain('https://tenantry.example.com')
    expect(messageOf({ TENANTRY_URL: 'https://example.com/console' })).toContain('without a path')
  })

  it('has metrics only for a token, and probes of a worker only on a port', () => {
    expect(readEnvironment({})).toMatchObject({ metricsToken: null, workerPort: null, isTraced: false })
    const given = { TENANTRY_METRICS_TOKEN: 'sixteen-or-more-of-them', TENANTRY_WORKER_PORT: '9464', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://localhost:4318' }
    expect(readEnvironment(given)).toMatchObject({ metricsToken: 'sixteen-or-more-of-them', workerPort: 9464, isTraced: true })
    expect(messageOf({ TENANTRY_WORKER_PORT: '0' })).toContain('TENANTRY_WORKER_PORT is “0”; right would be: a whole number from 1 to 65535')
    expect(messageOf({ OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318' })).toContain('such as http://localhost:4318')
    expect(messageOf({ TENANTRY_METRICS_TOKEN: 'too-short' })).toContain('at least 16 characters')
    expect(messageOf({ TENANTRY_METRICS_TOKEN: 'too-short' })).not.toContain('too-short')
    expect(messageOf({ TENANTRY_METRICS_TOKEN: 'long enough but with blanks' })).toContain('without blanks')
  })

  it('never repeats a secret', () => {
    const message = messageOf({ DATABASE_URL: 'mysql://root:hunter2@db/x', TENANTRY_SECRET: 'hunter2' })
    expect(message).toContain('DATABASE_URL')
    expect(message).toContain('TENANTRY_SECRET')
    expect(message).not.toContain('hunter2')
  })

  it('names every wrong variable at once', () => {
    expect(messageOf({ PORT: 'x', LOG_LEVEL: 'loud' }).split('\n')).toHaveLength(2)
  })
})
