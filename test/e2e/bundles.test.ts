/** What the build sends to browsers holds no secret and no code of the server's. */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, inject, test } from 'vitest'
import { projectRoot } from '../../lib/root.ts'

const files = globSync('.next/static/**/*.{js,css,json,txt,map}', { cwd: projectRoot })
const texts = files.map((file) => [file, readFileSync(join(projectRoot, file), 'utf8')] as const)
const holding = (sign: string): readonly string[] => texts.flatMap(([file, text]) => (text.includes(sign) ? [file] : []))

test('there is a build to look at', () => {
  expect(files.length).toBeGreaterThan(10)
  expect(holding('tenants').length).toBeGreaterThan(0)
})

test('no secret of the running console', () => {
  expect(holding(inject('secret'))).toEqual([])
  expect(holding(new URL(inject('controlUrl')).password)).toEqual([])
  expect(holding(inject('dataDir'))).toEqual([])
})

test.each([
  'url_sealed', 'aes-256-gcm', 'createDecipheriv', 'createHmac', 'auth_session', 'one_time_link', 'sign_in_limit',
  'tenantry_history', 'pg_advisory', 'pg_catalog', 'set local search_path', 'insert into', 'libpg-query', 'kysely', 'pg-boss', 'node:fs', 'better-auth', 'pino',
])('no code of the server’s: %s', (sign) => {
  expect(holding(sign)).toEqual([])
})

test('no source maps, which would hold the sources', () => {
  expect(files.filter((file) => file.endsWith('.map'))).toEqual([])
  expect(holding('sourceMappingURL=data:')).toEqual([])
})

test('no path of the machine that built it', () => {
  expect(holding(`${projectRoot}/`)).toEqual([])
})
