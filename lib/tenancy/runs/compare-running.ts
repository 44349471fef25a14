/** Compares what a rollout has settled while it goes on, stage by stage: what is applied but different counts against its tolerance before all of it is done. */
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import type { Library } from '../context.ts'
import { notify } from '../control/notify.ts'
import { LookCancelled, observeDatabase } from '../observation/observe.ts'
import { isSeenNow } from '../registry/tenant-filter.ts'
import type { ConductLimits } from './conduct/limits.ts'
import { lockRuns, stopAtTolerance } from './conduct/report.ts'
import { isCompared, isDifferent, restateSeen } from './judge.ts'

export type ComparePace = Pick<ConductLimits, 'compareFirst' | 'compareAtOnce' | 'compareAfterMs' | 'compareEveryMs'>

/** A stage takes its part of a small machine: a tenth of the time, no more. */
const restForEach = 9
const askMs = 1_000

/** Rollouts that go on for long enough that the rest of them can still be stopped. */
export const runsToCompare = async ({ control }: Library, { compareAfterMs }: ComparePace): Promise<number[]> => {
  const { rows } = await sql<{ id: number }>`
    select id from run where state = 'running' and kind = 'migrate' and started_at <= now() - make_interval(secs => ${compareAfterMs / 1000}::double precision) order by id`.execute(
    control.db,
  )
  return rows.map(({ id }) => id)
}

type Stage = {
  readonly isRunning: boolean
  readonly ageMs: number
  readonly found: number
  readonly databases: ReadonlyArray<{ id: number; targets: number[] }>
}

/** Those that wait longest for a look come first, so that one that cannot be read holds up no other. */
const readStage = async ({ control }: Library, run: number, most: number): Promise<Stage> => {
  const { rows } = await sql<Stage>`
    select r.state = 'running' as "isRunning", (extract(epoch from now() - r.started_at) * 1000)::float8 as "ageMs",
      coalesce(s.found, 0)::int as found, coalesce(s.databases, '[]') as databases
    from run r cross join lateral (
      select sum(cardinality(targets)) as found, jsonb_agg(jsonb_build_object('id', id, 'targets', targets) order by id) as databases from (
        select database_id as id, array_agg(target_id) as targets from (
          select t.database_id, t.id as target_id
          from run_item i join target t on t.id = i.target_id left join observation o on o.target_id = t.id left join seen_structure x on ${isSeenNow}
          where i.run_id = r.id and i.state = 'succeeded' and (${isCompared}) is not true
          order by o.structure_at >= r.started_at nulls first, o.observed_at nulls first, i.position limit ${most}) one
        group by 1) each) s
    where r.id = ${run}`.execute(control.db)
  return rows[0] ?? { isRunning: false, ageMs: 0, found: 0, databases: [] }
}

/** All of the run that was looked at, also by a process that died before it said so. */
const mark = async ({ control: { db }, logger }: Library, run: number): Promise<void> => {
  const stopped = await db.transaction().execute(async (trx) => {
    await lockRuns(trx, [run])
    const { rows } = await sql<{ position: number }>`
      with found as (
        select i.position from run_item i join run r on r.id = i.run_id join target ta on ta.id = i.target_id join observation o on o.target_id = ta.id
        join seen_structure x on ${isSeenNow}
        where i.run_id = ${run} and not i.differs and ${isCompared} and ${isDifferent}),
      bumped as (update run set revision = revision + 1 where id = ${run} and exists (select from found) returning revision)
      update run_item i set differs = true, revision = bumped.revision from found, bumped where i.run_id = ${run} and i.position = found.position returning i.position`.execute(
      trx,
    )
    if (rows.length === 0) return false
    logger.warn({ run, different: rows.length }, 'run.different')
    const isStopped = await stopAtTolerance(trx, [run])
    await notify(trx, { topic: 'run', id: run })
    if (isStopped) await notify(trx, { topic: 'runs' })
    return isStopped
  })
  if (stopped) logger.warn({ run }, 'run.stopped_different')
}

const compareStage = async (library: Library, run: number, { databases }: Stage, signal: AbortSignal): Promise<void> => {
  for (const { id, targets } of databases) {
    if (signal.aborted) return
    try {
      await observeDatabase(library, id, targets, undefined, 'due', signal)
    } catch (error) {
      // What was not whole is looked at again by whoever follows next.
      if (signal.aborted && error instanceof LookCancelled) return
      throw error
    }
  }
  await restateSeen(library, run)
  await mark(library, run)
}

/** A few settled soon tell of a migration that goes wrong everywhere; of a slow one, whatever there is after a while. */
const isDue = ({ found, ageMs }: Stage, isFirst: boolean, { compareFirst, compareEveryMs }: ComparePace): boolean =>
  found > 0 && (!isFirst || found >= compareFirst || ageMs >= compareEveryMs)

/** To find what there is to compare takes its time as well, also where the answer is: nothing. */
export const restAfter = (tookMs: number, hasCompared: boolean, { compareEveryMs }: Pick<ComparePace, 'compareEveryMs'>): number =>
  Math.max(hasCompared ? compareEveryMs : 0, tookMs * restForEach)

/**
 * Follows a run for as long as it goes on; one process at a time.
 * @throws the control database's errors: whoever follows next begins where this one ended
 */
export const compareWhileRunning = async (library: Library, run: number, pace: ComparePace, signal: AbortSignal): Promise<void> => {
  await restateSeen(library, run)
  await mark(library, run)
  let isFirst = true
  let nextAt = 0
  for (;;) {
    const began = performance.now()
    const isTime = began >= nextAt
    const stage = await readStage(library, run, !isTime ? 0 : isFirst ? pace.compareFirst : pace.compareAtOnce)
    if (!stage.isRunning || signal.aborted) return
    if (isTime) {
      const isNow = isDue(stage, isFirst, pace)
      if (isNow) await compareStage(library, run, stage, signal)
      const endedAt = performance.now()
      nextAt = endedAt + restAfter(endedAt - began, isNow, pace)
      isFirst &&= !isNow
    }
    await sleep(askMs, undefined, { signal }).catch(() => {})
  }
}
