/** Rows that were kept for long enough go; what was asked stays. */
import { sql } from 'kysely'
import type { Library } from '../context.ts'
import type { ControlDb } from '../control/db.ts'
import { quoteIdent } from '../sql/ident.ts'
import { codeOf } from '../sql/sqlstate.ts'
import { reportSchema } from './place.ts'

/** Whoever reads one just now may end; else its turn comes again at the next time. */
const lockMs = 3_000

/** Of the runs that a result is made of the last one goes first, for it reads the others' rows. */
const isDue = sql`
  p.dropped_at is null and p.expires_at < now() and not exists (select from report_run c where c.chain @> array[p.run_id] and c.run_id > p.run_id and c.dropped_at is null)`

const drop = async (db: ControlDb, run: number): Promise<boolean> =>
  db.transaction().execute(async (trx) => {
    await sql.raw(`set local lock_timeout = ${lockMs}`).execute(trx)
    await sql`select from report_run where run_id = ${run} for update`.execute(trx)
    // A run that asks its silent tenants again may have come meanwhile.
    const { rows } = await sql`select from report_run p where p.run_id = ${run} and ${isDue}`.execute(trx)
    if (rows.length === 0) return false
    await sql.raw(`drop schema if exists ${quoteIdent(reportSchema(run))} cascade`).execute(trx)
    await sql`update report_run set dropped_at = now() where run_id = ${run}`.execute(trx)
    return true
  })

/**
 * One after the other; one that cannot be dropped now hinders none behind it.
 * @returns how many reports lost their rows
 */
export const dropExpired = async ({ control: { db }, logger }: Pick<Library, 'control' | 'logger'>, signal?: AbortSignal): Promise<number> => {
  const { rows } = await sql<{ run_id: number }>`
    select p.run_id from report_run p join run r on r.id = p.run_id
    where p.dropped_at is null and p.expires_at < now() and r.state in ('succeeded', 'failed', 'cancelled') order by p.run_id desc`.execute(db)
  let dropped = 0
  for (const { run_id: run } of rows) {
    if (signal?.aborted) break
    try {
      if (await drop(db, run)) dropped += 1
    } catch (error) {
      logger.warn({ run, code: codeOf(error), err: error }, 'report.not_dropped')
    }
  }
  return dropped
}
