import { describe, expect, it } from 'vitest'
import { itemStateLooks, runStateLooks } from '../../../components/runs/run-status.ts'
import { tenantStateLooks } from '../../../components/tenants/tenant-state.ts'
import { keyMove } from '../../../components/ui/data-table-model.ts'
import { versionStateLooks } from '../../../components/fleet/version-state.ts'
import { searchOf } from '../../../lib/client/fetch-json.ts'

describe('keys in a table', () => {
  it.each([
    ['j', 4, 5],
    ['ArrowUp', 4, 3],
    ['k', 0, 0],
    ['j', 99, 99],
    ['PageDown', 4, 24],
    ['Home', 50, 0],
    ['End', 0, 99],
  ])('%s leads from row %d to row %d of 100', (key, from, to) => expect(keyMove(key, from, 100, 20)).toBe(to))
  it('leaves other keys alone', () => expect(keyMove('q', 4, 100, 20)).toBeNull())
})

describe('states', () => {
  it.each([
    ['version states', versionStateLooks],
    ['run states', runStateLooks],
    ['item states', itemStateLooks],
    ['tenant states', tenantStateLooks],
  ])('%s differ in word, and in colour or icon', (_, looks) => {
    const all = Object.values(looks)
    expect(new Set(all.map(({ label }) => label)).size).toBe(all.length)
    expect(new Set(all.map(({ tone, icon, label }) => `${tone} ${icon.displayName ?? label}`)).size).toBe(all.length)
  })
})

it('writes search params as the handlers read them', () => {
  expect(searchOf({ q: 'a b', state: ['active', 'suspended'], offset: 0, failed: undefined, set: '' })).toBe('q=a+b&state=active&state=suspended&offset=0')
})
