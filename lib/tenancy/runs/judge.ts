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

/** Beside those, of `ta` target and `b` the sighting before the run. */
export const isDifferent = sql<boolean>`${driftState} = 'drifted' and exists (
  select from jsonb_array_elements(x.findings) f where not coalesce(b.findings, '[]') @> jsonb_build_array(jsonb_build_object('key', f -> 'key')))`

/** Before they are looked at again. A target that was looked at since has lost what it was before: then all that differs counts. */
export const keepSightings = async ({ control }: Library, run: number): Promise<void> => {
  await sql`
    update run_item i set seen_before = o.seen_id from run r, observation o join seen_structure x on x.id = o.seen_id
    where i.run_id = ${run} and r.id = i.run_id and o.target_id = i.target_id and i.state = 'succeeded' and i.seen_before is null
      and o.structure_at < r.started_at and x.findings <> '[]'`.execute(control.db)
}

/** Whoever looked at them meanwhile may have died before it was said what they are. */
export const restateSeen = async (library: Library, run: number): Promise<void> => {
  const { db } = library.control
  const { rows } = await sql<{
    id: number
  }>`select distinct t.set_id as id from run_item i join target t on t.id = i.target_id where i.run_id = ${run}`.execute(db)
  const sets = rows.map(({ id }) => id)
  await restateShapes(library, await setsToRestate(db, sets))
}
