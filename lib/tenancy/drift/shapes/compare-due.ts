/** Compares what was not compared yet with the reference that it has now; a pair that was compared once is not compared again. */
import { sql } from 'kysely'
import { setImmediate as breathe } from 'node:timers/promises'
import type { Facet } from '../../contract/structure.ts'
import type { ControlDb } from '../../control/db.ts'
import { compareStructures } from '../compare/compare-structures.ts'
import { driftFormat } from '../format.ts'
import { readStructures } from '../structures.ts'

/**
 * What the set's last migration leads to, for `s` seen_structure: in the same database or another one. It is known once a target is there; nobody has asked for that
 * migration to be run before, not even to look.
 */
const headOf = sql<number | null>`(
  select h.structure_id from reference h join migration g on g.set_id = h.set_id and g.prefix_digest = h.digest
  where h.set_id = s.set_id and h.server_major = s.server_major and h.format = ${driftFormat} and h.structure_id is not null
    and g.position = (select max(l.position) from migration l where l.set_id = s.set_id)
  order by h.database_id <> s.database_id, h.database_id limit 1)`
const comparedWith = sql<string>`(${driftFormat}::text || ':' || r.structure_id || ':' || array_to_string(m.ignored_facets, ',') || ':')`
/** What findings were worked out from, for `s` seen_structure, `r` reference and `m` migration_set. */
export const comparedOf = sql<string>`(${comparedWith} || coalesce(${headOf}::text, ''))`
/** Findings hold though the set has another head since: what that makes of them is told with the next look. */
export const isComparedNow = sql<boolean>`coalesce(starts_with(s.compared, ${comparedWith}), false)`
/** The reference that a sighting is measured by. */
export const isReferenceOf = sql<boolean>`r.set_id = s.set_id and r.database_id = s.database_id and r.digest = s.digest and r.server_major = s.server_major and r.format = ${driftFormat}`

type Due = {
  readonly id: number
  readonly structureId: number
  readonly normId: number
  readonly headId: number | null
  readonly compared: string
  readonly ignored: readonly Facet[]
}
const pairsAtOnce = 25

const readDue = async (db: ControlDb, setId: number): Promise<Due[]> => {
  const { rows } = await sql<Due>`
    select s.id, s.structure_id as "structureId", r.structure_id as "normId", ${headOf} as "headId", ${comparedOf} as compared, m.ignored_facets as ignored
    from seen_structure s join migration_set m on m.id = s.set_id join reference r on ${isReferenceOf} and r.structure_id is not null
    where s.set_id = ${setId} and s.compared is distinct from ${comparedOf} order by s.id limit ${pairsAtOnce}`.execute(db)
  return rows
}

export const compareDue = async (db: ControlDb, setId: number): Promise<void> => {
  for (let due = await readDue(db, setId); due.length > 0; due = await readDue(db, setId)) {
    const structures = await readStructures(db, [
      ...new Set(due.flatMap(({ structureId, normId, headId }) => [structureId, normId, ...(headId === null ? [] : [headId])])),
    ])
    const rows: object[] = []
    for (const { id, structureId, normId, headId, compared, ignored } of due) {
      const [norm, seen] = [structures.get(normId), structures.get(structureId)]
      const head = headId === null ? null : structures.get(headId)
      rows.push({ id, compared, findings: norm && seen && normId !== structureId ? compareStructures(norm, seen, ignored, head) : [] })
      await breathe()
    }
    await sql`
      update seen_structure s set compared = x.compared, findings = x.findings
      from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as x(id bigint, compared text, findings jsonb) where s.id = x.id`.execute(db)
  }
}
