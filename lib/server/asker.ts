import 'server-only'
import { headers } from 'next/headers'
import { forbidden, redirect } from 'next/navigation'
import { cache } from 'react'
import { may, type Actor, type Permission, type Role } from '@/lib/tenancy/contract'
import { createLogger } from '@/lib/log'
import { readSession } from './auth'
import { pathHeader } from './path-header'
import { getTenancy } from './tenancy'

export type Asker = {
  readonly actor: Actor
  readonly person: { readonly id: string; readonly email: string; readonly name: string; readonly role: Role }
  /** The session of this browser, by its row id. */
  readonly session: string
}

const log = createLogger('edge')
const seenEveryMs = 60_000
const lastSeen = new Map<string, number>()

/** Beside the answer, not before it: a page does not wait for a note of who was here. */
const noteSeen = (person: string): void => {
  const now = Date.now()
  if (now - (lastSeen.get(person) ?? 0) < seenEveryMs) return
  lastSeen.set(person, now)
  getTenancy()
    .people.seen(person)
    .catch((error: unknown) => log.warn({ person, err: error }, 'person.seen_failed'))
}

/** Who asks, read from the database once a request; null when signed out, disabled or not invited any more. */
export const getAsker = cache(async (): Promise<Asker | null> => {
  const session = await readSession(await headers())
  if (!session) return null
  const { person } = session
  noteSeen(person.id)
  return {
    person,
    session: session.id,
    actor: { kind: 'person', id: person.id, label: person.email, role: person.role },
  }
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
