import { sql } from 'kysely'
import type { Actor } from '../contract/permissions.ts'
import type { ControlDb } from './db.ts'

export type AuditEntry = {
  readonly actor: Actor
  /** What was done, as `area.verb`: `tenants.suspend`. */
  readonly action: string
  readonly subjectKind: string
  readonly subject: string
  readonly details?: Readonly<Record<string, unknown>>
}

const insert = (trx: ControlDb, { actor, action, subjectKind, subject, details }: AuditEntry) =>
  trx.insertInto('audit').values({
    actor_kind: actor.kind,
    actor_id: actor.id,
    actor_label: actor.label,
    action,
    subject_kind: subjectKind,
    subject,
    details: JSON.stringify(details ?? {}),
  })

/** One row, in the transaction of what it tells of: both are there or neither is. */
export const appendAudit = async (trx: ControlDb, entry: AuditEntry): Promise<void> => {
  await insert(trx, entry).execute()
}

/**
 * One row before a deed that no transaction here can hold, since it is done elsewhere: whatever happens in between, the row is there with `outcome` pending.
 * @returns the way to add what came of it
 */
export const auditAhead = async (db: ControlDb, entry: AuditEntry): Promise<(outcome: Readonly<Record<string, unknown>>) => Promise<void>> => {
  const { id } = await insert(db, { ...entry, details: { ...entry.details, outcome: 'pending' } })
    .returning('id')
    .executeTakeFirstOrThrow()
  return async (outcome) => {
    await sql`update audit set details = details || ${JSON.stringify(outcome)}::jsonb where id = ${id}`.execute(db)
  }
}

type AuditEntries = Omit<AuditEntry, 'subject'> & { readonly subjects: readonly string[] }

/** To stand in a statement beside what it tells of. */
export const insertAudits = ({ subjects, actor, action, subjectKind, details }: AuditEntries) => sql`
    insert into audit (actor_kind, actor_id, actor_label, action, subject_kind, subject, details)
    select ${actor.kind}, ${actor.id}, ${actor.label}, ${action}, ${subjectKind}, subject, ${JSON.stringify(details ?? {})}::jsonb
    from unnest(${[...subjects]}::text[]) subject`

/** The same for many subjects at once, in one statement. */
export const appendAudits = async (trx: ControlDb, entries: AuditEntries): Promise<void> => {
  if (entries.subjects.length > 0) await insertAudits(entries).execute(trx)
}
