import { systemActor } from '../../lib/tenancy/contract/index.ts'
import type { Tenancy } from '../../lib/tenancy/contract/index.ts'
import { welcomeLink } from '../../lib/welcome-link.ts'

const firstAdmin = 'admin@example.com'

/**
 * The line that ends a start: the address, and while no admin has been here yet the way in. On the embedded server that is a one-time link. On a database of
 * one's own the first admin's e-mail address is not ours to make up, and a link that was handed out must stay good, so there the line names the command.
 */
export const firstLink = async (tenancy: Tenancy, address: string, isEmbedded: boolean): Promise<string> => {
  const admins = (await tenancy.people.list()).filter(({ role }) => role === 'admin')
  if (admins.some(({ state }) => state === 'active')) return `Tenantry is up on ${address}`
  const invited = admins.find(({ state }) => state === 'invited')
  if (isEmbedded) {
    const email = invited?.email ?? firstAdmin
    const { token } = await tenancy.people.invite(systemActor, { email, name: invited ? '' : 'Admin', role: 'admin' })
    return `Tenantry is up. Sign in once, within 24 hours, by ${welcomeLink(address, token)}`
  }
  const wayIn = invited
    ? `${invited.email} is admin and has not signed in yet: the link is good for 24 hours, and npx tenantry init --admin ${invited.email} prints a new one.`
    : 'There is no admin yet: npx tenantry init --admin YOU@EXAMPLE.COM prints a sign-in link.'
  return `Tenantry is up on ${address}. ${wayIn}`
}
