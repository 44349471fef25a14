/** One shape, and one tenant's targets, with what differs. */
import { sql } from 'kysely'
import type { ShapeDetail, TargetDrift } from '../../contract/drift.ts'
import type { Structure } from '../../contract/structure.ts'
import type { Library } from '../../context.ts'
import { TenancyError } from '../../errors.ts'
import { driftState, isSeenNow } from '../../registry/tenant-filter.ts'
import { changesOfShape, changesOfTenant } from '../notes/changes.ts'
import { ddlOf } from '../compare/ddl.ts'
import { readStructures } from '../structures.ts'
import { sinceOfShape, sinceOfTenant } from './finding-since.ts'
import { plainAcceptance, readAcceptances, readGroups, readShapeFacts, severityShown, shapeOf, withAcceptances, type ShapeFacts } from './shape-rows.ts'

type Db = Pick<Library, 'control'>

export const findDriftSet = async ({ control: { db } }: Db, set: string) => {
  const row = await db.selectFrom('migration_set').select(['id', 'ignored_facets as ignored']).where('name', '=', set).executeTakeFirst()
  if (!row) throw new TenancyError('set.unknown', { set })
  return row
}

type Pair = { readonly facts: ShapeFacts; readonly seen: Structure; readonly norm: Structure | null }

export const readPair = async ({ control: { db } }: Db, setId: number, set: string, shape: string): Promise<Pair> => {
  const facts = (await readShapeFacts(db, [shape])).get(`${setId} ${shape}`)
  const structures = facts ? await readStructures(db, [facts.structureId, ...(facts.normId === null ? [] : [facts.normId])]) : null
  const seen = facts && structures?.get(facts.structureId)
  if (!facts || !seen) throw new TenancyError('drift.shape_unknown', { set, shape })
  return { facts, seen, norm: facts.normId === null ? null : (structures?.get(facts.normId) ?? null) }
}

/** @throws set.unknown, drift.shape_unknown */
export const shapeDetail = async (library: Db, set: string, shape: string): Promise<ShapeDetail> => {
  const { db } = library.control
  const { id, ignored } = await findDriftSet(library, set)
  const [{ facts, seen, norm }, groups, acceptances, changes, since] = await Promise.all([
    readPair(library, id, set, shape),
    readGroups(db, id),
    readAcceptances(db, id),
    changesOfShape(db, id, shape),
    sinceOfShape(db, id, shape),
  ])
  const group = groups.find((one) => one.shape === shape)
  // Nobody has it any more: it is told no longer.
  if (!group) throw new TenancyError('drift.shape_unknown', { set, shape })
  return {
    ...shapeOf(facts, group, acceptances),
    ignored,
    since,
    ddl: { norm: norm && ddlOf(norm), shape: ddlOf(seen) },
    acceptances: acceptances.map(plainAcceptance),
    changes,
  }
}

type TargetRow = {
  readonly set: string
  readonly setId: number
  readonly state: TargetDrift['state']
  readonly shape: string | null
  readonly letter: string | null
  readonly findings: ShapeFacts['findings'] | null
  readonly uncompared: readonly string[] | null
  readonly problem: string | null
  readonly lookedAt: Date | null
  readonly since: Date | null
  readonly afterRun: number | null
  readonly remark: string | null
}

const whyUnknown = ({ shape, problem, lookedAt, remark }: TargetRow): string | null => {
  if (shape !== null) return problem
  if (lookedAt === null) return remark ?? 'Its structure has not been looked at yet.'
  return remark ?? 'Its migrations have changed since its structure was looked at; the next look compares it again.'
}

/** @throws tenant.unknown */
export const targetDrift = async ({ control: { db } }: Db, slug: string): Promise<readonly TargetDrift[]> => {
  const tenant = await db.selectFrom('tenant').select('id').where('slug', '=', slug).executeTakeFirst()
  if (!tenant) throw new TenancyError('tenant.unknown', { slug })
  const { rows } = await sql<TargetRow>`
    select s.name as set, p.set_id as "setId", ${driftState} as state, x.shape, x.letter, x.findings, st.uncompared, x.problem, o.structure_at as "lookedAt",
      o.structure_since as since, o.structure_after_run as "afterRun", o.remark
    from placement p join target ta on ta.id = p.target_id join migration_set s on s.id = p.set_id
    left join observation o on o.target_id = ta.id left join seen_structure x on ${isSeenNow}
    left join structure st on st.id = x.structure_id
    where p.tenant_id = ${tenant.id} order by s.name`.execute(db)
  const [acceptances, changes, since] = await Promise.all([readAcceptances(db, null), changesOfTenant(db, tenant.id), sinceOfTenant(db, tenant.id)])
  return rows.map((row) => {
    const findings = withAcceptances(
      row.findings ?? [],
      acceptances.filter(({ setId }) => setId === row.setId),
    )
    return {
      set: row.set,
      state: row.state,
      shape: row.shape,
      letter: row.letter,
      severity: severityShown(findings),
      findings,
      uncompared: row.uncompared ?? [],
      lookedAt: row.lookedAt?.toISOString() ?? null,
      since: row.since?.toISOString() ?? null,
      afterRun: row.afterRun,
      findingsSince: since.get(row.setId) ?? {},
      problem: whyUnknown(row),
      changes: changes.get(row.setId) ?? [],
    }
  })
}
