import { expect, test } from 'vitest'
import { ownPath } from '../../../lib/server/path-header.ts'

test.each(['/', '/runs/42', '/tenants?q=acme&set=app'])('%s is kept', (path) => {
  expect(ownPath(path)).toBe(path)
})

test.each([
  undefined,
  '',
  'runs',
  '//evil.example',
  '/\\evil.example',
  'https://evil.example',
  '/a b',
  '/\tx',
  '/sign-in?next=/',
  '/welcome?token=x',
  'javascript:alert(1)',
])('%s leads home', (path) => {
  expect(ownPath(path)).toBe('/')
})
