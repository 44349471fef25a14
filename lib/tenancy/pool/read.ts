import { sql } from 'kysely'
import type { PoolView, PoolWait } from '../contract/pool.ts'
import type { SetDetail, SetSummary } from '../contract/views.ts'
import type { Library } from '../context.ts'
import type { ControlDb } from '../control/db.ts'
import { getSet, listSets } from '../migrations/set-reads.ts'
import { conductorFreshSeconds } from '../runs/control.ts'
import { pools, runsAt } from './due.ts'

export type PoolOfSet = PoolView & { readonly set: string }
type Row = Omit<PoolOfSet, 'retryAt' | 'waitsFor'> & {
  readonly retryAt: Date | null
  readonly server: string
  readonly silent: string | null
  readonly runs: readonly number[]
  readonly hasHead: boolean
  readonly hasWorker: boolean
}

/** Of the set as it is now, and not overcome meanwhile. */
const isProblem = sql`(p.ready < p.size and (p.problem_of is null or p.problem_of = p.of))`

/** What the conductor of its server says of this moment, else what the last look at the database met, unless a schema was made there since. */
const silent = sql`coalesce(
      (select regexp_replace(c.waiting_for, '^.*: ', '') from conductor c where c.server_id = d.server_id and c.heartbeat_at > now() - make_interval(secs => ${conductorFreshSeconds})
        and (c.waiting_for like 'the server: %' or c.waiting_for like 'database ' || d.name || ': %')),
      case when not d.reachable and not exists (select from pool_schema c where c.database_id = d.id and c.made_at > d.checked_at) then coalesce(rtrim(d.problem, '.'), 'unreachable') end)`

const waitOf = ({ size, ready, problem, retryAt, server, silent: why, runs, hasHead, hasWorker }: Row): PoolWait | null => {
  // What a set cannot be pooled for is no wait.
  if (ready >= size || (problem !== null && retryAt === null)) return null
  if (!hasHead) return { for: 'migrations' }
  if (why !== null) return { for: 'server', server, problem: why }
  if (runs.length > 0) return { for: 'runs', server, runs }
  return hasWorker ? null : { for: 'worker' }
}

const viewFrom = (row: Row): PoolOfSet => {
  const { set, database, size, ready, building, problem, retryAt } = row
  return { set, database, size, ready, building, problem, retryAt: retryAt?.toISOString() ?? null, waitsFor: waitOf(row) }
}

/** @param only of this set; null: of all */
export const readPools = async (db: ControlDb, only: string | null): Promise<readonly PoolOfSet[]> => {
  const { rows } = await sql<Row>`
    with p as (${pools})
    select s.name as set, d.name as database, p.size, p.ready, p.building, case when ${isProblem} then p.problem end as problem, case when ${isProblem} then p.retry_at end as "retryAt",
      v.name as server, ${silent} as silent, array(${runsAt(sql`d.server_id`)} order by r.id) as runs, p.head is not null as "hasHead",
      exists (select from worker where heartbeat_at > now() - make_interval(secs => ${conductorFreshSeconds})) as "hasWorker"
    from p join migration_set s on s.id = p.set_id join database d on d.id = p.database_id join server v on v.id = d.server_id
    where ${only}::text is null or s.name = ${only} order by s.name, d.name`.execute(db)
  return rows.map(viewFrom)
}

export const viewOf = ({ set: _set, ...view }: PoolOfSet): PoolView => view

export const listSetsWithPools = async (library: Library): Promise<readonly SetSummary[]> => {
  const [sets, found] = await Promise.all([listSets(library), readPools(library.control.db, null)])
  const bySet = Map.groupBy(found, ({ set }) => set)
  return sets.map((set) => ({ ...set, pools: (bySet.get(set.name) ?? []).map(viewOf) }))
}

/** @throws set.unknown */
export const getSetWithPools = async (library: Library, name: string): Promise<SetDetail> => {
  const [set, found] = await Promise.all([getSet(library, name), readPools(library.control.db, name)])
  return { ...set, pools: found.map(viewOf) }
}
