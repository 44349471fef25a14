import type { AuditRow } from '../contract/views.ts'
import type { Tenancy } from '../contract/tenancy.ts'
import type { Library } from '../context.ts'
import { appendAudit } from './audit.ts'

/** Text typed by a person as a pattern of `like` that matches it literally. */
const literally = (text: string): string => text.replace(/[\\%_]/g, (sign) => `\\${sign}`)

/** Reading and writing the audit trail. Pages go by the row's id, newest first, so that new rows move nothing. */
export const createAudit = ({ control: { db } }: Library): Tenancy['audit'] => ({
  record: (entry) => appendAudit(db, entry),
  list: async ({ actor, action, subject, subjectKind, subjectExact, from, to, before, limit }) => {
    let query = db
      .selectFrom('audit')
      .selectAll()
      .orderBy('id', 'desc')
      .limit(limit + 1)
    if (actor) query = query.where('actor_label', 'ilike', `%${literally(actor)}%`)
    if (action) query = query.where('action', 'like', `${literally(action)}%`)
    if (subject) query = query.where('subject', 'ilike', `%${literally(subject)}%`)
    if (subjectKind) query = query.where('subject_kind', '=', subjectKind)
    if (subjectExact) query = query.where('subject', '=', subjectExact)
    if (from) query = query.where('at', '>=', new Date(from))
    if (to) query = query.where('at', '<', new Date(to))
    if (before !== undefined) query = query.where('id', '<', before)
    const found = await query.execute()
    const rows = found.slice(0, limit).map((row): AuditRow => ({
      id: row.id,
      at: row.at.toISOString(),
      actor: row.actor_label,
      actorKind: row.actor_kind,
      action: row.action,
      subjectKind: row.subject_kind,
      subject: row.subject,
      details: row.details,
    }))
    return { rows, next: found.length > limit ? (rows.at(-1)?.id ?? null) : null }
  },
})
