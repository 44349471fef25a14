/** Since when targets show what differs in them, finding by finding: what somebody did by hand stays theirs, whatever is migrated or repaired around it. */
import { sql } from 'kysely'
import type { FindingSince } from '../../contract/drift.ts'
import type { ControlDb } from '../../control/db.ts'

/** Of `o` observation and `x` its sighting, where that is compared and holds now. */
const isKnown = sql`o.seen_id = x.id and o.digest = x.digest and x.norm_id is not null`

const shown = (setId: number) => sql`
  select o.target_id, f ->> 'key' as finding, o.structure_since as since, o.structure_after_run as after_run
  from seen_structure x join observation o on ${isKnown} cross join lateral jsonb_array_elements(x.findings) f
  where x.set_id = ${setId} and x.findings <> '[]'`

/**
 * After the set was compared. What a target shows for the first time is since its structure is as it is; what it shows no longer is forgotten, and nothing of what
 * nobody can say. Its structure is as it is since the newest of its findings.
 */
export const keepFindingSince = async (trx: ControlDb, setId: number): Promise<void> => {
  await sql`
    insert into finding_since (target_id, finding, since, after_run)
    select s.target_id, s.finding, coalesce(s.since, now()), s.after_run from (${shown(setId)}) s
    where not exists (select from finding_since k where k.target_id = s.target_id and k.finding = s.finding)
    order by 1, 2 on conflict do nothing`.execute(trx)
  await sql`
    delete from finding_since k using target t, observation o, seen_structure x
    where t.set_id = ${setId} and k.target_id = t.id and o.target_id = t.id and ${isKnown}
      and not x.findings @> jsonb_build_array(jsonb_build_object('key', k.finding))`.execute(trx)
  // In the order in which looks and conductors write them.
  await sql`
    with newest as (
      select distinct on (s.target_id) s.target_id, k.since, k.after_run
      from (${shown(setId)}) s join finding_since k on k.target_id = s.target_id and k.finding = s.finding
      order by s.target_id, k.since desc, k.finding),
    due as (
      select o.target_id, n.since, n.after_run from newest n join observation o on o.target_id = n.target_id
      where (o.structure_since, o.structure_after_run) is distinct from (n.since, n.after_run) order by o.target_id for update of o)
    update observation o set structure_since = d.since, structure_after_run = d.after_run from due d where o.target_id = d.target_id`.execute(trx)
}

type Row = { readonly finding: string; readonly since: Date; readonly afterRun: number | null }

const told = (rows: readonly Row[]): Readonly<Record<string, FindingSince>> =>
  Object.fromEntries(rows.map(({ finding, since, afterRun }) => [finding, { since: since.toISOString(), afterRun }]))

/** By finding: where it was seen first among the shape's targets. */
export const sinceOfShape = async (db: ControlDb, setId: number, shape: string): Promise<Readonly<Record<string, FindingSince>>> => {
  const { rows } = await sql<Row>`
    select distinct on (k.finding) k.finding, k.since, k.after_run as "afterRun"
    from seen_structure x join observation o on o.seen_id = x.id and o.digest = x.digest join finding_since k on k.target_id = o.target_id
    where x.set_id = ${setId} and x.shape = ${shape} order by k.finding, k.since`.execute(db)
  return told(rows)
}

/** By set and finding, of one tenant's targets. */
export const sinceOfTenant = async (db: ControlDb, tenantId: number): Promise<ReadonlyMap<number, Readonly<Record<string, FindingSince>>>> => {
  const { rows } = await sql<Row & { setId: number }>`
    select p.set_id as "setId", k.finding, k.since, k.after_run as "afterRun" from placement p join finding_since k on k.target_id = p.target_id
    where p.tenant_id = ${tenantId}`.execute(db)
  return new Map([...Map.groupBy(rows, ({ setId }) => setId)].map(([setId, list]) => [setId, told(list)]))
}
