/** For how many days rows of reports are kept: one policy for all reports that begin from then on. */
import { sql } from 'kysely'
import type { Actor } from '../contract/permissions.ts'
import { usualKeptDays, type ReportRetention } from '../contract/reports.ts'
import type { Library } from '../context.ts'
import { appendAudit } from '../control/audit.ts'
import type { ControlDb } from '../control/db.ts'

const key = 'report_days'
const dayMs = 86_400_000

export const readRetention = async (db: ControlDb): Promise<ReportRetention> => {
  const row = await db.selectFrom('setting').select('value').where('key', '=', key).executeTakeFirst()
  return { days: row === undefined ? usualKeptDays : Number(row.value) }
}

/** When rows that are collected from now on are dropped. */
export const expiryFrom = async (db: ControlDb, now: Date): Promise<Date> => new Date(now.getTime() + (await readRetention(db)).days * dayMs)

/** What was collected before keeps the day that was said of it. */
export const setRetention = async ({ control }: Pick<Library, 'control'>, actor: Actor, { days }: ReportRetention): Promise<void> => {
  await control.db.transaction().execute(async (trx) => {
    await sql`lock table setting in share row exclusive mode`.execute(trx)
    const before = await readRetention(trx)
    if (before.days === days) return
    await sql`insert into setting (key, value) values (${key}, to_jsonb(${days}::integer)) on conflict (key) do update set value = excluded.value`.execute(trx)
    await appendAudit(trx, { actor, action: 'reports.keep', subjectKind: 'report', subject: 'all', details: { before: before.days, after: days } })
  })
}
