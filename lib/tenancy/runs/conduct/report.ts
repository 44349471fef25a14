/** What conductors tell the control plane: many items in one transaction, at least five times a second while something settles. */
import { sql, type RawBuilder } from 'kysely'
import type { RunState } from '../../contract/states.ts'
import type { ControlDb } from '../../control/db.ts'
import { notification, notify, runNotification, type Message } from '../../control/notify.ts'
import { heldLease, requireLease, type Lease } from './lease.ts'
import { activated, activation, always, insertAttempts, seenIn, updateItems, upsertSeen, type ItemReport, type Where } from './report-rows.ts'

export type RunNow = { readonly id: number; readonly state: RunState; readonly revision: number }

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

const bump = (ids: RawBuilder<unknown>) => sql`
    update run set revision = revision + 1, started_at = coalesce(started_at, now()), state = case when state = 'queued' then 'running' else state end
    where id in (${ids})`

/** Items in hand become `running` before anything else is said of their run, which is locked already. */
export const bumpRuns = async (trx: ControlDb, ids: readonly number[]): Promise<void> => {
  await bump(sql`select unnest(${[...ids]}::bigint[])`).execute(trx)
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
      from run r where r.id = any(${[...ids]}::bigint[]) and r.state in ('queued', 'running', 'pausing', 'paused', 'cancelling'))
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

/** Whoever reads a set anew says where its targets stand, before this or after: what a batch says of that follows from the set as it is. */
const setsOf = (runs: readonly number[]) =>
  sql`select id, synced_at from migration_set where id in (select set_id from run where id = any(${[...runs]}::bigint[])) order by id for share`

/** Of a statement that writes where targets stand: what it locks is as it is now, and what it reads besides as it was when it began. */
const heldSets = (runs: readonly number[]) => sql`held as materialized (${setsOf(runs)} skip locked)`
const areSetsAsSeen = (runs: readonly number[]) => sql`not exists (
      select from migration_set s where s.id in (select set_id from run where id = any(${[...runs]}::bigint[]))
        and not exists (select from held h where h.id = s.id and h.synced_at is not distinct from s.synced_at))`

const writeTouched = async (trx: ControlDb, runs: readonly number[], { items, attempts }: Report, worker: string, emptyDigest: string): Promise<void> => {
  await bumpRuns(trx, runs)
  await updateItems(items, sql`run`).execute(trx)
  if (attempts.length > 0) await insertAttempts(attempts, worker, always).execute(trx)
  const seen = seenIn(items)
  if (seen.length > 0) {
    await setsOf(runs).execute(trx)
    await upsertSeen(seen, emptyDigest, always).execute(trx)
  }
  const active = activated(items)
  if (active.length > 0) await activation(active, always).execute(trx)
  if (active.length > 0) await notify(trx, { topic: 'tenants' })
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

/** What else a batch may change depends on what it has written: that takes a statement behind it. */
const isPlain = ({ items, quiet }: Report): boolean =>
  items.length > 0 && quiet.length === 0 && items.every(({ state, filled }) => state !== 'failed' && filled === undefined)

/**
 * What is written beside the runs `r`, as far as there is any of it. In which order is PostgreSQL's choice, and not that of `writeTouched`: whoever else wants
 * both items and observations or tenants has to hold the run first.
 */
const besides = ({ items, attempts }: Pick<Report, 'items' | 'attempts'>, worker: string, emptyDigest: string): RawBuilder<unknown> => {
  const isOurs: Where = sql`exists (select from r)`
  const seen = seenIn(items)
  const active = activated(items)
  return sql.join([
    sql`items as (${updateItems(items, sql`r`)})`,
    ...(attempts.length > 0 ? [sql`attempts as (${insertAttempts(attempts, worker, isOurs)})`] : []),
    ...(seen.length > 0 ? [sql`seen as (${upsertSeen(seen, emptyDigest, isOurs)})`] : []),
    ...(active.length > 0 ? [sql`active as (${activation(active, isOurs)})`] : []),
  ])
}

/**
 * What most batches say, in one statement: of a transaction's ten each costs the way there and back, and as much as writing several items.
 * It sees all that it reads as it was when it began, so that it waits for nobody who may change a run, or where targets stand in a set; what it locks it gets as it is
 * now, which tells whether a set was read anew in between.
 * @returns no runs when the lease is not held any more, or somebody else holds it, one of the runs or of their sets at this moment; then nothing was written
 */
const writePlain = async (db: ControlDb, lease: Lease, worker: string, report: Report, emptyDigest: string): Promise<RunNow[]> => {
  const ids = [...new Set(report.items.map(({ run }) => run))]
  const sets = seenIn(report.items).length > 0 ? ids : []
  const tenants = activated(report.items).length > 0 ? sql`, ${notification({ topic: 'tenants' })}` : sql``
  const { rows } = await sql<RunNow>`
    with lease as materialized (${heldLease(lease)} skip locked),
    locked as materialized (select id from run where id = any(${ids}::bigint[]) and exists (select from lease) order by id for update skip locked),
    ${heldSets(sets)},
    r as (${bump(sql`select id from locked`)} and (select count(*) from locked) = ${ids.length} and ${areSetsAsSeen(sets)} returning id, state, revision),
    ${besides(report, worker, emptyDigest)}
    select id, state, revision, ${runNotification(sql`id`)}${tenants} from r`.execute(db)
  return rows.map(({ id, state, revision }) => ({ id, state, revision }))
}

/**
 * Writes a batch, all of it or nothing.
 * @returns the runs as they are now
 * @throws LeaseLost; the control database's errors, after which the same batch may be sent again
 */
export const writeReport = async (db: ControlDb, lease: Lease, worker: string, report: Report, emptyDigest: string): Promise<RunNow[]> => {
  const runs = isPlain(report) ? await writePlain(db, lease, worker, report, emptyDigest) : []
  if (runs.length > 0) return runs
  return db.transaction().execute(async (trx) => {
    await requireLease(trx, lease)
    return writeBatch(trx, lease.serverId, worker, report, emptyDigest)
  })
}

const isHeldNow = sql`held_until > clock_timestamp() and state in ('running', 'pausing', 'cancelling')`

/**
 * The same from the process that started a run and carries its items itself, without a lease.
 * @returns the state that the run has now; null: it was not its to tell any more, and a conductor finds in the histories what was done
 */
export const writeHeldReport = async (
  db: ControlDb,
  run: number,
  serverId: number,
  worker: string,
  report: Report,
  emptyDigest: string,
): Promise<RunState | null> =>
  db.transaction().execute(async (trx) => {
    const { rows } = await sql`select 1 from run where id = ${run} and ${isHeldNow} for update`.execute(trx)
    if (rows.length === 0) return null
    const runs = await writeBatch(trx, serverId, worker, report, emptyDigest)
    return runs.find(({ id }) => id === run)?.state ?? null
  })

/**
 * All items of a held run have succeeded: the same in one statement, the run's end with it.
 * @returns as `writeHeldReport` does
 */
export const writeHeldEnd = async (db: ControlDb, run: number, worker: string, items: readonly ItemReport[], emptyDigest: string): Promise<RunState | null> => {
  const { rows } = await sql<{ state: RunState }>`
    with ${heldSets([run])},
    r as (
      update run set state = case when state = 'cancelling' then 'cancelled' else 'succeeded' end, finished_at = clock_timestamp(), revision = revision + 1
      where id = ${run} and ${isHeldNow} and ${areSetsAsSeen([run])} returning id, state, revision),
    ${besides({ items, attempts: items }, worker, emptyDigest)}
    select state, ${notification({ topic: 'tenants' })}, ${notification({ topic: 'run', id: run })}, ${notification({ topic: 'runs' })} from r`.execute(db)
  return rows[0]?.state ?? null
}
