import { sql } from 'kysely'
import type { RunWait } from '../contract/waits.ts'
import type { ControlDb } from '../control/db.ts'
import { conductorFreshSeconds } from './control.ts'
import { hasOpenItems } from './open-items.ts'

/** A run that has just been started, or whose conductor has just gone, is about to be taken up. */
const graceSeconds = 5

type WaitRow = {
  readonly server: string
  readonly isDriven: boolean
  readonly hasWorker: boolean
  readonly isLate: boolean
  readonly seenAt: Date
  readonly waitingFor: string | null
  readonly waitingSince: Date | null
}

/** `the server: ECONNREFUSED` and `database app: 53300` are what conductors say. */
const problemOf = (text: string): { readonly database: string | null; readonly problem: string } => {
  const end = text.lastIndexOf(': ')
  const what = text.slice(0, end)
  return { database: what.startsWith('database ') ? what.slice('database '.length) : null, problem: text.slice(end + 2) }
}

const waitOf = ({ server, isDriven, hasWorker, isLate, seenAt, waitingFor, waitingSince }: WaitRow): RunWait | null => {
  const since = seenAt.toISOString()
  if (!isDriven && !hasWorker) return { for: 'worker', server, since }
  if (!isDriven) return isLate ? { for: 'conductor', server, since } : null
  if (waitingFor === null) return null
  return { for: 'server', server, ...problemOf(waitingFor), since: (waitingSince ?? seenAt).toISOString() }
}

/** The first thing that holds an open run up; null when all its servers are driven, and for a run that is not open. */
export const readWait = async (db: ControlDb, run: number): Promise<RunWait | null> => {
  const { rows } = await sql<WaitRow>`
    select s.name as server, c.waiting_for as "waitingFor", c.waiting_since as "waitingSince",
      coalesce(c.worker is not null and c.heartbeat_at > now() - make_interval(secs => ${conductorFreshSeconds}), false) as "isDriven",
      exists (select from worker where heartbeat_at > now() - make_interval(secs => ${conductorFreshSeconds})) as "hasWorker",
      greatest(r.created_at, c.heartbeat_at) < now() - make_interval(secs => ${graceSeconds}) as "isLate",
      greatest(r.created_at, c.heartbeat_at) as "seenAt"
    from run r cross join server s left join conductor c on c.server_id = s.id
    where r.id = ${run} and r.state in ('queued', 'running', 'pausing', 'cancelling')
      and ${hasOpenItems(sql`r.id`)} order by s.name`.execute(db)
  return rows.map(waitOf).find((wait) => wait !== null) ?? null
}
