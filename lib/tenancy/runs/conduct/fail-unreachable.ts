import { sql } from 'kysely'
import { isFinalRun, type RunKind, type RunState } from '../../contract/states.ts'
import type { AttemptError } from '../../contract/views.ts'
import type { Library } from '../../context.ts'
import type { ControlDb } from '../../control/db.ts'
import { notify } from '../../control/notify.ts'
import { sqlstateClass } from '../../sql/sqlstate.ts'
import { isLeftToConductors } from './adopt.ts'
import { requireLease, type Lease } from './lease.ts'
import { causeOf } from './cause.ts'
import { bumpRuns, lockRuns, settleRuns } from './report.ts'

type Run = { readonly id: number; readonly kind: RunKind; readonly state: RunState }
type Failed = { readonly run: number; readonly tenant: string; readonly attempt: number; readonly kind: RunKind }

const openRunsOf = async (trx: ControlDb, serverId: number): Promise<number[]> => {
  const { rows } = await sql<{ id: number }>`
    select r.id from run r where r.state in ('queued', 'running', 'pausing', 'cancelling') and ${isLeftToConductors}
      and exists (select from run_item i where i.run_id = r.id and i.server_id = ${serverId} and i.state in ('pending', 'running', 'interrupted'))`.execute(trx)
  return rows.map(({ id }) => id)
}

const failItems = async (trx: ControlDb, runs: readonly number[], lease: Lease, worker: string, error: AttemptError): Promise<Failed[]> => {
  const { rows } = await sql<Failed>`
    with failed as (
      update run_item i
      set state = 'failed', attempts = i.attempts + 1, revision = r.revision, error = ${JSON.stringify(error)}::jsonb, cause = ${causeOf(error)},
          started_at = coalesce(i.started_at, now()), finished_at = now(), next_attempt_at = null
      from run r
      where r.id = i.run_id and r.id = any(${[...runs]}::bigint[]) and i.server_id = ${lease.serverId}
        and (i.state in ('running', 'interrupted') or (i.state = 'pending' and r.state in ('queued', 'running')))
      returning i.run_id, i.position, i.attempts, i.tenant_id, r.kind),
    noted as (
      insert into attempt (run_id, position, number, state, started_at, finished_at, worker, error)
      select run_id, position, attempts, 'interrupted', now(), now(), ${worker}, ${JSON.stringify(error)}::jsonb from failed on conflict do nothing)
    select f.run_id as run, t.slug as tenant, f.attempts as attempt, f.kind from failed f join tenant t on t.id = f.tenant_id order by f.run_id, f.position`.execute(
    trx,
  )
  return rows
}

/** What is told of any other item that failed for good, and of any other run that ended. */
const tell = ({ logger, meters }: Library, server: string, failed: readonly Failed[], ended: readonly Run[], { code, version }: AttemptError): void => {
  for (const { kind, ...item } of failed) {
    meters.attempt(kind, 'interrupted', sqlstateClass(code), 0)
    logger.warn({ ...item, server, code, version }, 'item.failed')
  }
  for (const { id, kind, state } of ended) logger.info({ run: id, kind, state, server }, isFinalRun(state) ? 'run.ended' : 'run.paused')
}

export type Unreachable = { readonly lease: Lease; readonly worker: string; readonly server: string; readonly error: AttemptError }

/** A server that stayed out of reach for longer than a run waits: its open items fail with what the connection said, and can be rerun. */
export const failUnreachable = async (library: Library, { lease, worker, server, error }: Unreachable): Promise<void> => {
  const { failed, ended } = await library.control.db.transaction().execute(async (trx) => {
    await requireLease(trx, lease)
    const ids = await openRunsOf(trx, lease.serverId)
    if (ids.length === 0) return { failed: [], ended: [] }
    await lockRuns(trx, ids)
    await bumpRuns(trx, ids)
    const items = await failItems(trx, ids, lease, worker, error)
    await settleRuns(trx, ids, lease.serverId)
    for (const id of ids) await notify(trx, { topic: 'run', id })
    await notify(trx, { topic: 'runs' })
    const { rows } =
      await sql<Run>`select id, kind, state from run where id = any(${ids}::bigint[]) and state in ('paused', 'cancelled', 'succeeded', 'failed') order by id`.execute(
        trx,
      )
    return { failed: items, ended: rows }
  })
  tell(library, server, failed, ended, error)
}
