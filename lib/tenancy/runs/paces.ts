import { sql } from 'kysely'
import type { PaceReason, ServerPace } from '../contract/pace.ts'
import type { ControlDb } from '../control/db.ts'
import { conductorFreshSeconds } from './control.ts'

type PaceRow = { readonly server: string; readonly now: number; readonly most: number; readonly reason: PaceReason | null }

/** How many items each server of an open run is worked with at once, by the server's name; a server that nobody works on is not there. */
export const readPaces = async (db: ControlDb, run: number): Promise<Readonly<Record<string, ServerPace>>> => {
  const { rows } = await sql<PaceRow>`
    select s.name as server, c.at_once as now, c.at_most as most, c.pace_reason as reason
    from (select distinct server_id from run_item where run_id = ${run}) i
    join server s on s.id = i.server_id join conductor c on c.server_id = s.id
    where c.at_once is not null and c.at_most is not null and c.heartbeat_at > now() - make_interval(secs => ${conductorFreshSeconds})
      and exists (select from run where id = ${run} and state in ('queued', 'running', 'pausing', 'cancelling')) order by s.name`.execute(db)
  return Object.fromEntries(rows.map(({ server, ...pace }) => [server, pace]))
}
