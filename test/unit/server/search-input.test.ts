import { expect, test } from 'vitest'
import type { z } from 'zod'
import { fromSearchParams } from '../../../lib/server/search-input.ts'
import { listTenantsInput, runItemsInput } from '../../../lib/tenancy/contract/index.ts'

const read = (schema: z.ZodObject, search: string, params = {}): unknown => schema.parse(fromSearchParams(schema, new URLSearchParams(search), params))

test('numbers, booleans and repeated keys become what the schema says', () => {
  expect(read(listTenantsInput, 'q=acme&set=app&set=crm&versionState=behind&failed=true&descending=0&offset=200&limit=50&sort=bytes')).toEqual({
    q: 'acme',
    set: ['app', 'crm'],
    versionState: ['behind'],
    failed: true,
    descending: false,
    offset: 200,
    limit: 50,
    sort: 'bytes',
  })
})

test('route params win over search params', () => {
  expect(read(runItemsInput, 'run=7&q=x', { run: '42' })).toMatchObject({ run: 42, q: 'x' })
})

test('unknown keys are left out and defaults stand in', () => {
  expect(read(listTenantsInput, 'role=admin')).toEqual({ sort: 'slug', descending: false, offset: 0, limit: 100 })
})

test.each(['limit=ten', 'limit=', 'failed=perhaps', 'offset=-1', 'sort=password', 'limit=501', 'offset=1.5'])('%s is refused by the schema', (search) => {
  const raw = fromSearchParams(listTenantsInput, new URLSearchParams(search))
  expect(listTenantsInput.safeParse(raw).success).toBe(false)
})
