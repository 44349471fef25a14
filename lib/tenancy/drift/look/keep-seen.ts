import { sql } from 'kysely'
import type { ControlDb } from '../../control/db.ts'
import { keepFromPruning } from '../structures.ts'
import type { StructureLook } from './look-at-structures.ts'

/** A row for each structure that was seen at a version, before targets point to it in the same transaction. */
export const keepSeen = async (trx: ControlDb, look: StructureLook | null): Promise<void> => {
  if (look === null || look.seen.length === 0) return
  const rows = new Map(
    look.seen.map(({ setId, digest, version, structureId }) => [
      `${setId} ${digest} ${structureId}`,
      { set_id: setId, digest, version, structure_id: structureId },
    ]),
  )
  await sql`select ${keepFromPruning}`.execute(trx)
  await sql`
    insert into seen_structure (set_id, database_id, server_major, digest, version, structure_id)
    select x.set_id, ${look.databaseId}, ${look.serverMajor}, x.digest, x.version, x.structure_id
    from jsonb_to_recordset(${JSON.stringify([...rows.values()])}::jsonb) as x(set_id bigint, digest text, version text, structure_id bigint)
    order by x.set_id, x.digest, x.structure_id
    on conflict (set_id, database_id, digest, server_major, structure_id) do nothing`.execute(trx)
}
