/** Compares what was not compared yet with the reference that it has now; a pair that was compared once is not compared again. */
import { sql } from 'kysely'
import { setImmediate as breathe } from 'node:timers/promises'
import type { Facet } from '../../contract/structure.ts'
import type { ControlDb } from '../../control/db.ts'
import { compareStructures } from '../compare/compare-structures.ts'
import { driftFormat } from '../format.ts'
import { readStructures } from '../structures.ts'

/**
 * What the newest version beyond its own leads to, of those that are known, for `s` seen_structure: in the same database or another one. A version is known once a
 * target is there; nobody has asked for its migrations to be run before, not even to look.
 */
const laterOf = sql<number | null>`(
  select l.structure_id from reference l join migration g on g.set_id = l.set_id and g.prefix_digest = l.digest
  where l.set_id = s.set_id and l.server_major = s.server_major and l.format = ${driftFormat} and l.structure_id is not null
    and g.position > coalesce((select w.position from migration w where w.set_id = s.set_id and w.prefix_digest = s.digest), 0)
  order by g.position desc, l.database_id <> s.database_id, l.database_id limit 1)`
const comparedWith = sql<string>`(${driftFormat}::text || ':' || r.structure_id || ':' || array_to_string(m.ignored_facets, ',') || ':')`
/** What findings were worked out from, for `s` seen_structure, `r` reference and `m` migration_set. */
export const comparedOf = sql<string>`(${comparedWith} || coalesce(${laterOf}::text, ''))`
/** Findings hold though another version is known since: what that makes of them is told with the next look. Releases before wrote what they compared without that part. */
export const isComparedNow = sql<boolean>`coalesce(starts_with(s.compared || ':', ${comparedWith}), false)`
/** The reference that a sighting is measured by. */
export const isReferenceOf = sql<boolean>`r.set_id = s.set_id and r.database_id = s.database_id and r.digest = s.digest and r.server_major = s.server_major and r.format = ${driftFormat}`

type Due = {
  readonly id: number
  readonly structureId: number
  readonly normId: number
  readonly laterId: number | null
  readonly compared: string
  readonly ignored: readonly Facet[]
}
const pairsAtOnce = 25

const readDue = async (db: ControlDb, setId: number): Promise<Due[]> => {
  const { rows } = await sql<Due>`
    select s.id, s.structure_id as "structureId", r.structure_id as "normId", ${laterOf} as "laterId", ${comparedOf} as compared, m.ignored_facets as ignored
    from seen_structure s join migration_set m on m.id = s.set_id join reference r on ${isReferenceOf} and r.structure_id is not null
    where s.set_id = ${setId} and s.compared is distinct from ${comparedOf} order by s.id limit ${pairsAtOnce}`.execute(db)
  return rows
}

export const compareDue = async (db: ControlDb, setId: number): Promise<void> => {
  for (let due = await readDue(db, setId); due.length > 0; due = await readDue(db, setId)) {
    const structures = await readStructures(db, [
      ...new Set(due.flatMap(({ structureId, normId, laterId }) => [structureId, normId, ...(laterId === null ? [] : [laterId])])),
    ])
    const rows: object[] = []
    for (const { id, structureId, normId, laterId, compared, ignored } of due) {
      const [norm, seen] = [structures.get(normId), structures.get(structureId)]
      const later = laterId === null ? null : structures.get(laterId)
      rows.push({ id, compared, findings: norm && seen && normId !== structureId ? compareStructures(norm, seen, ignored, later) : [] })
      await breathe()
    }
    await sql`
      update seen_structure s set compared = x.compared, findings = x.findings
      from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as x(id bigint, compared text, findings jsonb) where s.id = x.id`.execute(db)
  }
}
