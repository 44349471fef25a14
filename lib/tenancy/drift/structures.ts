/** Structures as they are kept: by their content, once. */
import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import { facets, type Fingerprints, type Structure } from '../contract/structure.ts'
import type { ControlDb } from '../control/db.ts'
import { fingerprintsOf } from './fingerprint.ts'
import { driftFormat } from './format.ts'

const sha256 = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex')

const wholeFingerprint = (fingerprints: Fingerprints, { uncompared }: Structure): string =>
  sha256(JSON.stringify([facets.map((facet) => fingerprints[facet]), uncompared]))

/** Equal for structures that differ in nothing but facets that are left out. */
export const comparedFingerprint = (fingerprints: Fingerprints, ignored: readonly string[]): string =>
  sha256(facets.flatMap((facet) => (ignored.includes(facet) ? [] : [`${facet}:${fingerprints[facet]}`])).join(','))

/** @returns the structure's id */
export const keepStructure = async (db: ControlDb, structure: Structure): Promise<number> => {
  const fingerprints = fingerprintsOf(structure)
  const fingerprint = wholeFingerprint(fingerprints, structure)
  // Who comes second waits for the first, and finds its row; one that was nobody's is not pruned now.
  const { rows } = await sql<{ id: number }>`
    insert into structure (fingerprint, facets, objects, uncompared)
    values (${fingerprint}, ${JSON.stringify(fingerprints)}, ${JSON.stringify(structure.objects)}, ${JSON.stringify(structure.uncompared)})
    on conflict (fingerprint) do update set made_at = now() returning id`.execute(db)
  const [row] = rows
  if (!row) throw new Error('the structure was not kept')
  return row.id
}

export const readStructures = async (db: ControlDb, ids: readonly number[]): Promise<Map<number, Structure>> => {
  if (ids.length === 0) return new Map()
  const rows = await db
    .selectFrom('structure')
    .select(['id', 'objects', 'uncompared'])
    .where('id', 'in', [...ids])
    .execute()
  return new Map(rows.map(({ id, ...structure }) => [id, structure]))
}

/** Shared by who writes that something was seen, alone for who takes away what nobody sees any more. */
const pruning = sql`hashtext('tenantry:drift:prune')`
export const keepFromPruning = sql`pg_advisory_xact_lock_shared(${pruning})`

/** How long links to a shape go on telling what it was. */
const daysRemembered = 90

/** A structure that nothing has stood for since yesterday is nobody's any more; a trace that was not met for a month neither. */
export const pruneStructures = async (db: ControlDb): Promise<void> => {
  await db.transaction().execute(async (trx) => {
    await sql`select pg_advisory_xact_lock(${pruning})`.execute(trx)
    await sql`delete from structure_trace where used_on < current_date - 30 or format <> ${driftFormat}`.execute(trx)
    await sql`delete from shape_last_seen where seen_at < now() - make_interval(days => ${daysRemembered}::integer)`.execute(trx)
    await sql`delete from reference where format <> ${driftFormat}`.execute(trx)
    await sql`delete from seen_structure s where not exists (select from observation o where o.seen_id = s.id)`.execute(trx)
    await sql`
      delete from structure s where made_at < now() - interval '1 day'
        and not exists (select from structure_trace t where t.structure_id = s.id) and not exists (select from reference r where r.structure_id = s.id)
        and not exists (select from seen_structure x where x.structure_id = s.id or x.norm_id = s.id)
        and not exists (select from run r where r.norm_id = s.id)`.execute(trx)
  })
}
