/** Targets that a run was applied to, and that are not what their version's migrations make: told as it is known now, so that a repair since leaves nothing to tell. */
import { sql } from 'kysely'
import type { DifferentShape, RunDetail } from '../contract/views.ts'
import type { ControlDb } from '../control/db.ts'
import { isSeenNow } from '../registry/tenant-filter.ts'

const targetsShown = 20
const shapesShown = 20
const tenantsNamed = 5
const sentencesShown = 3

const slug = sql`coalesce(t.slug, i.tenant_slug)`
const source = sql`
  run_item i left join tenant t on t.id = i.tenant_id left join observation o on o.target_id = i.target_id left join seen_structure x on ${isSeenNow} and x.state = 'drifted'`

/** One by one, by slug. */
export const readDiffering = async (db: ControlDb, run: number): Promise<RunDetail['differing']> => {
  const { rows } = await sql<RunDetail['differing'][number]>`
    select ${slug} as slug, x.shape, coalesce(array(select f ->> 'sentence' from jsonb_array_elements(x.findings) f limit ${sentencesShown}), '{}') as sentences
    from ${source} where i.run_id = ${run} and i.differs order by 1 limit ${targetsShown}`.execute(db)
  return rows
}

/** All of them by shape, the largest first; those that differ no longer last. */
export const readDifferentShapes = async (db: ControlDb, run: number): Promise<readonly DifferentShape[]> => {
  const { rows } = await sql<DifferentShape>`
    with alike as (
      select x.shape, min(x.letter) as letter, min(x.id) as seen, count(*)::int as targets, (array_agg(${slug} order by ${slug}))[1:${sql.raw(String(tenantsNamed))}] as tenants
      from ${source} where i.run_id = ${run} and i.differs group by x.shape)
    select a.shape, a.letter, a.targets, a.tenants, coalesce(jsonb_array_length(s.findings), 0) as differences,
      coalesce(array(select f ->> 'sentence' from jsonb_array_elements(s.findings) f limit ${sentencesShown}), '{}') as sentences
    from alike a left join seen_structure s on s.id = a.seen order by a.shape is null, a.targets desc, a.shape limit ${shapesShown}`.execute(db)
  return rows
}
