import { expect, it } from 'vitest'
import { readableAddress } from '../../scripts/start/readable-address.ts'

it.each(['/', '/tenants/acme?q=%ZZ', '/tenants/a%20b', '/tenants/%00', '/tenants/m%C3%BCller#x'])('%s stays as it is', (address) =>
  expect(readableAddress(address)).toBe(address),
)

it.each([
  ['/tenants/%', '/tenants/%25'],
  ['/tenants/%ZZ?q=%20a', '/tenants/%25ZZ?q=%20a'],
  ['/api/tenants/%E0%A4%A', '/api/tenants/%25E0%25A4%25A'],
  ['/%FF', '/%25FF'],
])('%s becomes what can be decoded', (address, readable) => {
  expect(readableAddress(address)).toBe(readable)
  expect(() => decodeURIComponent(readable.split('?')[0] ?? '')).not.toThrow()
})
