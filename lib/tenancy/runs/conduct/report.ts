/** What conductors tell the control plane: many items in one transaction, at least five times a second while something settles. */
import { createHash } from 'node:crypto'
import { sql, type RawBuilder } from 'kysely'
import type { ReportLack } from '../../contract/reports.ts'
import type { AttemptState, ItemState, RunState } from '../../contract/states.ts'
import type { AttemptError } from '../../contract/views.ts'
import type { ControlDb } from '../../control/db.ts'
import { notification, notify, type Message } from '../../control/notify.ts'
import type { HistorySummary } from '../../migrations/history.ts'
import { requireLease, type Lease } from './lease.ts'

export type Attempt = {
  readonly state: AttemptState
  readonly startedAt: Date
  readonly finishedAt: Date
  readonly versionsApplied: readonly string[]
  readonly backendPid: number | null
  /** A ready schema of the warm pool became the tenant's. */
  readonly claimed: boolean
  readonly error: AttemptError | null
}

export type ItemReport = {
  readonly run: number
  readonly position: number
  readonly targetId: number
  readonly tenantId: number
  readonly state: ItemState
  readonly attempts: number
  readonly nextAttemptAt: Date | null
  readonly startedAt: Date | null
  readonly attempt: Attempt | null
  readonly error: AttemptError | null
  /** What the history said last, with where that stands in the set; null: not read. */
  readonly seen: HistorySummary | null
  /** Of a report: what NULL stood for. */
  readonly filled?: readonly ReportLack[]
  /** The tenant is to be active from now on. */
  readonly activates: boolean
}

export type RunNow = { readonly id: number; readonly state: RunState; readonly revision: number }

/** As a word of its own, and only where it could be none of the language: a schema may be called “in”. */
const withoutName = (message: string, name: string): string =>
  /[_0-9-]/.test(name) ? message.replace(new RegExp(`(?<![\\w-])${name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?![\\w-])`, 'gu'), '…') : message

/** Numbers, quoted names and the schema's own name differ between tenants whose failures have one cause. */
export const normaliseMessage = ({ message, schema }: Pick<AttemptError, 'message' | 'schema'>): string =>
  (schema ? withoutName(message, schema) : message)
    .replace(/"[^"]*"/g, '"…"')
    .replace(/“[^”]*”/g, '“…”')
    .replace(/\d+/g, 'n')

/** Equal for failures of one cause: SQLSTATE, normalised message, statement. */
export const causeOf = (error: AttemptError): string =>
  createHash('sha256')
    .update(JSON.stringify([error.code, normaliseMessage(error), error.version, error.statement]))
    .digest('hex')
    .slice(0, 16)

const itemRow = (report: ItemReport) => ({
  run_id: report.run,
  position: report.position,
  state: report.state,
  attempts: report.attempts,
  next_attempt_at: report.nextAttemptAt,
  started_at: report.startedAt,
  finished_at: report.state === 'running' || report.state === 'pending' ? null : (report.attempt?.finishedAt ?? new Date()),
  duration_ms: report.attempt ? Math.max(0, report.attempt.finishedAt.getTime() - report.attempt.startedAt.getTime()) : null,
  error: report.error,
  cause: report.error ? causeOf(report.error) : null,
})

/** Whatever stands in one statement with others is written where this holds. */
type Where = RawBuilder<unknown>
const always: Where = sql`true`

/** @param runs with `id` and the `revision` that the items are to have */
const updateItems = (reports: readonly ItemReport[], runs: RawBuilder<unknown>) => sql`
    update run_item i
    set state = x.state, revision = r.revision, attempts = x.attempts, next_attempt_at = x.next_attempt_at,
        started_at = coalesce(i.started_at, x.started_at), finished_at = x.finished_at, duration_ms = coalesce(x.duration_ms, i.duration_ms),
        error = nullif(x.error, 'null'::jsonb), cause = x.cause
    from jsonb_to_recordset(${JSON.stringify(reports.map(itemRow))}::jsonb)
      as x(run_id bigint, position integer, state text, attempts integer, next_attempt_at timestamptz, started_at timestamptz, finished_at timestamptz,
           duration_ms integer, error jsonb, cause text)
    join ${runs} r on r.id = x.run_id
    where i.run_id = x.run_id and i.position = x.position and i.state in ('pending', 'running', 'interrupted')`

export const writeItems = async (trx: ControlDb, reports: readonly ItemReport[]): Promise<void> => {
  await updateItems(reports, sql`run`).execute(trx)
}

const insertAttempts = (reports: readonly ItemReport[], worker: string, where: Where) => {
  const rows = reports.flatMap(({ run, position, attempts, attempt }) =>
    attempt
      ? [
          {
            run_id: run,
            position,
            number: attempts,
            state: attempt.state,
            started_at: attempt.startedAt,
            finished_at: attempt.finishedAt,
            versions: attempt.versionsApplied,
            pid: attempt.backendPid,
            claimed: attempt.claimed,
            error: attempt.error,
          },
        ]
      : [],
  )
  return sql`
    insert into attempt (run_id, position, number, state, started_at, finished_at, versions_applied, worker, backend_pid, claimed, error)
    select x.run_id, x.position, x.number, x.state, x.started_at, x.finished_at, array(select jsonb_array_elements_text(x.versions)), ${worker}, x.pid, x.claimed, nullif(x.error, 'null'::jsonb)
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      as x(run_id bigint, position integer, number integer, state text, started_at timestamptz, finished_at timestamptz, versions jsonb, pid integer, claimed boolean,
        error jsonb)
    where ${where} on conflict do nothing`
}

export const writeAttempts = async (trx: ControlDb, reports: readonly ItemReport[], worker: string): Promise<void> => {
  if (reports.some(({ attempt }) => attempt !== null)) await insertAttempts(reports, worker, always).execute(trx)
}

export type SeenTarget = { readonly targetId: number; readonly summary: HistorySummary }

const upsertSeen = (seen: readonly SeenTarget[], emptyDigest: string, where: Where) => {
  // In the order in which an observer writes them.
  const rows = seen
    .toSorted((a, b) => a.targetId - b.targetId)
    .map(({ targetId, summary }) => ({
      target_id: targetId,
      version: summary.version,
      applied: summary.applied,
      digest: summary.digest,
      remark: summary.unfinished ? `${summary.unfinished.version} is half done: ${summary.unfinished.statementsDone} of its statements ran` : null,
    }))
  return sql`
    insert into observation as o (target_id, observed_at, version, applied, digest, version_state, pending, remark)
    select x.target_id, now(), x.version, x.applied, x.digest,
      case when p.position is null then 'diverged' when p.position = h.position then 'at_head' else 'behind' end, h.position - p.position, x.remark
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as x(target_id bigint, version text, applied integer, digest text, remark text)
    join target t on t.id = x.target_id
    left join migration m on m.set_id = t.set_id and m.prefix_digest = x.digest
    cross join lateral (select case when x.digest = ${emptyDigest} then 0 else m.position end as position) p
    cross join lateral (select max(position) as position from migration where set_id = t.set_id) h
    where ${where}
    on conflict (target_id) do update
      set observed_at = excluded.observed_at, version = excluded.version, applied = excluded.applied, digest = excluded.digest,
          version_state = excluded.version_state, pending = excluded.pending, remark = excluded.remark`
}

/** What a history said, as an observation: where it stands follows from the set as it is now. */
export const writeSeen = async (trx: ControlDb, seen: readonly SeenTarget[], emptyDigest: string): Promise<void> => {
  if (seen.length > 0) await upsertSeen(seen, emptyDigest, always).execute(trx)
}

const seenIn = (items: readonly ItemReport[]): readonly SeenTarget[] => items.flatMap(({ targetId, seen }) => (seen ? [{ targetId, summary: seen }] : []))

/** In the order in which an onboarding locks them. */
const activation = (ids: readonly number[], where: Where) => sql`
    with mine as materialized (select id from tenant where id = any(${[...ids]}::bigint[]) and state = 'provisioning' and ${where} order by slug for update)
    update tenant t set state = 'active', updated_at = now() from mine where t.id = mine.id`

const activated = (reports: readonly ItemReport[]): readonly number[] => reports.filter(({ activates }) => activates).map(({ tenantId }) => tenantId)

const activate = async (trx: ControlDb, reports: readonly ItemReport[]): Promise<void> => {
  const ids = activated(reports)
  if (ids.length === 0) return
  await activation(ids, always).execute(trx)
  await notify(trx, { topic: 'tenants' })
}

const writeFilled = async (trx: ControlDb, reports: readonly ItemReport[]): Promise<void> => {
  const rows = reports.flatMap(({ run, position, filled }) => (filled ? [{ run, position, lacks: filled }] : []))
  if (rows.length === 0) return
  await sql`
    insert into report_filled (run_id, position, lacks)
    select x.run, x.position, x.lacks from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as x(run bigint, position integer, lacks jsonb)
    on conflict (run_id, position) do update set lacks = excluded.lacks`.execute(trx)
}

/** Of run_item. */
export const countsAgainstTolerance = sql`(state = 'failed' or differs)`

/** In one order for everybody, so that two servers of one run do not wait for each other. */
export const lockRuns = async (trx: ControlDb, ids: readonly number[]): Promise<void> => {
  await sql`select id from run where id = any(${[...ids]}::bigint[]) order by id for update`.execute(trx)
}

/** Items in hand become `running` before anything else is said of their run, which is locked already. */
export const bumpRuns = async (trx: ControlDb, ids: readonly number[]): Promise<void> => {
  await sql`
    update run set revision = revision + 1, started_at = coalesce(started_at, now()), state = case when state = 'queued' then 'running' else state end
    where id = any(${[...ids]}::bigint[])`.execute(trx)
}

/**
 * The tolerance counts all servers of the run: what failed, and what was applied but is different.
 * @returns whether one of them stops by it
 */
export const stopAtTolerance = async (trx: ControlDb, ids: readonly number[]): Promise<boolean> => {
  const { rows } = await sql`
    update run r set state = 'pausing', stop_reason = case when c.failed > r.failures_allowed then 'failure_tolerance' else 'different' end
    from (
      select run_id, count(*) filter (where state = 'failed') as failed, count(*) as bad from run_item
      where run_id = any(${[...ids]}::bigint[]) and ${countsAgainstTolerance} group by run_id) c
    where c.run_id = r.id and r.state = 'running' and r.failures_allowed is not null and c.bad > r.failures_allowed returning 1`.execute(trx)
  return rows.length > 0
}

/**
 * A run whose items have settled, or that stops and has none in flight, gets the state that it was going to. One server may find it paused while another one
 * still has items in hand of which it has not told. A tolerance that was used up when nothing was left to stop has stopped nothing.
 * @returns runs of which something has changed; their revision is a new one
 */
export const settleRuns = async (trx: ControlDb, ids: readonly number[], serverId: number): Promise<number[]> => {
  const cancelled = await sql<{ id: number }>`
    with gone as (
      update run_item i set state = 'cancelled', revision = r.revision + 1, finished_at = now(), next_attempt_at = null
      from run r where r.id = i.run_id and r.id = any(${[...ids]}::bigint[]) and r.state = 'cancelling' and i.server_id = ${serverId} and i.state = 'pending'
      returning i.run_id)
    update run set revision = revision + 1 where id in (select run_id from gone) returning id`.execute(trx)
  const settled = await sql<{ id: number }>`
    with open as (
      select r.id, exists (select from run_item i where i.run_id = r.id and i.state in ('pending', 'running', 'interrupted')) as any_open,
        exists (select from run_item i where i.run_id = r.id and i.state in ('running', 'interrupted')) as any_running,
        exists (select from run_item i where i.run_id = r.id and i.state in ('failed', 'cancelled')) as any_bad
      from run r where r.id = any(${[...ids]}::bigint[]) and r.state in ('running', 'pausing', 'paused', 'cancelling'))
    update run r
    set state = case when r.state = 'cancelling' then 'cancelled' when not o.any_open then case when o.any_bad then 'failed' else 'succeeded' end else 'paused' end,
        finished_at = case when not o.any_open or r.state = 'cancelling' then clock_timestamp() end, revision = revision + 1,
        stop_reason = case when o.any_open or r.state = 'cancelling' or r.stop_reason = 'requested' then r.stop_reason end
    from open o
    where o.id = r.id and (not o.any_open or (r.state = 'pausing' and not o.any_running)) returning r.id`.execute(trx)
  return [...new Set([...cancelled.rows, ...settled.rows].map(({ id }) => id))]
}

export type Report = {
  /** One an item: its last word. */
  readonly items: readonly ItemReport[]
  /** Every attempt that ended, also two of one item. */
  readonly attempts: readonly ItemReport[]
  /** Runs of which this server has nothing more in hand: their end may be due. */
  readonly quiet: readonly number[]
}

const writeTouched = async (trx: ControlDb, runs: readonly number[], { items, attempts }: Report, worker: string, emptyDigest: string): Promise<void> => {
  await bumpRuns(trx, runs)
  await writeItems(trx, items)
  await writeAttempts(trx, attempts, worker)
  await writeSeen(trx, seenIn(items), emptyDigest)
  await activate(trx, items)
  await writeFilled(trx, items)
  if (items.some(({ state }) => state === 'failed')) await stopAtTolerance(trx, runs)
}

const one = (id: number): [Message] => [{ topic: 'run', id }]

const writeBatch = async (trx: ControlDb, serverId: number, worker: string, report: Report, emptyDigest: string): Promise<RunNow[]> => {
  const touched = [...new Set(report.items.map(({ run }) => run))]
  const ids = [...new Set([...report.quiet, ...touched])].toSorted((a, b) => a - b)
  if (ids.length === 0) return []
  await lockRuns(trx, ids)
  if (touched.length > 0) await writeTouched(trx, touched, report, worker, emptyDigest)
  const settled = report.quiet.length > 0 ? await settleRuns(trx, report.quiet, serverId) : []
  const [first, ...more] = new Set([...touched, ...settled])
  if (first !== undefined) await notify(trx, ...one(first), ...more.flatMap(one), ...(settled.length > 0 ? [{ topic: 'runs' } as const] : []))
  const { rows } = await sql<RunNow>`select id, state, revision from run where id = any(${ids}::bigint[])`.execute(trx)
  return rows
}

/**
 * Writes a batch in one transaction.
 * @returns the runs as they are now
 * @throws LeaseLost; the control database's errors, after which the same batch may be sent again
 */
export const writeReport = async (db: ControlDb, lease: Lease, worker: string, report: Report, emptyDigest: string): Promise<RunNow[]> =>
  db.transaction().execute(async (trx) => {
    await requireLease(trx, lease)
    return writeBatch(trx, lease.serverId, worker, report, emptyDigest)
  })

const isHeldNow = sql`held_until > clock_timestamp() and state in ('running', 'pausing', 'cancelling')`

/**
 * The same from the process that started a run and carries its items itself, without a lease.
 * @returns whether it was still its to tell; else a conductor has the run, and finds in the histories what was done
 */
export const writeHeldReport = async (db: ControlDb, run: number, serverId: number, worker: string, report: Report, emptyDigest: string): Promise<boolean> =>
  db.transaction().execute(async (trx) => {
    const { rows } = await sql`select 1 from run where id = ${run} and ${isHeldNow} for update`.execute(trx)
    if (rows.length === 0) return false
    await writeBatch(trx, serverId, worker, report, emptyDigest)
    return true
  })

/**
 * All items of a held run have succeeded: the same in one statement, the run's end with it.
 * @returns as `writeHeldReport` does
 */
export const writeHeldEnd = async (db: ControlDb, run: number, worker: string, items: readonly ItemReport[], emptyDigest: string): Promise<boolean> => {
  const isOurs = sql`exists (select from r)`
  const { rows } = await sql`
    with r as (
      update run set state = case when state = 'cancelling' then 'cancelled' else 'succeeded' end, finished_at = clock_timestamp(), revision = revision + 1
      where id = ${run} and ${isHeldNow} returning id, revision),
    items as (${updateItems(items, sql`r`)}),
    attempts as (${insertAttempts(items, worker, isOurs)}),
    seen as (${upsertSeen(seenIn(items), emptyDigest, isOurs)}),
    active as (${activation(activated(items), isOurs)})
    select ${notification({ topic: 'tenants' })}, ${notification({ topic: 'run', id: run })}, ${notification({ topic: 'runs' })} from r`.execute(db)
  return rows.length > 0
}
