import { sql } from 'kysely'
import type { AttemptError } from '../../contract/views.ts'
import type { ControlDb } from '../../control/db.ts'
import { notify } from '../../control/notify.ts'
import { requireLease, type Lease } from './lease.ts'
import { bumpRuns, causeOf, settleRuns } from './report.ts'

/** A server that stayed out of reach for longer than a run waits: its open items fail with what the connection said, and can be rerun. */
export const failUnreachable = async (db: ControlDb, lease: Lease, worker: string, error: AttemptError): Promise<void> => {
  await db.transaction().execute(async (trx) => {
    await requireLease(trx, lease)
    const { rows: runs } = await sql<{ id: number }>`
      select id from run where state in ('queued', 'running', 'pausing', 'cancelling')
        and exists (select from run_item i where i.run_id = run.id and i.server_id = ${lease.serverId} and i.state in ('pending', 'running', 'interrupted'))`.execute(
      trx,
    )
    const ids = runs.map(({ id }) => id)
    if (ids.length === 0) return
    await bumpRuns(trx, ids)
    await sql`
      with failed as (
        update run_item i
        set state = 'failed', attempts = i.attempts + 1, revision = r.revision, error = ${JSON.stringify(error)}::jsonb, cause = ${causeOf(error)},
            started_at = coalesce(i.started_at, now()), finished_at = now(), next_attempt_at = null
        from run r
        where r.id = i.run_id and r.id = any(${ids}::bigint[]) and i.server_id = ${lease.serverId}
          and (i.state in ('running', 'interrupted') or (i.state = 'pending' and r.state in ('queued', 'running')))
        returning i.run_id, i.position, i.attempts)
      insert into attempt (run_id, position, number, state, started_at, finished_at, worker, error)
      select run_id, position, attempts, 'interrupted', now(), now(), ${worker}, ${JSON.stringify(error)}::jsonb from failed on conflict do nothing`.execute(
      trx,
    )
    await settleRuns(trx, ids, lease.serverId)
    for (const id of ids) await notify(trx, { topic: 'run', id })
    await notify(trx, { topic: 'runs' })
  })
}
