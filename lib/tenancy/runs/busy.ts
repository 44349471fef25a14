/** Which open runs hold targets that somebody else wants. */
import { sql, type RawBuilder } from 'kysely'
import type { ControlDb } from '../control/db.ts'

type Busy = { readonly run: number; readonly state: string; readonly count: number }

const busiest = async (db: ControlDb, which: RawBuilder<unknown>): Promise<Busy | null> => {
  const { rows } = await sql<Busy>`
    select r.id as run, r.state, count(*) as count
    from run_item i join run r on r.id = i.run_id join target t on t.id = i.target_id
    where i.state in ('pending', 'running', 'interrupted') and not i.reads and ${which}
    group by r.id, r.state order by count(*) desc limit 1`.execute(db)
  return rows[0] ?? null
}

/** Which open run holds most of these targets. */
export const busyRun = (db: ControlDb, targetIds: readonly number[]): Promise<Busy | null> => busiest(db, sql`t.id = any(${[...targetIds]}::bigint[])`)

/** Which open run holds most targets of a set. */
export const busyRunOfSet = (db: ControlDb, setId: number): Promise<Busy | null> => busiest(db, sql`t.set_id = ${setId}`)
