import { sql } from 'kysely'
import type { ControlDb } from '../control/db.ts'

/** Room for lost runs that only histories of unknown tenants tell of. */
const gap = 1_000

/**
 * Histories that know of later runs than the control database were written before it was put back to a backup. A number must never stand for two runs: what the
 * earlier one did would pass for the later one's.
 * @param lastRun the highest that was seen in a history
 */
export const keepRunNumbers = async (trx: ControlDb, lastRun: number): Promise<void> => {
  await sql`
    select setval(pg_get_serial_sequence('run', 'id'), ${lastRun + gap}::bigint)
    where ${lastRun}::bigint > (select last_value from run_id_seq)`.execute(trx)
}
