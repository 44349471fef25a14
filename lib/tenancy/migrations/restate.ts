import { sql } from 'kysely'
import type { ControlDb } from '../control/db.ts'
import { emptyDigest } from './digest.ts'

/**
 * Says anew where the targets of a set stand after the set itself changed: a target that was at head is behind when a migration was added.
 * Those whose history left the track keep their state until they are looked at again.
 */
export const restateObservations = async (trx: ControlDb, setId: number): Promise<void> => {
  await sql`
    with head as (select coalesce(max(position), 0) as position from migration where set_id = ${setId}),
    stand as (
      select o.target_id, case when o.digest = ${emptyDigest} then 0 else m.position end as position
      from observation o
      join target t on t.id = o.target_id and t.set_id = ${setId}
      left join migration m on m.set_id = ${setId} and m.prefix_digest = o.digest
      where o.digest is not null and o.version_state <> 'unreachable')
    update observation o
    set version_state = case when s.position = head.position then 'at_head' else 'behind' end,
        pending = head.position - s.position,
        remark = case when o.version_state in ('ahead', 'diverged') then null else o.remark end
    from stand s, head
    where o.target_id = s.target_id and s.position is not null`.execute(trx)
}
