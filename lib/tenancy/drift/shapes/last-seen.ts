/** Shapes that no target has any more: what they were, and what became of their tenants. */
import { sql } from 'kysely'
import type { DriftState, GoneShape } from '../../contract/drift.ts'
import type { Library } from '../../context.ts'
import type { ControlDb } from '../../control/db.ts'
import { driftState, isSeenNow } from '../../registry/tenant-filter.ts'
import { readLastRepair } from '../repair/last-repair.ts'
import { findDriftSet } from './detail.ts'

/** Enough to find again what somebody was looking at. */
const tenantsKept = 20

/** Of every shape that a set has now; what it has no longer stays as it was said last. */
export const keepLastSeen = async (trx: ControlDb, setId: number): Promise<void> => {
  await sql`
    insert into shape_last_seen (set_id, shape, version, letter, is_norm, targets, tenants, seen_at)
    select ${setId}, x.shape, min(x.version), min(x.letter), bool_or(x.state = 'norm'), count(*), (array_agg(t.id order by t.slug))[1:${sql.raw(String(tenantsKept))}],
      max(o.structure_at)
    from observation o join seen_structure x on ${isSeenNow} join placement p on p.target_id = o.target_id
    join tenant t on t.id = p.tenant_id and t.state in ('active', 'suspended')
    where x.set_id = ${setId} and p.set_id = ${setId} and o.structure_at is not null group by x.shape
    on conflict (set_id, shape) do update
    set version = excluded.version, letter = excluded.letter, is_norm = excluded.is_norm, targets = excluded.targets, tenants = excluded.tenants, seen_at = excluded.seen_at
    where (shape_last_seen.letter, shape_last_seen.is_norm, shape_last_seen.targets, shape_last_seen.tenants, shape_last_seen.seen_at)
      is distinct from (excluded.letter, excluded.is_norm, excluded.targets, excluded.tenants, excluded.seen_at)`.execute(trx)
}

type SeenRow = {
  readonly version: string | null
  readonly letter: string | null
  readonly isNorm: boolean
  readonly targets: number
  readonly tenants: readonly number[]
  readonly seenAt: Date
}
type TenantNow = { readonly slug: string; readonly state: DriftState; readonly shape: string | null; readonly letter: string | null }

const readTenants = async (db: ControlDb, setId: number, tenants: readonly number[]): Promise<readonly TenantNow[]> => {
  const { rows } = await sql<TenantNow>`
    select t.slug, ${driftState} as state, x.shape, x.letter
    from tenant t join placement p on p.tenant_id = t.id and p.set_id = ${setId} join target ta on ta.id = p.target_id
    left join observation o on o.target_id = ta.id left join seen_structure x on ${isSeenNow}
    where t.id = any(${[...tenants]}::bigint[]) order by t.slug`.execute(db)
  return rows
}

/** Of a shape that the set does not have now, what is still known. @throws set.unknown */
export const goneShape = async (library: Pick<Library, 'control'>, set: string, shape: string): Promise<GoneShape> => {
  const { db } = library.control
  const { id } = await findDriftSet(library, set)
  const [{ rows }, repair] = await Promise.all([
    sql<SeenRow>`
      select version, letter, is_norm as "isNorm", targets, tenants, seen_at as "seenAt" from shape_last_seen where set_id = ${id} and shape = ${shape}`.execute(
      db,
    ),
    readLastRepair(db, id, shape),
  ])
  const [seen] = rows
  return {
    set,
    id: shape,
    seen: seen
      ? {
          version: seen.version,
          letter: seen.letter,
          isNorm: seen.isNorm,
          targets: seen.targets,
          at: seen.seenAt.toISOString(),
          tenants: await readTenants(db, id, seen.tenants),
        }
      : null,
    repair,
  }
}
