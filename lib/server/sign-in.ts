import 'server-only'
import { isAPIError } from 'better-auth/api'
import { headers } from 'next/headers'
import { systemActor, type Actor, type Tenancy } from '@/lib/tenancy/contract'
import { TenancyError } from '@/lib/tenancy'
import { getAuth } from './auth'
import { clientOf } from './client-address'

type Attempt = {
  readonly tenancy: Tenancy
  readonly headers: Headers
  readonly email: string
  readonly password: string
}

/**
 * Signs this browser in by setting the session's cookie. Throws auth.wrong_password, alike for an unknown address, a wrong password and
 * a disabled person, and auth.rate_limited.
 */
export const signInWithPassword = async ({ tenancy, headers, email, password }: Attempt): Promise<void> => {
  await tenancy.people.countAttempt({ email, client: clientOf(headers) })
  const person = await startSession(headers, email, password)
  if (!person) {
    const known = (await tenancy.people.list()).some((row) => row.email === email)
    if (known)
      await tenancy.audit.record({
        actor: systemActor,
        action: 'account.signInFailed',
        subjectKind: 'person',
        subject: email,
      })
    throw new TenancyError('auth.wrong_password')
  }
  await tenancy.people.forgetAttempts({ email, client: clientOf(headers) })
  await tenancy.audit.record({ actor: person, action: 'account.signIn', subjectKind: 'person', subject: email })
}

const startSession = async (headers: Headers, email: string, password: string): Promise<Actor | null> => {
  try {
    const { user } = await getAuth().api.signInEmail({ body: { email, password }, headers })
    return { kind: 'person', id: user.id, label: user.email, role: user.role }
  } catch (error) {
    // Unknown address, wrong password, or a session that the hook refused because the person is disabled.
    if (isAPIError(error) && error.statusCode < 500) return null
    throw error
  }
}

type Own = { readonly actor: Actor; readonly tenancy: Tenancy }

/** Ends this browser's session and takes its cookie away. */
export const endOwnSession = async ({ actor, tenancy }: Own): Promise<void> => {
  await getAuth().api.signOut({ headers: await headers() })
  await tenancy.audit.record({ actor, action: 'account.signOut', subjectKind: 'person', subject: actor.label })
}

/** Changes the password and ends all other sessions; this browser gets a new one. Throws auth.wrong_password, auth.rate_limited. */
export const changeOwnPassword = async ({ actor, tenancy, current, next }: Own & { readonly current: string; readonly next: string }): Promise<void> => {
  const sent = await headers()
  const attempt = { email: actor.label, client: clientOf(sent) }
  await tenancy.people.countAttempt(attempt)
  try {
    await getAuth().api.changePassword({
      body: { currentPassword: current, newPassword: next, revokeOtherSessions: true },
      headers: sent,
    })
  } catch (error) {
    if (isAPIError(error) && error.statusCode < 500) throw new TenancyError('auth.wrong_password')
    throw error
  }
  await tenancy.people.forgetAttempts(attempt)
  await tenancy.audit.record({ actor, action: 'account.changePassword', subjectKind: 'person', subject: actor.label })
}
