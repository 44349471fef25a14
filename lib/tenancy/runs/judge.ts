/** Which targets of a run hold a structure that its migrations do not make; what was so before is not the run's. */
import { sql } from 'kysely'
import type { Library } from '../context.ts'
import { restateShapes, setsToRestate } from '../drift/shapes/restate.ts'
import { driftState } from '../registry/tenant-filter.ts'

/**
 * Of `i` run_item, `r` run, `o` observation, `x` the sighting that holds now: its structure was read after a rollout was done with it. Nobody's clock but the
 * control database's is asked: before that, its history was not what the run leads to.
 */
export const isCompared = sql<boolean>`r.kind = 'migrate' and i.state = 'succeeded' and o.structure_at >= r.started_at
  and x.digest = (select m ->> 'prefixDigest' from jsonb_array_elements(r.migrations) m where m ->> 'version' = r.to_version)`

/** Beside those, of `ta` target: a finding that was not there before the run. */
export const isDifferent = sql<boolean>`${driftState} = 'drifted' and exists (
  select from jsonb_array_elements(x.findings) f where not exists (
    select from finding_since k where k.target_id = i.target_id and k.finding = f ->> 'key' and k.since < r.started_at))`

/** Whoever looked at them meanwhile may have died before it was said what they are. */
export const restateSeen = async (library: Library, run: number): Promise<void> => {
  const { db } = library.control
  const { rows } = await sql<{
    id: number
  }>`select distinct t.set_id as id from run_item i join target t on t.id = i.target_id where i.run_id = ${run}`.execute(db)
  const sets = rows.map(({ id }) => id)
  await restateShapes(library, await setsToRestate(db, sets))
}
