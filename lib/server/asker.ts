import 'server-only'
import { headers } from 'next/headers'
import { forbidden, redirect } from 'next/navigation'
import { cache } from 'react'
import { may, type Actor, type Permission, type Role } from '@/lib/tenancy/contract'
import { pathHeader } from './path-header'
import { readSession } from './auth'

export type Asker = {
  readonly actor: Actor
  readonly person: { readonly id: string; readonly email: string; readonly name: string; readonly role: Role }
  /** The session of this browser, by its row id. */
  readonly session: string
}

/** Who asks, read from the database once a request; null when signed out, disabled or not invited any more. */
export const getAsker = cache(async (): Promise<Asker | null> => {
  const session = await readSession(await headers())
  if (!session) return null
  const { person } = session
  return { person, session: session.id, actor: { kind: 'person', id: person.id, label: person.email, role: person.role } }
})

/**
 * For pages and layouts: the one who asks, when their role has the permission.
 * Signed out: redirects to the sign-in page, which leads back here. Role lacks it: the page “403”.
 */
export const requireAsker = async (permission: Permission): Promise<Asker> => {
  const asker = await getAsker()
  if (!asker) {
    const path = (await headers()).get(pathHeader) ?? '/'
    redirect(path === '/' ? '/sign-in' : `/sign-in?next=${encodeURIComponent(path)}`)
  }
  if (!may(asker.person.role, permission)) forbidden()
  return asker
}
