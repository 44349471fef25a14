/** What a look brings home, as it is kept: whole or not at all. */
import { sql } from 'kysely'
import type { Library } from '../context.ts'
import type { ControlDb } from '../control/db.ts'
import { notify } from '../control/notify.ts'
import { keepSeen } from '../drift/look/keep-seen.ts'
import type { StructureLook, StructureTarget } from '../drift/look/look-at-structures.ts'
import { emptyDigest } from '../migrations/digest.ts'
import { classify, codeOf } from '../sql/sqlstate.ts'
import { keepRunNumbers } from './run-numbers.ts'

export type ObservedTarget = StructureTarget
export type Row = {
  target_id: number
  version: string | null
  applied: number
  digest: string | null
  version_state: string
  pending: number | null
  remark: string | null
  bytes: number | null
}

const writeTries = 5
const writeRetryMs = 100

/** Conductors write of the same targets: whoever loses a deadlock, or waited for a lock in vain, writes again. */
export const patiently = async (write: () => Promise<void>): Promise<void> => {
  for (let tries = 1; ; tries += 1) {
    try {
      return await write()
    } catch (error) {
      if (tries === writeTries || classify(codeOf(error)) !== 'transient') throw error
      await new Promise((resolve) => setTimeout(resolve, tries * writeRetryMs))
    }
  }
}

/** `lastRun`: the highest number of a run that the histories tell of. */
export type Look = {
  readonly rows: readonly Row[]
  readonly lastRun: number
  readonly connectionsUsed: number
  readonly connectionsOurs: number
  /** null: only versions and sizes were looked at. */
  readonly structures: StructureLook | null
}

/** With structures, where they were looked at, in the same row version. */
const upsert = async (trx: ControlDb, since: Date, rows: readonly Row[], structures: StructureLook | null): Promise<void> => {
  const seen = new Map(structures?.seen.map(({ targetId, structureId }) => [targetId, structureId]))
  const told = rows.map((row) => ({ ...row, structure_id: seen.get(row.target_id) ?? null }))
  await sql`
      insert into observation as o (target_id, observed_at, version, applied, digest, version_state, pending, remark, bytes, bytes_at, seen_id, structure_at, structure_since, structure_after_run)
      select x.target_id, ${since}, x.version, x.applied, x.digest,
        case when p.position is null then case when x.pending is null then x.version_state else 'diverged' end when p.position = h.position then 'at_head' else 'behind' end,
        h.position - p.position, case when p.position is null or x.pending is not null then x.remark end, x.bytes, case when x.bytes is not null then ${since}::timestamptz end,
        now_seen.id, case when now_seen.id is not null then ${since}::timestamptz end,
        case when was.seen_id = now_seen.id then was.structure_since else ${since} end,
        case when was.seen_id = now_seen.id then was.structure_after_run when now_seen.id is not null then (
          select max(i.run_id) from run_item i
          where i.target_id = x.target_id and not i.reads and i.state in ('succeeded', 'failed') and i.finished_at > coalesce(was.structure_at, '-infinity')) end
      from jsonb_to_recordset(${JSON.stringify(told)}::jsonb)
        as x(target_id bigint, version text, applied integer, digest text, version_state text, pending integer, remark text, bytes bigint, structure_id bigint)
      join target t on t.id = x.target_id
      left join migration m on m.set_id = t.set_id and m.prefix_digest = x.digest
      cross join lateral (select case when x.digest = ${emptyDigest} then 0 else m.position end as position) p
      join (select s.id as set_id, coalesce(max(g.position), 0) as position from migration_set s left join migration g on g.set_id = s.id group by s.id) h on h.set_id = t.set_id
      left join seen_structure now_seen on now_seen.set_id = t.set_id and now_seen.database_id = t.database_id and now_seen.digest = x.digest
        and now_seen.server_major = ${structures?.serverMajor ?? 0} and now_seen.structure_id = x.structure_id
      left join observation was on was.target_id = x.target_id
      on conflict (target_id) do update
        set observed_at = excluded.observed_at, version = excluded.version, applied = excluded.applied, digest = excluded.digest, version_state = excluded.version_state,
            pending = excluded.pending, remark = excluded.remark, bytes = coalesce(excluded.bytes, o.bytes), bytes_at = coalesce(excluded.bytes_at, o.bytes_at),
            seen_id = case when excluded.seen_id is null then o.seen_id else excluded.seen_id end,
            structure_at = case when excluded.seen_id is null then o.structure_at else excluded.structure_at end,
            structure_since = case when excluded.seen_id is null then o.structure_since else excluded.structure_since end,
            structure_after_run = case when excluded.seen_id is null then o.structure_after_run else excluded.structure_after_run end
        where o.observed_at <= excluded.observed_at`.execute(trx)
}

/** @param since when the look began: what a conductor reported after that is newer, and stays */
export const writeLook = async (library: Library, databaseId: number, since: Date, { rows, lastRun, structures, ...facts }: Look): Promise<void> => {
  await library.control.db.transaction().execute(async (trx) => {
    // A set that is read again meanwhile says anew where its targets stand: before this, or after.
    await sql`
      select from migration_set where id in (select set_id from target where id = any(${rows.map((row) => row.target_id)}::bigint[])) order by id for share`.execute(
      trx,
    )
    await keepSeen(trx, structures)
    await upsert(trx, since, rows, structures)
    await keepRunNumbers(trx, lastRun)
    await trx
      .updateTable('database')
      .set({
        reachable: true,
        problem: null,
        checked_at: since,
        connections_used: facts.connectionsUsed,
        connections_ours: facts.connectionsOurs,
        connections_at: since,
      })
      .where('id', '=', databaseId)
      .execute()
    await notify(trx, { topic: 'databases' })
    await notify(trx, { topic: 'observations' })
  })
}

/** What was last seen stays, with its time; only that it cannot be seen now is new. */
export const writeUnreachable = async (library: Library, databaseId: number, targets: readonly ObservedTarget[], problem: string): Promise<void> => {
  const ids = targets.map(({ id }) => id)
  await library.control.db.transaction().execute(async (trx) => {
    await sql`
      insert into observation (target_id, observed_at, version_state, remark)
      select id, ${library.clock()}, 'unreachable', ${problem} from unnest(${ids}::bigint[]) id
      on conflict (target_id) do update set version_state = 'unreachable', remark = excluded.remark`.execute(trx)
    await trx.updateTable('database').set({ reachable: false, problem, checked_at: library.clock() }).where('id', '=', databaseId).execute()
    await notify(trx, { topic: 'observations' })
    await notify(trx, { topic: 'databases' })
  })
}

/** It answers, and what was last seen of its targets stays as it is. */
export const writeUnread = async (library: Library, databaseId: number, since: Date, problem: string): Promise<void> => {
  await library.control.db.transaction().execute(async (trx) => {
    await trx.updateTable('database').set({ reachable: true, problem, checked_at: since }).where('id', '=', databaseId).execute()
    await notify(trx, { topic: 'databases' })
  })
}
