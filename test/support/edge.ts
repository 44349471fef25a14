/** The web edge on a control database of one's own, with a signed-in person of each role. */
import { afterAll, beforeAll, vi } from 'vitest'
import { roles, type Actor, type Role, type Tenancy } from '../../lib/tenancy/contract/index.ts'
import { makePerson, passwordOfAll } from './people.ts'
import { ownRequest } from './request.ts'
import { testSecret, useDatabases } from './template.ts'

export type Edge = {
  tenancy: Tenancy
  controlUrl: string
  people: Record<Role, Actor>
  /** Signs in anew and gives the session's cookie. */
  signIn(role: Role): Promise<string>
}

/** For the top of a test file, which must mock `next/headers` by `support/request.ts` and import what it tests only after this ran. */
export const useEdge = (publicUrl = ''): Edge => {
  const databases = useDatabases()
  const edge = {} as Edge
  beforeAll(async () => {
    edge.controlUrl = await databases.control()
    vi.stubEnv('DATABASE_URL', edge.controlUrl)
    vi.stubEnv('TENANTRY_SECRET', testSecret)
    vi.stubEnv('TENANTRY_URL', publicUrl)
    vi.stubEnv('LOG_LEVEL', 'silent')
    // What next.config's authInterrupts switches on in a build.
    vi.stubEnv('__NEXT_EXPERIMENTAL_AUTH_INTERRUPTS', 'true')
    const { getTenancy } = await import('../../lib/server/tenancy.ts')
    const { getAuth } = await import('../../lib/server/auth.ts')
    edge.tenancy = getTenancy()
    const made = await Promise.all(roles.map(async (role) => [role, await makePerson(edge.tenancy, `${role}@example.com`, role)] as const))
    edge.people = Object.fromEntries(made) as Record<Role, Actor>
    edge.signIn = async (role) => {
      const { headers } = await getAuth().api.signInEmail({
        body: { email: `${role}@example.com`, password: passwordOfAll },
        headers: ownRequest(null),
        returnHeaders: true,
      })
      return cookieOf(headers)
    }
  })
  afterAll(async () => {
    const { closeAuth } = await import('../../lib/server/auth.ts')
    await closeAuth()
    await edge.tenancy.close()
    vi.unstubAllEnvs()
  })
  return edge
}

/** Set-Cookie of an answer as the Cookie of the next request. */
export const cookieOf = (headers: Headers): string =>
  headers
    .getSetCookie()
    .map((cookie) => cookie.split(';')[0])
    .join('; ')
