/** Pause, resume, cancel, retry: what people may do to an open run. The conductors carry it out. */
import { sql } from 'kysely'
import type { Actor } from '../contract/permissions.ts'
import { canCancel, canPause, canResume, canRetry, type RunState } from '../contract/states.ts'
import type { Library } from '../context.ts'
import { appendAudit } from '../control/audit.ts'
import type { ControlDb } from '../control/db.ts'
import { notify } from '../control/notify.ts'
import { TenancyError } from '../errors.ts'
import { requireAskable } from '../reports/access.ts'
import { countsAgainstTolerance, settleRuns } from './conduct/report.ts'
import { nothingLeft, requireInRun } from './leftovers.ts'
import { explainConflict } from './start.ts'

/** A conductor that was heard of this recently may have items in hand that the control plane does not know of yet. */
export const conductorFreshSeconds = 15

type LockedRun = { readonly id: number; readonly state: RunState }

/** @throws run.unknown */
const lockRun = async (trx: ControlDb, run: number): Promise<LockedRun> => {
  const row = await trx.selectFrom('run').select(['id', 'state']).where('id', '=', run).forUpdate().executeTakeFirst()
  if (!row) throw new TenancyError('run.unknown', { run })
  return row
}

const remedies: Readonly<Record<string, string>> = {
  final: 'It is finished; a rerun makes a new run from its items.',
  cancelling: 'It is being cancelled; wait until its running items have settled.',
  paused: 'It is paused already; resume or cancel it.',
  pausing: 'It is pausing already; its running items finish first.',
  running: 'It is running; pause it first.',
  queued: 'It waits for a worker to take it up.',
}

const conflict = (run: LockedRun, command: string): TenancyError => {
  const key = ['succeeded', 'failed', 'cancelled'].includes(run.state) ? 'final' : run.state
  return new TenancyError('run.state_conflict', { run: run.id, state: run.state, command, remedy: remedies[key] ?? '' })
}

const hasLiveConductor = async (trx: ControlDb, run: number): Promise<boolean> => {
  const { rows } = await sql<{ live: boolean }>`
    select exists (
      select from conductor c
      where c.worker is not null and c.heartbeat_at > now() - make_interval(secs => ${conductorFreshSeconds})
        and c.server_id in (select server_id from run_item where run_id = ${run} and state in ('pending', 'running', 'interrupted'))) as live`.execute(trx)
  return rows[0]?.live === true
}

/** Whoever drove the run's servers before may only sleep: it is refused from now on, as at a takeover, and begins nothing more. */
const replaceStale = (trx: ControlDb, run: number) =>
  sql`
    update conductor c set epoch = epoch + 1, worker = null, waiting_for = null, waiting_since = null, at_once = null, at_most = null, pace_reason = null
    where c.worker is not null and c.heartbeat_at <= now() - make_interval(secs => ${conductorFreshSeconds})
      and c.server_id in (select server_id from run_item where run_id = ${run} and state in ('pending', 'running', 'interrupted'))`.execute(trx)

const change = async (
  library: Library,
  actor: Actor,
  run: number,
  command: string,
  allowed: (state: RunState) => boolean,
  carryOut: (trx: ControlDb, state: RunState) => Promise<void>,
) => {
  await library.control.db.transaction().execute(async (trx) => {
    const locked = await lockRun(trx, run)
    if (!allowed(locked.state)) throw conflict(locked, command)
    await carryOut(trx, locked.state)
    await appendAudit(trx, { actor, action: `runs.${command}`, subjectKind: 'run', subject: String(run), details: { from: locked.state } })
    await notify(trx, { topic: 'runs' })
    await notify(trx, { topic: 'run', id: run })
  })
}

/** The last item may have settled, and the run's end not been told: whoever drove it may never hear of it again. @returns whether that was so, and it has ended */
const endIfDone = async (trx: ControlDb, run: number): Promise<boolean> => {
  const { rows } = await sql`select from run_item where run_id = ${run} and state in ('pending', 'running', 'interrupted') limit 1`.execute(trx)
  if (rows.length > 0) return false
  return (await settleRuns(trx, [run], 0)).length > 0
}

const setState = (trx: ControlDb, run: number, state: RunState, stopReason: string | null = null) =>
  trx
    .updateTable('run')
    .set((row) => ({ state, stop_reason: stopReason, revision: row('revision', '+', 1) }))
    .where('id', '=', run)
    .execute()

/** Running items finish; pending ones wait. @throws run.unknown, run.state_conflict */
export const pauseRun = (library: Library, actor: Actor, { run }: { run: number }): Promise<void> =>
  change(library, actor, run, 'pause', canPause, async (trx) => {
    if (await endIfDone(trx, run)) return
    await replaceStale(trx, run)
    await setState(trx, run, (await hasLiveConductor(trx, run)) ? 'pausing' : 'paused', 'requested')
  })

/** @throws run.unknown, run.state_conflict */
export const resumeRun = (library: Library, actor: Actor, { run }: { run: number }): Promise<void> =>
  change(library, actor, run, 'resume', canResume, async (trx, state) => {
    if (await endIfDone(trx, run)) return
    await setState(trx, run, state === 'pausing' ? 'running' : 'queued')
    // Somebody looked at the failures that stopped it: only failures beyond those count against the tolerance now.
    await sql`
      update run set failures_allowed = failures_allowed + (select count(*) from run_item where run_id = ${run} and ${countsAgainstTolerance})
      where id = ${run} and failures_allowed is not null and failures_allowed < (select count(*) from run_item where run_id = ${run} and ${countsAgainstTolerance})`.execute(
      trx,
    )
  })

/** Running items finish; pending ones never start. @throws run.unknown, run.state_conflict */
export const cancelRun = (library: Library, actor: Actor, { run }: { run: number }): Promise<void> =>
  change(library, actor, run, 'cancel', canCancel, async (trx) => {
    await replaceStale(trx, run)
    if (await hasLiveConductor(trx, run)) return void (await setState(trx, run, 'cancelling', 'requested'))
    const { rows } = await sql<{
      running: number
    }>`select count(*) as running from run_item where run_id = ${run} and state in ('running', 'interrupted')`.execute(trx)
    // What a dead conductor left running is settled by the next one, which reads the histories first.
    if ((rows[0]?.running ?? 0) > 0) return void (await setState(trx, run, 'cancelling', 'requested'))
    await sql`
      with r as (update run set state = 'cancelled', stop_reason = 'requested', revision = revision + 1, finished_at = now() where id = ${run} returning revision)
      update run_item set state = 'cancelled', revision = r.revision, finished_at = now(), next_attempt_at = null
      from r where run_id = ${run} and state = 'pending'`.execute(trx)
  })

/**
 * Failed items of an open run wait for another attempt; a paused run goes on with them. Those whose target is not their tenant's any more stay as they are.
 * @throws run.unknown, run.state_conflict, run.no_items, run.not_in, tenant.unknown, run.targets_busy
 */
export const retryItems = async (library: Library, actor: Actor, input: { run: number; slugs?: readonly string[] }): Promise<{ items: number }> => {
  let items = 0
  const targets = await library.control.db.selectFrom('run_item').select('target_id').where('run_id', '=', input.run).where('state', '=', 'failed').execute()
  try {
    await change(library, actor, input.run, 'retry', canRetry, async (trx, state) => {
      await requireAskable(trx, actor, input.run)
      await requireInRun(trx, input.run, input.slugs, 'itself')
      const chosen = input.slugs === undefined ? sql`true` : sql`tenant_id in (select id from tenant where slug = any(${[...input.slugs]}::text[]))`
      const { rows } = await sql<{ position: number }>`
        with r as (update run set revision = revision + 1 where id = ${input.run} returning revision)
        update run_item i set state = 'pending', revision = r.revision, next_attempt_at = null, finished_at = null, error = null, cause = null
        from r where run_id = ${input.run} and state = 'failed' and ${chosen}
          and exists (select from placement p join run on run.set_id = p.set_id where run.id = i.run_id and p.tenant_id = i.tenant_id and p.target_id = i.target_id)
        returning position`.execute(trx)
      items = rows.length
      if (items === 0) throw nothingLeft(input.run, input.slugs)
      if (state === 'paused') await setState(trx, input.run, 'queued')
    })
  } catch (error) {
    throw await explainConflict(
      library,
      error,
      targets.flatMap(({ target_id: id }) => id ?? []),
    )
  }
  return { items }
}
