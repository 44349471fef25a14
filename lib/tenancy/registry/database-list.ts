import { sql } from 'kysely'
import type { DatabaseRow } from '../contract/views.ts'
import type { Library } from '../context.ts'

type Row = Omit<DatabaseRow, 'pooler' | 'checkedAt' | 'connectionsAt' | 'conductor' | 'notes'> & {
  readonly poolerHost: string | null
  readonly poolerPort: number | null
  readonly poolerProblem: string | null
  readonly checkedAt: Date | null
  readonly connectionsAt: Date | null
  readonly worker: string | null
  readonly heartbeatAt: Date | null
  readonly notesSince: Date | null
  readonly notesLastAt: Date | null
  readonly notesProblem: string | null
}

/** Ten missed heartbeats: whoever is named there drives nothing any more. */
const conductorSilenceSeconds = 30

/** All databases by name, or one, as last looked at. */
export const listDatabases = async ({ control }: Pick<Library, 'control'>, only?: string): Promise<readonly DatabaseRow[]> => {
  const { rows } = await sql<Row>`
    select d.name, s.name as server, d.host, d.port, d.pooler_host as "poolerHost", d.pooler_port as "poolerPort", d.pooler_problem as "poolerProblem", d.dbname, s.version, d.reachable, d.problem, d.checked_at as "checkedAt", s.budget,
      seen.connections_ours as "connectionsOurs", seen.connections_used as "connectionsUsed", seen.connections_at as "connectionsAt", s.max_connections as "maxConnections", d.bytes,
      (select count(*) from target t join placement p on p.target_id = t.id where t.database_id = d.id)::int as tenants,
      c.worker, c.heartbeat_at as "heartbeatAt", d.notes_since as "notesSince", d.notes_last_at as "notesLastAt", d.notes_problem as "notesProblem"
    from database d
    join server s on s.id = d.server_id
    -- Connections are counted on the whole server: its newest look holds for all of its databases.
    left join lateral (
      select l.connections_ours, l.connections_used, l.connections_at from database l where l.server_id = s.id order by l.connections_at desc nulls last, l.id limit 1
    ) seen on true
    left join conductor c on c.server_id = s.id and c.heartbeat_at > now() - make_interval(secs => ${conductorSilenceSeconds})
    where ${only ?? null}::text is null or d.name = ${only ?? null}
    order by d.name`.execute(control.db)
  return rows.map(
    ({ poolerHost, poolerPort, poolerProblem, worker, heartbeatAt, checkedAt, connectionsAt, notesSince, notesLastAt, notesProblem, ...row }) => ({
      ...row,
      pooler: poolerHost === null || poolerPort === null ? null : { host: poolerHost, port: poolerPort, problem: poolerProblem },
      checkedAt: checkedAt?.toISOString() ?? null,
      connectionsAt: connectionsAt?.toISOString() ?? null,
      conductor: worker === null || heartbeatAt === null ? null : { worker, heartbeatAt: heartbeatAt.toISOString() },
      notes: notesSince === null ? null : { since: notesSince.toISOString(), lastAt: notesLastAt?.toISOString() ?? null, problem: notesProblem },
    }),
  )
}
