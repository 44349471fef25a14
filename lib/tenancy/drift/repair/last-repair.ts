import { sql } from 'kysely'
import type { RepairRun } from '../../contract/drift.ts'
import type { RunState } from '../../contract/states.ts'
import type { ControlDb } from '../../control/db.ts'

/** The newest run that was to lead targets of the shape to its norm, whatever came of it. */
export const readLastRepair = async (db: ControlDb, setId: number, shape: string): Promise<RepairRun | null> => {
  const { rows } = await sql<{ run: number; state: RunState; at: Date }>`
    select id as run, state, coalesce(finished_at, created_at) as at from run
    where kind = 'repair' and set_id = ${setId} and repair ->> 'shape' = ${shape} order by id desc limit 1`.execute(db)
  const [row] = rows
  return row ? { ...row, at: row.at.toISOString() } : null
}
