import { expect, test } from 'vitest'
import { isOwnOrigin } from '../../../lib/server/origin.ts'

const from = (origin: string | null, host = 'console.example:3000'): Headers => new Headers({ host, ...(origin === null ? {} : { origin }) })

test.each([
  ['http://console.example:3000', null],
  ['https://console.example:3000', null],
  ['https://tenantry.example.com', 'https://tenantry.example.com'],
])('%s is our own', (origin, publicUrl) => {
  expect(isOwnOrigin(from(origin), publicUrl)).toBe(true)
})

test.each([
  [null, null],
  ['null', null],
  ['', null],
  ['http://console.example', null],
  ['http://console.example:3001', null],
  ['http://evil.example', null],
  ['http://console.example:3000.evil.example', null],
  ['http://console.example:3000@evil.example', null],
  ['http://tenantry.example.com', 'https://tenantry.example.com'],
  ['https://evil.example', 'https://tenantry.example.com'],
])('%s is not', (origin, publicUrl) => {
  expect(isOwnOrigin(from(origin), publicUrl)).toBe(false)
})
