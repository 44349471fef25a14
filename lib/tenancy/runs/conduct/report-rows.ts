/** What a batch of reports writes, statement by statement: alone, or several in one. */
import { sql, type RawBuilder } from 'kysely'
import type { HistorySummary } from '../../migrations/history.ts'
import type { ReportLack } from '../../contract/reports.ts'
import { settledItemStates, type AttemptState, type ItemState } from '../../contract/states.ts'
import type { AttemptError } from '../../contract/views.ts'
import { causeOf } from './cause.ts'

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
export type Where = RawBuilder<unknown>
export const always: Where = sql`true`

/**
 * Each by its key, whatever the statistics say: they may stem from a moment without an open item, when to go through all that are open, or through the whole
 * table, seemed to be the way to one. So what the batch says is put together first, and which states are over comes with it: nothing of an item is known before.
 * @param runs with `id` and the `revision` that the items are to have
 */
export const updateItems = (reports: readonly ItemReport[], runs: RawBuilder<unknown>) => sql`
    with said as materialized (
      select x.*, r.revision, ${[...settledItemStates]}::text[] as ended
      from json_to_recordset(${JSON.stringify(reports.map(itemRow))}::json)
        as x(run_id bigint, position integer, state text, attempts integer, next_attempt_at timestamptz, started_at timestamptz, finished_at timestamptz,
             duration_ms integer, error jsonb, cause text)
      join ${runs} r on r.id = x.run_id)
    update run_item i
    set state = x.state, revision = x.revision, attempts = x.attempts, next_attempt_at = x.next_attempt_at,
        started_at = coalesce(i.started_at, x.started_at), finished_at = x.finished_at, duration_ms = coalesce(x.duration_ms, i.duration_ms),
        error = nullif(x.error, 'null'::jsonb), cause = x.cause
    from said x
    where i.run_id = x.run_id and i.position = x.position and i.state <> all (x.ended)`

export const insertAttempts = (reports: readonly ItemReport[], worker: string, where: Where) => {
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
    select x.run_id, x.position, x.number, x.state, x.started_at, x.finished_at, x.versions, ${worker}, x.pid, x.claimed, nullif(x.error, 'null'::jsonb)
    from json_to_recordset(${JSON.stringify(rows)}::json)
      as x(run_id bigint, position integer, number integer, state text, started_at timestamptz, finished_at timestamptz, versions text[], pid integer, claimed boolean,
        error jsonb)
    where ${where} on conflict do nothing`
}

type SeenTarget = { readonly targetId: number; readonly summary: HistorySummary }

export const upsertSeen = (seen: readonly SeenTarget[], emptyDigest: string, where: Where) => {
  // One a target, its last word, and in the order in which an observer writes them.
  const rows = [...new Map(seen.map((one) => [one.targetId, one])).values()]
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
    from json_to_recordset(${JSON.stringify(rows)}::json) as x(target_id bigint, version text, applied integer, digest text, remark text)
    join target t on t.id = x.target_id
    left join migration m on m.set_id = t.set_id and m.prefix_digest = x.digest
    cross join lateral (select case when x.digest = ${emptyDigest} then 0 else m.position end as position) p
    cross join lateral (select max(position) as position from migration where set_id = t.set_id) h
    where ${where}
    on conflict (target_id) do update
      set observed_at = excluded.observed_at, version = excluded.version, applied = excluded.applied, digest = excluded.digest,
          version_state = excluded.version_state, pending = excluded.pending, remark = excluded.remark`
}

export const seenIn = (items: readonly ItemReport[]): readonly SeenTarget[] =>
  items.flatMap(({ targetId, seen }) => (seen ? [{ targetId, summary: seen }] : []))

/** In the order in which an onboarding locks them. */
export const activation = (ids: readonly number[], where: Where) => sql`
    with mine as materialized (select id from tenant where id = any(${[...ids]}::bigint[]) and state = 'provisioning' and ${where} order by slug for update)
    update tenant t set state = 'active', updated_at = now() from mine where t.id = mine.id`

export const activated = (reports: readonly ItemReport[]): readonly number[] => reports.filter(({ activates }) => activates).map(({ tenantId }) => tenantId)
