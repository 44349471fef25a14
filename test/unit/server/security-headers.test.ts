import { expect, test } from 'vitest'
import { securityHeaders } from '../../../lib/server/security-headers.ts'

const headers = (change: { isHttps?: boolean; isDevelopment?: boolean } = {}): Headers =>
  new Headers(securityHeaders({ nonce: 'bm9uY2U=', isHttps: false, isDevelopment: false, ...change }).map(([name, value]): [string, string] => [name, value]))

test('scripts run by nonce only', () => {
  const policy = headers().get('Content-Security-Policy') ?? ''
  expect(policy).toContain(`script-src 'self' 'nonce-bm9uY2U=' 'strict-dynamic';`)
  expect(policy).not.toContain('unsafe-eval')
  for (const directive of [`object-src 'none'`, `base-uri 'none'`, `form-action 'self'`, `frame-ancestors 'none'`]) expect(policy).toContain(directive)
})

test('HSTS and upgrades only where the console is reached by https', () => {
  expect(headers().get('Strict-Transport-Security')).toBeNull()
  expect(headers().get('Content-Security-Policy')).not.toContain('upgrade-insecure-requests')
  expect(headers({ isHttps: true }).get('Strict-Transport-Security')).toMatch(/^max-age=\d{8}/)
  expect(headers({ isHttps: true }).get('Content-Security-Policy')).toContain('upgrade-insecure-requests')
})

test('development may evaluate, production never', () => {
  expect(headers({ isDevelopment: true }).get('Content-Security-Policy')).toContain(`'unsafe-eval'`)
})
