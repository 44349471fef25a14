import { systemActor } from '../../lib/tenancy/contract/index.ts'
import type { Tenancy } from '../../lib/tenancy/contract/index.ts'
import { welcomeLink } from '../../lib/welcome-link.ts'

const firstAdmin = 'admin@example.com'

/**
 * The line that ends a start: the address, and while there is no active admin a one-time sign-in link. On a database of one's own the first admin's
 * e-mail address is not ours to make up, so there the line names the command that makes one.
 */
export const firstLink = async (tenancy: Tenancy, address: string, isEmbedded: boolean): Promise<string> => {
  const people = await tenancy.people.list()
  if (people.some((person) => person.role === 'admin' && person.state === 'active')) return `Tenantry is up on ${address}`
  if (!isEmbedded) return `Tenantry is up on ${address}. There is no admin yet: npx tenantry init --admin YOU@EXAMPLE.COM prints a sign-in link.`
  const { token } = await tenancy.people.invite(systemActor, { email: firstAdmin, name: 'Admin', role: 'admin' })
  return `Tenantry is up. Sign in once, within 24 hours, by ${welcomeLink(address, token)}`
}
