import { sql } from 'kysely'
import type { DriftOverview, DriftSet, Shape } from '../../contract/drift.ts'
import type { Facet } from '../../contract/structure.ts'
import type { Library } from '../../context.ts'
import type { ControlDb } from '../../control/db.ts'
import { readAcceptances, readGroups, readShapeFacts, shapeOf, type Group } from './shape-rows.ts'

/** Of a set; more than anybody reads. What is behind them is counted. */
const shapesShown = 200
const daysShown = 30

type SetRow = { readonly id: number; readonly set: string; readonly ignored: readonly Facet[]; readonly trend: DriftSet['trend'] }

const readSets = async (db: ControlDb): Promise<readonly SetRow[]> => {
  const { rows } = await sql<SetRow>`
    select s.id, s.name as set, s.ignored_facets as ignored,
      (select coalesce(jsonb_agg(jsonb_build_object('day', d.day, 'compared', d.compared, 'drifted', d.drifted) order by d.day), '[]') from drift_day d
       where d.set_id = s.id and d.day > current_date - ${daysShown}::integer) as trend
    from migration_set s order by s.name`.execute(db)
  return rows
}

const totalOf = (groups: readonly Group[], state: Group['state']): number =>
  groups.reduce((sum, group) => (group.state === state ? sum + group.tenants : sum), 0)

/** Norms first, then by size. */
const bySize = (a: Group, b: Group): number =>
  Number(b.state === 'norm') - Number(a.state === 'norm') || b.tenants - a.tenants || ((a.shape ?? '') < (b.shape ?? '') ? -1 : 1)

const isShape = (group: Group): group is Group & { readonly shape: string } => group.shape !== null

/** What pages and the command line show of drift, as last worked out: three queries, whatever the number of targets. */
export const driftOverview = async ({ control: { db } }: Pick<Library, 'control'>): Promise<DriftOverview> => {
  const [sets, groups, acceptances] = await Promise.all([readSets(db), readGroups(db, null), readAcceptances(db, null)])
  const ofSet = Map.groupBy(groups, ({ setId }) => setId)
  const shown = new Map(sets.map(({ id }) => [id, (ofSet.get(id) ?? []).filter(isShape).toSorted(bySize).slice(0, shapesShown)]))
  const facts = await readShapeFacts(
    db,
    [...shown.values()].flat().map(({ shape }) => shape),
  )
  return {
    sets: sets.map(({ id, set, ignored, trend }) => {
      const all = ofSet.get(id) ?? []
      const shapes = (shown.get(id) ?? []).flatMap((group): Shape[] => {
        const known = facts.get(`${id} ${group.shape}`)
        return known ? [shapeOf(known, group, acceptances)] : []
      })
      const oldest = all.map(({ oldestAt }) => oldestAt).reduce((first, at) => (at !== null && (first === null || at < first) ? at : first), null)
      const [drifted, accepted, unknown] = [totalOf(all, 'drifted'), totalOf(all, 'accepted'), totalOf(all, 'unknown')]
      return {
        set,
        ignored,
        compared: totalOf(all, 'norm') + drifted + accepted,
        drifted,
        accepted,
        unknown,
        oldestAt: oldest?.toISOString() ?? null,
        shapes,
        hidden: all.filter(isShape).length - shapes.length,
        trend,
      }
    }),
  }
}
