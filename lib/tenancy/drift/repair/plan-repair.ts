/** What leads the targets of a shape to their norm, frozen from what was last seen of them. */
import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import type { Repair, ShapeRepair } from '../../contract/drift.ts'
import type { Structure } from '../../contract/structure.ts'
import type { Library } from '../../context.ts'
import type { ControlDb } from '../../control/db.ts'
import type { FrozenRepair } from '../../control/schema.ts'
import { TenancyError } from '../../errors.ts'
import { isSeenNow } from '../../registry/tenant-filter.ts'
import { parseStatements } from '../../sql/statements.ts'
import { repairOf } from '../compare/repair.ts'
import { findDriftSet, readPair } from '../shapes/detail.ts'
import { readAcceptances, splitAccepted } from '../shapes/shape-rows.ts'
import { readStructures } from '../structures.ts'
import { readLastRepair } from './last-repair.ts'
import type { RepairPlan } from './repair-target.ts'

type Db = Pick<Library, 'control'>

/** A tenant's target that has the shape now. */
export type RepairTarget = {
  readonly slug: string
  readonly tenantId: number
  readonly targetId: number
  readonly serverId: number
  readonly databaseId: number
  readonly schema: string
  readonly role: string | null
  readonly version: string | null
}

export type PlannedRepair = {
  readonly setId: number
  readonly repair: Repair
  /** Null: nothing that a statement could do, or no norm to lead to. */
  readonly frozen: FrozenRepair | null
  readonly targets: readonly RepairTarget[]
  /** Of statements and targets: what was looked at is what will be done. */
  readonly digest: string
}

const readTargets = async (db: ControlDb, setId: number, shape: string, slugs: readonly string[] | undefined): Promise<readonly RepairTarget[]> => {
  const named = slugs === undefined ? sql`true` : sql`t.slug = any(${[...slugs]}::text[])`
  const { rows } = await sql<RepairTarget>`
    select t.slug, t.id as "tenantId", ta.id as "targetId", d.server_id as "serverId", d.id as "databaseId", ta.schema_name as schema, p.role_name as role, o.version
    from tenant t join placement p on p.tenant_id = t.id join target ta on ta.id = p.target_id join database d on d.id = ta.database_id
    join observation o on o.target_id = ta.id join seen_structure x on ${isSeenNow}
    where t.state = 'active' and p.set_id = ${setId} and x.shape = ${shape} and ${named} order by t.slug`.execute(db)
  return rows
}

const scriptOf = ({ steps }: Repair): string => steps.map(({ sql: text }) => `${text.replace(/;\s*$/, '')};`).join('\n')

const digestOf = (set: string, shape: string, script: string, targets: readonly RepairTarget[]): string =>
  createHash('sha256')
    .update(JSON.stringify([set, shape, script, targets.map(({ targetId }) => targetId)]))
    .digest('hex')
    .slice(0, 32)

/**
 * What is accepted is meant to stay, and suspended tenants are left alone.
 * @param slugs only these of the shape's tenants
 * @throws set.unknown, drift.shape_unknown
 */
export const planRepair = async (library: Db, set: string, shape: string, slugs?: readonly string[]): Promise<PlannedRepair> => {
  const { db } = library.control
  const { id: setId, ignored } = await findDriftSet(library, set)
  const [{ facts, seen, norm }, acceptances] = await Promise.all([readPair(library, setId, set, shape), readAcceptances(db, setId)])
  const { open, accepted } = splitAccepted(facts.findings, acceptances)
  const repair = norm === null ? { steps: [], left: [] } : repairOf(norm, seen, open, ignored)
  const targets = await readTargets(db, setId, shape, slugs)
  const script = scriptOf(repair)
  const left = new Set([...repair.left.map(({ finding }) => finding), ...accepted])
  const frozen: FrozenRepair | null =
    facts.normId === null || repair.steps.length === 0
      ? null
      : {
          shape,
          letter: facts.letter,
          version: facts.version,
          digest: facts.digest,
          script,
          normId: facts.normId,
          ignored,
          before: facts.findings.map(({ key }) => key),
          left: [...left],
        }
  return { setId, repair, frozen, targets, digest: digestOf(set, shape, script, targets) }
}

/** For people and for whoever starts it; nothing for a shape without a norm. @throws set.unknown, drift.shape_unknown */
export const shapeRepair = async (library: Db, set: string, shape: string): Promise<ShapeRepair> => {
  const { setId, repair, targets, digest } = await planRepair(library, set, shape)
  return { ...repair, targets: targets.length, digest, lastRun: await readLastRepair(library.control.db, setId, shape) }
}

/** With its statements and its norm, as a conductor carries it out. */
export const openRepair = async (db: ControlDb, { normId, script, before, left, digest, ignored }: FrozenRepair): Promise<RepairPlan> => {
  const norm: Structure | undefined = (await readStructures(db, [normId])).get(normId)
  if (!norm) throw new Error(`structure ${normId}, the norm of a repair, is not kept`)
  return { statements: await parseStatements(script), norm, before, left, digest, ignored }
}

export const nothingToRepair = (set: string, shape: string, { repair }: PlannedRepair): TenancyError =>
  new TenancyError('drift.nothing_to_repair', { set, shape, reason: repair.left[0]?.reason ?? 'It is the norm, or there is nothing to compare it with.' })
