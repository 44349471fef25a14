import { createHash, randomBytes } from 'node:crypto'
import type { Actor } from '../contract/permissions.ts'
import type { Tenancy } from '../contract/tenancy.ts'
import type { Library } from '../context.ts'
import { appendAudit } from '../control/audit.ts'
import type { ControlDb } from '../control/db.ts'
import { TenancyError } from '../errors.ts'
import type { LinkPurpose } from '../control/people-tables.ts'

const hoursValid: Readonly<Record<LinkPurpose, number>> = { first_admin: 24, invitation: 72, new_password: 24 }

const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex')

type NewLink = { readonly token: string; readonly expiresAt: string }

/** One link a person works at a time: making one takes the older ones away. */
const makeLink = async (trx: ControlDb, person: string, purpose: LinkPurpose, now: Date): Promise<NewLink> => {
  const token = randomBytes(32).toString('base64url')
  const expires = new Date(now.getTime() + hoursValid[purpose] * 3_600_000)
  await trx.deleteFrom('one_time_link').where('person_id', '=', person).where('used_at', 'is', null).execute()
  await trx
    .insertInto('one_time_link')
    .values({ token_hash: hashOf(token), person_id: person, purpose, expires_at: expires, created_at: now })
    .execute()
  return { token, expiresAt: expires.toISOString() }
}

/** Whoever holds the control database may let anybody in again; in the console an address can be invited once. */
const isOperatorOfTheMachine = (actor: Actor): boolean => actor.kind !== 'person'

type People = Tenancy['people']

const invite = async (trx: ControlDb, now: Date, actor: Actor, { email, name, role }: Parameters<People['invite']>[1]) => {
  const made = await trx
    .insertInto('person')
    .values({ email, name, role })
    .onConflict((conflict) => conflict.column('email').doNothing())
    .returning(['id', 'activated_at', 'disabled_at'])
    .executeTakeFirst()
  const known =
    made ?? (await trx.selectFrom('person').select(['id', 'activated_at', 'disabled_at']).where('email', '=', email).forUpdate().executeTakeFirstOrThrow())
  if (!made) {
    if (!isOperatorOfTheMachine(actor) && (known.activated_at || known.disabled_at)) throw new TenancyError('person.exists', { email })
    await trx
      .updateTable('person')
      .set({ role, disabled_at: null, updated_at: now, ...(name ? { name } : {}) })
      .where('id', '=', known.id)
      .execute()
  }
  const link = await makeLink(trx, known.id, isOperatorOfTheMachine(actor) ? 'first_admin' : 'invitation', now)
  await appendAudit(trx, {
    actor,
    action: 'people.invite',
    subjectKind: 'person',
    subject: email,
    details: { role, expiresAt: link.expiresAt },
  })
  return { person: known.id, ...link }
}

const renew = async (trx: ControlDb, now: Date, actor: Actor, id: string): Promise<NewLink> => {
  const person = await trx.selectFrom('person').selectAll().where('id', '=', id).forUpdate().executeTakeFirst()
  if (!person || person.disabled_at) throw new TenancyError('person.unknown', { person: id })
  const link = await makeLink(trx, id, person.activated_at ? 'new_password' : 'invitation', now)
  await appendAudit(trx, {
    actor,
    action: 'people.link',
    subjectKind: 'person',
    subject: person.email,
    details: { expiresAt: link.expiresAt },
  })
  return link
}

const readLink = async (db: ControlDb, now: Date, token: string) => {
  const link = await db
    .selectFrom('one_time_link')
    .innerJoin('person', 'person.id', 'one_time_link.person_id')
    .select(['person.id', 'person.email', 'person.name', 'person.role', 'person.disabled_at', 'expires_at', 'used_at'])
    .where('token_hash', '=', hashOf(token))
    .executeTakeFirst()
  if (!link || link.disabled_at) throw new TenancyError('auth.link_unknown')
  if (link.used_at || link.expires_at <= now) throw new TenancyError('auth.link_expired')
  return link
}

const redeem = async (trx: ControlDb, now: Date, token: string, password: string) => {
  const { id, email, role } = await readLink(trx, now, token)
  // The row's own condition decides a race: the second of two waits here and then finds nothing.
  const used = await trx
    .updateTable('one_time_link')
    .set({ used_at: now })
    .where('token_hash', '=', hashOf(token))
    .where('used_at', 'is', null)
    .executeTakeFirst()
  if (used.numUpdatedRows !== 1n) throw new TenancyError('auth.link_expired')
  await trx
    .insertInto('account')
    .values({ account_id: id, provider_id: 'credential', person_id: id, password })
    .onConflict((conflict) => conflict.columns(['person_id', 'provider_id']).doUpdateSet({ password, updated_at: now }))
    .execute()
  await trx
    .updateTable('person')
    .set((eb) => ({ activated_at: eb.fn.coalesce('activated_at', eb.val(now)), updated_at: now }))
    .where('id', '=', id)
    .execute()
  await trx.deleteFrom('auth_session').where('person_id', '=', id).execute()
  await appendAudit(trx, {
    actor: { kind: 'person', id, label: email, role },
    action: 'people.redeem',
    subjectKind: 'person',
    subject: email,
  })
  return { person: id, email }
}

export const oneTimeLinks = ({ control: { db }, clock }: Library): Pick<People, 'invite' | 'link' | 'readLink' | 'redeem'> => ({
  invite: (actor, input) => db.transaction().execute((trx) => invite(trx, clock(), actor, input)),
  link: (actor, { person }) => db.transaction().execute((trx) => renew(trx, clock(), actor, person)),
  readLink: async (token) => {
    const { email, name } = await readLink(db, clock(), token)
    return { email, name }
  },
  redeem: async ({ token, password }) => {
    await readLink(db, clock(), token)
    // Half a hundred modules, which no other command needs.
    const { hashPassword } = await import('better-auth/crypto')
    const hash = await hashPassword(password)
    return db.transaction().execute((trx) => redeem(trx, clock(), token, hash))
  },
})
