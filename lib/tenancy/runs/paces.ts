import { sql } from 'kysely'
import type { PaceReason, ServerPace } from '../contract/pace.ts'
import type { ControlDb } from '../control/db.ts'
import { conductorFreshSeconds } from './control.ts'
import { hasOpenItems } from './open-items.ts'

type PaceRow = { readonly server: string; readonly now: number; readonly most: number; readonly reason: PaceReason | null }

/** How many items each server of an open run is worked with at once, by the server's name; one that is done with it, or that nobody works on, is not there. */
export const readPaces = async (db: ControlDb, run: number): Promise<Readonly<Record<string, ServerPace>>> => {
  const { rows } = await sql<PaceRow>`
    select s.name as server, c.at_once as now, c.at_most as most, c.pace_reason as reason
    from server s join conductor c on c.server_id = s.id
    where c.at_once is not null and c.at_most is not null and c.heartbeat_at > now() - make_interval(secs => ${conductorFreshSeconds})
      and exists (select from run where id = ${run} and state in ('queued', 'running', 'pausing', 'cancelling'))
      and ${hasOpenItems(sql`${run}::bigint`)} order by s.name`.execute(db)
  return Object.fromEntries(rows.map(({ server, ...pace }) => [server, pace]))
}
