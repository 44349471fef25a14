/** One signed-in person with a browser of their own, for a whole test file against the console. */
import { afterAll, beforeAll, inject } from 'vitest'
import { migrationsDir } from '../../lib/connection.ts'
import type { Role, Tenancy } from '../../lib/tenancy/contract/index.ts'
import { createTenancy } from '../../lib/tenancy/index.ts'
import { openVisitor, type Visitor } from './browser.ts'
import { makePerson } from './people.ts'
import { signInAs } from './signing-in.ts'

export type SignedIn = { visitor: Visitor }

/** For the top of a test file; what it answers is filled before the first test. The person's address is `<name>@example.com`. */
export const useSignedIn = (name: string, role: Role, path: string): SignedIn => {
  const signedIn = {} as SignedIn
  let tenancy: Tenancy
  beforeAll(async () => {
    const email = `${name}@example.com`
    tenancy = createTenancy({ controlUrl: inject('controlUrl'), secret: inject('secret'), migrationsDir })
    await makePerson(tenancy, email, role)
    signedIn.visitor = await openVisitor({ baseUrl: inject('consoleUrl') })
    await signInAs(signedIn.visitor.page, email, path)
  })
  afterAll(async () => {
    await signedIn.visitor.close()
    await tenancy.close()
  })
  return signedIn
}
