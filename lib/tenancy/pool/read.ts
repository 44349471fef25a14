import { sql } from 'kysely'
import type { PoolView } from '../contract/pool.ts'
import type { SetDetail, SetSummary } from '../contract/views.ts'
import type { Library } from '../context.ts'
import type { ControlDb } from '../control/db.ts'
import { getSet, listSets } from '../migrations/set-reads.ts'
import { pools } from './due.ts'

export type PoolOfSet = PoolView & { readonly set: string }
type Row = Omit<PoolOfSet, 'retryAt'> & { readonly retryAt: Date | null }

/** Of the set as it is now, and not overcome meanwhile. */
const isProblem = sql`(p.ready < p.size and (p.problem_of is null or p.problem_of = p.of))`

/** @param only of this set; null: of all */
export const readPools = async (db: ControlDb, only: string | null): Promise<readonly PoolOfSet[]> => {
  const { rows } = await sql<Row>`
    with p as (${pools})
    select s.name as set, d.name as database, p.size, p.ready, case when ${isProblem} then p.problem end as problem, case when ${isProblem} then p.retry_at end as "retryAt"
    from p join migration_set s on s.id = p.set_id join database d on d.id = p.database_id
    where ${only}::text is null or s.name = ${only} order by s.name, d.name`.execute(db)
  return rows.map((row) => ({ ...row, retryAt: row.retryAt?.toISOString() ?? null }))
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
