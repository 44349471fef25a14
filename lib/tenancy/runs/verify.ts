import { sql } from 'kysely'
import type { Library } from '../context.ts'
import type { RunKind, RunState } from '../contract/states.ts'
import { readInstallation } from '../control/installation.ts'
import { notify } from '../control/notify.ts'
import { analyzeCatalogs } from '../observation/analyze-catalogs.ts'
import { isSeenNow } from '../registry/tenant-filter.ts'
import { observeDatabase } from '../observation/observe.ts'
import { conductLimits } from './conduct/limits.ts'
import { isCompared, isDifferent, restateSeen } from './judge.ts'
import { beginRunSpan, endSpan, runSpanIds } from '../tracing.ts'

/** Finished runs whose histories were not read back yet; older ones are history themselves. */
export const runsToVerify = async ({ control }: Library): Promise<number[]> => {
  const { rows } = await sql<{ id: number }>`
    select id from run where finished_at > now() - interval '1 day' and verified_at is null and kind <> 'report' and state in ('succeeded', 'failed', 'cancelled') order by id`.execute(
    control.db,
  )
  return rows.map(({ id }) => id)
}

type Verified = {
  readonly state: RunState
  readonly targets: number
  readonly mismatches: number
  readonly different: number
  readonly kind: RunKind
  readonly startedAt: Date | null
  readonly finishedAt: Date
}

/** The run as a whole, over all of its servers: here one process knows when it began and ended. */
const traceRun = async ({ control }: Library, run: number, { kind, state, startedAt, finishedAt }: Verified): Promise<void> => {
  const ids = runSpanIds(await readInstallation(control.db), run)
  const attributes = { 'tenantry.run': run, 'tenantry.kind': kind, 'tenantry.state': state }
  endSpan(beginRunSpan(ids, attributes, startedAt ?? finishedAt), null, finishedAt.getTime())
}

/** Databases of which the run changed so many targets that the planner must hear of it, and has not yet: reading back comes after. */
const changedMuch = async ({ control }: Library, run: number, analyzeAfter: number): Promise<number[]> => {
  const { rows } = await sql<{ id: number }>`
    select t.database_id as id from run_item i join run r on r.id = i.run_id join target t on t.id = i.target_id left join observation o on o.target_id = t.id
    where i.run_id = ${run} and i.state = 'succeeded' and r.verified_at is null
    group by t.database_id having count(*) >= ${analyzeAfter} and bool_and(o.observed_at is null or o.observed_at < r.finished_at) order by t.database_id`.execute(
    control.db,
  )
  return rows.map(({ id }) => id)
}

/** What keeps a structure from being read is mostly a lock that is held for a moment. */
const looks = 2
const nextLookMs = 1_000

/** Targets that nobody has looked at since the run ended, nor since the run was done with them; with a later look only those whose history was read and whose structure was not. */
const readUnseen = async ({ control }: Library, run: number, look: number): Promise<Array<{ databaseId: number; targets: number[] }>> => {
  const { rows } = await sql<{ databaseId: number; targets: number[] }>`
    select t.database_id as "databaseId", array_agg(t.id) as targets
    from run_item i join run r on r.id = i.run_id join target t on t.id = i.target_id left join observation o on o.target_id = t.id left join seen_structure x on ${isSeenNow}
    where i.run_id = ${run} and (o.structure_at >= r.finished_at and o.observed_at >= r.finished_at) is not true and (${isCompared}) is not true
      and (${look}::integer = 1 or (i.state = 'succeeded' and o.observed_at >= r.finished_at and o.digest is not null))
    group by t.database_id`.execute(control.db)
  return rows
}

const lookAgain = async (library: Library, run: number): Promise<void> => {
  for (let look = 1; look <= looks; look += 1) {
    const unseen = await readUnseen(library, run, look)
    if (unseen.length === 0) return
    if (look > 1) await new Promise((resolve) => setTimeout(resolve, nextLookMs))
    for (const { databaseId, targets } of unseen) await observeDatabase(library, databaseId, targets.map(Number), undefined, 'due')
  }
}

/**
 * Looks at the targets of a finished run again, independently of what its conductors said, and notes how many of the succeeded ones do not hold what the run
 * recorded for them, and which of them are not what their version's migrations make. Databases of which it changed much get new statistics of their catalogs first. Nothing is noted before each of those was read: what is out of reach is no mismatch.
 * What was compared while the run went on, after it was done with a target, is not looked at again.
 * A structure that nobody could read since keeps nothing from being noted, and is not said to be different: what was seen before says nothing about the run.
 * @returns whether all were read; else another call reads what is left
 */
export const verifyRun = async (library: Library, run: number, { analyzeAfter } = conductLimits): Promise<boolean> => {
  const { db } = library.control
  for (const databaseId of await changedMuch(library, run, analyzeAfter)) await analyzeCatalogs(library, databaseId)
  await lookAgain(library, run)
  await restateSeen(library, run)
  const verified = await db.transaction().execute(async (trx) => {
    const noted = await sql<Verified>`
      with seen as (
        select i.run_id, i.position, o.observed_at >= r.finished_at or ${isCompared} as is_read,
          i.differs or coalesce((o.structure_at >= r.finished_at or ${isCompared}) and ${isDifferent}, false) as is_different,
          coalesce((select (m ->> 'position')::integer from jsonb_array_elements(r.migrations) m where m ->> 'version' = coalesce(i.options ->> 'baseline', r.to_version)), 0) as expected,
          coalesce(
            (select (m ->> 'position')::integer from jsonb_array_elements(r.migrations) m where m ->> 'prefixDigest' = o.digest), g.position,
            case when o.version_state = 'ahead' then o.applied end, 0) as actual
        from run_item i join run r on r.id = i.run_id join target ta on ta.id = i.target_id
        left join observation o on o.target_id = i.target_id left join migration g on g.set_id = ta.set_id and g.prefix_digest = o.digest
        left join seen_structure x on ${isSeenNow}
        where i.run_id = ${run} and i.state = 'succeeded'),
      marked as (
        update run_item i set differs = true, revision = r.revision + 1 from seen s, run r
        where s.is_different and not i.differs and i.run_id = s.run_id and i.position = s.position and r.id = i.run_id and not exists (select from seen where is_read is not true))
      update run set verified_at = now(), verified_targets = (select count(*) from seen), verified_mismatches = (select count(*) from seen where actual < expected),
        verified_different = (select count(*) from seen where is_different), revision = revision + 1
      where id = ${run} and not exists (select from seen where is_read is not true)
      returning state, verified_targets as targets, verified_mismatches as mismatches, verified_different as different, kind, started_at as "startedAt", finished_at as "finishedAt"`.execute(
      trx,
    )
    if (noted.rows.length > 0) await notify(trx, { topic: 'run', id: run })
    return noted.rows[0]
  })
  if (!verified) return false
  const { state, targets, mismatches, different } = verified
  library.logger.info({ run, state, targets, mismatches, different }, 'run.verified')
  await traceRun(library, run, verified)
  return true
}
