import { sql } from 'kysely'
import type { Tenancy } from '../contract/tenancy.ts'
import type { Library } from '../context.ts'
import { appendAudit } from '../control/audit.ts'

type People = Tenancy['people']

export const personSessions = ({ control: { db }, clock }: Library): Pick<People, 'sessions' | 'signOutEverywhere' | 'endSession' | 'seen'> => ({
  sessions: async (person) => {
    const rows = await db
      .selectFrom('auth_session')
      .select(['id', 'created_at', 'expires_at', 'ip_address', 'user_agent'])
      .where('person_id', '=', person)
      .where('expires_at', '>', clock())
      .orderBy('created_at', 'desc')
      .execute()
    return rows.map((row) => ({
      id: row.id,
      createdAt: row.created_at.toISOString(),
      expiresAt: row.expires_at.toISOString(),
      client: row.ip_address || null,
      userAgent: row.user_agent || null,
    }))
  },
  signOutEverywhere: (actor, { person, except }) =>
    db.transaction().execute(async (trx) => {
      const ended = await trx
        .deleteFrom('auth_session')
        .where('person_id', '=', person)
        .where('id', '!=', except ?? '')
        .executeTakeFirst()
      const count = Number(ended.numDeletedRows)
      await appendAudit(trx, {
        actor,
        action: 'account.signOutEverywhere',
        subjectKind: 'person',
        subject: actor.label,
        details: { ended: count },
      })
      return { ended: count }
    }),
  endSession: (actor, { session }) =>
    db.transaction().execute(async (trx) => {
      const ended = await trx
        .deleteFrom('auth_session')
        .where('id', '=', session)
        .where('person_id', '=', actor.id ?? '')
        .executeTakeFirst()
      if (ended.numDeletedRows > 0n) await appendAudit(trx, { actor, action: 'account.endSession', subjectKind: 'person', subject: actor.label })
    }),
  seen: async (person) => {
    await db
      .updateTable('person')
      .set({ last_seen_at: sql`now()` })
      .where('id', '=', person)
      .where((eb) => eb.or([eb('last_seen_at', 'is', null), eb('last_seen_at', '<', sql<Date>`now() - interval '1 minute'`)]))
      .execute()
  },
})
