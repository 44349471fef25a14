/** The last line of a start, by who is there. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { migrationsDir } from '../../../lib/connection.ts'
import type { Tenancy } from '../../../lib/tenancy/contract/index.ts'
import { createTenancy } from '../../../lib/tenancy/index.ts'
import { firstLink } from '../../../scripts/start/first-link.ts'
import { cliActor, passwordOfAll } from '../../support/people.ts'
import { testSecret, useDatabases } from '../../support/template.ts'

const databases = useDatabases()
const address = 'http://localhost:3000'
let tenancy: Tenancy

beforeAll(async () => {
  tenancy = createTenancy({ controlUrl: await databases.control(), secret: testSecret, migrationsDir })
})
afterAll(() => tenancy.close())

const tokenIn = (line: string): string => new URL(/http\S+/.exec(line)?.[0] ?? '').searchParams.get('token') ?? ''

it('names the command that makes an admin, the admin who has not come yet, and in the end only the address', async () => {
  expect(await firstLink(tenancy, address, false)).toBe(
    `Tenantry is up on ${address}. There is no admin yet: npx tenantry init --admin YOU@EXAMPLE.COM prints a sign-in link.`,
  )
  const { token } = await tenancy.people.invite(cliActor, { email: 'ada@example.com', name: '', role: 'admin' })
  expect(await firstLink(tenancy, address, false)).toBe(
    `Tenantry is up on ${address}. ada@example.com is admin and has not signed in yet: the link is good for 24 hours, and npx tenantry init --admin ada@example.com prints a new one.`,
  )
  // The link that init printed is still good.
  expect(await tenancy.people.readLink(token)).toMatchObject({ email: 'ada@example.com' })

  const embedded = await firstLink(tenancy, address, true)
  expect(embedded).toContain('Sign in once, within 24 hours, by')
  expect(await tenancy.people.readLink(tokenIn(embedded))).toMatchObject({ email: 'ada@example.com' })
  expect(await tenancy.people.list()).toHaveLength(1)

  await tenancy.people.redeem({ token: tokenIn(embedded), password: passwordOfAll })
  for (const isEmbedded of [true, false]) expect(await firstLink(tenancy, address, isEmbedded)).toBe(`Tenantry is up on ${address}`)
})
