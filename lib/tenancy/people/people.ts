import type { PersonRow } from '../contract/views.ts'
import type { Actor } from '../contract/permissions.ts'
import type { Tenancy } from '../contract/tenancy.ts'
import type { Library } from '../context.ts'
import { appendAudit } from '../control/audit.ts'
import type { ControlDb } from '../control/db.ts'
import { TenancyError } from '../errors.ts'

type Times = { readonly activated_at: Date | null; readonly disabled_at: Date | null }
const stateOf = ({ activated_at, disabled_at }: Times): PersonRow['state'] => (disabled_at ? 'disabled' : activated_at ? 'active' : 'invited')

export const listPeople = async (db: ControlDb): Promise<readonly PersonRow[]> => {
  const rows = await db.selectFrom('person').selectAll().orderBy('email').execute()
  return rows.map((row) => ({
    id: row.id,
    email: row.email,
    name: row.name,
    role: row.role,
    state: stateOf(row),
    lastSeenAt: row.last_seen_at?.toISOString() ?? null,
    createdAt: row.created_at.toISOString(),
  }))
}

const lockPerson = async (trx: ControlDb, id: string) => {
  // All admins are locked in one order first, so that two people who demote each other at once cannot both succeed.
  await trx.selectFrom('person').select('id').where('role', '=', 'admin').orderBy('id').forUpdate().execute()
  const person = await trx.selectFrom('person').selectAll().where('id', '=', id).forUpdate().executeTakeFirst()
  if (!person) throw new TenancyError('person.unknown', { person: id })
  return person
}

const keepOneAdmin = async (trx: ControlDb, person: Times & { readonly id: string; readonly email: string; readonly role: string }): Promise<void> => {
  if (person.role !== 'admin' || stateOf(person) !== 'active') return
  const other = await trx
    .selectFrom('person')
    .select('id')
    .where('role', '=', 'admin')
    .where('id', '!=', person.id)
    .where('activated_at', 'is not', null)
    .where('disabled_at', 'is', null)
    .executeTakeFirst()
  if (!other) throw new TenancyError('auth.last_admin', { email: person.email })
}

const endSessions = (trx: ControlDb, person: string) => trx.deleteFrom('auth_session').where('person_id', '=', person).execute()

type People = Tenancy['people']

export const changePeople = ({ control: { db } }: Library): Pick<People, 'setRole' | 'disable' | 'enable'> => {
  const inTransaction = (change: (trx: ControlDb) => Promise<void>): Promise<void> => db.transaction().execute(change)
  const audit = (trx: ControlDb, actor: Actor, action: string, email: string, details?: Readonly<Record<string, unknown>>) =>
    appendAudit(trx, { actor, action, subjectKind: 'person', subject: email, details })

  return {
    setRole: (actor, { person: id, role }) =>
      inTransaction(async (trx) => {
        const person = await lockPerson(trx, id)
        if (person.role === role) return
        if (role !== 'admin') await keepOneAdmin(trx, person)
        await trx.updateTable('person').set({ role, updated_at: new Date() }).where('id', '=', id).execute()
        await audit(trx, actor, 'people.setRole', person.email, { from: person.role, to: role })
      }),
    disable: (actor, { person: id }) =>
      inTransaction(async (trx) => {
        const person = await lockPerson(trx, id)
        if (person.disabled_at) return
        await keepOneAdmin(trx, person)
        await trx.updateTable('person').set({ disabled_at: new Date(), updated_at: new Date() }).where('id', '=', id).execute()
        await trx.deleteFrom('one_time_link').where('person_id', '=', id).where('used_at', 'is', null).execute()
        await endSessions(trx, id)
        await audit(trx, actor, 'people.disable', person.email)
      }),
    enable: (actor, { person: id }) =>
      inTransaction(async (trx) => {
        const person = await lockPerson(trx, id)
        if (!person.disabled_at) return
        // A sign-in that raced with the disabling may have left a session; it must not come to life again.
        await endSessions(trx, id)
        await trx.updateTable('person').set({ disabled_at: null, updated_at: new Date() }).where('id', '=', id).execute()
        await audit(trx, actor, 'people.enable', person.email)
      }),
  }
}
