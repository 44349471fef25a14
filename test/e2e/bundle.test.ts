/** What the build gives to browsers holds nothing of the server. */
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, inject, it } from 'vitest'
import { projectRoot } from '../../lib/root.ts'

const files = (): ReadonlyArray<{ name: string; text: string }> =>
  readdirSync(join(projectRoot, '.next', 'static'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(js|css|json|txt|map)$/.test(entry.name))
    .map((entry) => ({ name: entry.name, text: readFileSync(join(entry.parentPath, entry.name), 'utf8') }))

const serverOnly = [
  // Variables and how they are read.
  'TENANTRY_SECRET',
  'TENANTRY_DATA',
  'process.env.DATABASE_URL',
  // Parts of the library beyond its contract.
  'aes-256-gcm',
  'pg_advisory',
  'tenantry_history',
  'pg_total_relation_size',
  'pg-boss',
  'insert into ',
  'better-auth/adapters',
  // Node.
  'node:crypto',
  'node:fs',
  'child_process',
]

it('the browser gets no part of the server', () => {
  const seen = files()
  expect(seen.length).toBeGreaterThan(5)
  const found = seen.flatMap(({ name, text }) => serverOnly.filter((part) => text.includes(part)).map((part) => `${part} in ${name}`))
  expect(found).toEqual([])
})

it('the browser gets none of the secrets of the running console', () => {
  const password = new URL(inject('controlUrl')).password
  const secrets = [inject('secret'), password].filter((value) => value.length > 0)
  expect(secrets).toHaveLength(2)
  expect(files().filter(({ text }) => secrets.some((secret) => text.includes(secret)))).toEqual([])
})

it('the browser gets no source maps', () => {
  expect(readdirSync(join(projectRoot, '.next', 'static'), { recursive: true }).filter((name) => String(name).endsWith('.map'))).toEqual([])
})
