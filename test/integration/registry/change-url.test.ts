/** A known database under a new address: only the same one is taken, and nothing else about it changes. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { migrationsDir } from '../../../lib/connection.ts'
import { systemActor } from '../../../lib/tenancy/contract/index.ts'
import type { Tenancy } from '../../../lib/tenancy/contract/index.ts'
import { createTenancy } from '../../../lib/tenancy/index.ts'
import { testSecret, useDatabases } from '../../support/template.ts'

const databases = useDatabases()
let tenancy: Tenancy
let url: string

const withHost = (host: string): string => {
  const changed = new URL(url)
  changed.hostname = host
  return changed.href
}

beforeAll(async () => {
  tenancy = createTenancy({ controlUrl: await databases.control(), secret: testSecret, migrationsDir })
  url = await databases.empty()
  await tenancy.databases.add(systemActor, { name: 'app-1', url, budget: 3 })
})
afterAll(() => tenancy.close())

it('takes the same database at another address and keeps its budget', async () => {
  const moved = await tenancy.databases.changeUrl(systemActor, { name: 'app-1', url: withHost('localhost') })
  expect(moved).toMatchObject({ name: 'app-1', host: 'localhost', budget: 3, reachable: true })
  expect(await tenancy.databases.list()).toHaveLength(1)
  const { rows } = await tenancy.audit.list({ action: 'databases.changeUrl', limit: 10 })
  expect(rows).toMatchObject([{ subject: 'app-1', details: { after: expect.stringContaining('localhost') } }])
  expect(JSON.stringify(rows)).not.toContain(decodeURIComponent(new URL(url).password))
})

it('refuses another database, a wrong password and an unknown name', async () => {
  const other = await databases.empty()
  await expect(tenancy.databases.changeUrl(systemActor, { name: 'app-1', url: other })).rejects.toMatchObject({ code: 'database.other' })
  const wrong = new URL(url)
  wrong.password = 'wrong-password'
  await expect(tenancy.databases.changeUrl(systemActor, { name: 'app-1', url: wrong.href })).rejects.toMatchObject({ code: 'database.auth' })
  await expect(tenancy.databases.changeUrl(systemActor, { name: 'nope', url })).rejects.toMatchObject({ code: 'database.unknown' })
  expect(await tenancy.databases.list()).toMatchObject([{ name: 'app-1', host: 'localhost' }])
})
