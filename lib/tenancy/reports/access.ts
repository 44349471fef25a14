/** Whose reports and results are whose to see, beyond what the table of permissions says. */
import { sql, type RawBuilder } from 'kysely'
import type { Actor } from '../contract/permissions.ts'
import type { ControlDb } from '../control/db.ts'
import { TenancyError } from '../errors.ts'

/** Admins and operators see every result. */
export const seesAll = ({ role }: Actor): boolean => role !== 'support'

/** Of a run `p`. */
export const isReadable = (actor: Actor): RawBuilder<unknown> =>
  seesAll(actor) ? sql`true` : sql`exists (select from saved_report v where v.id = p.report_id and ${actor.role} = any(v.runnable_by))`

/** @throws report.unknown, report.not_yours */
export const requireReadable = async (db: ControlDb, actor: Actor, run: number): Promise<void> => {
  const { rows } = await sql<{ readable: boolean }>`select ${isReadable(actor)} as readable from report_run p where p.run_id = ${run}`.execute(db)
  if (!rows[0]) throw new TenancyError('report.unknown', { run })
  if (!rows[0].readable)
    throw new TenancyError('report.not_yours', {
      what: `The result of report ${run}`,
      role: actor.role,
      remedy: 'Ask an admin to save the report and let your role run it.',
    })
}
