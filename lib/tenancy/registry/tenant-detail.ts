import { sql } from 'kysely'
import type { PlacementView, RowDrift, TenantDetail } from '../contract/views.ts'
import type { Library } from '../context.ts'
import { TenancyError } from '../errors.ts'
import { driftState, isSeenNow } from './tenant-filter.ts'
import { addressOf } from '../sql/database-url.ts'

/** Newest first; older ones are found on the runs' own pages. */
const runsShown = 50

type Db = Pick<Library, 'control'>
type PlacementRow = Omit<PlacementView, 'observedAt' | 'server' | 'drift'> &
  RowDrift & { readonly observedAt: Date | null; readonly host: string; readonly port: number }

/**
 * What a target still lacks: the migrations behind the position that its history is at. A history that left the track has no such position,
 * and what comes next for it is for people to decide.
 */
const placementsOf = async ({ control }: Db, tenantId: number): Promise<readonly PlacementView[]> => {
  const { rows } = await sql<PlacementRow>`
    select ta.id as "targetId", s.name as set, d.name as database, d.host, d.port, ta.schema_name as schema, p.role_name as role, p.isolation,
      o.version, head.version as head, o.version_state as "versionState", o.bytes, o.observed_at as "observedAt", o.remark,
      ${driftState} as state, x.shape, x.letter, x.severity,
      coalesce((
        select jsonb_agg(jsonb_build_object('version', m.version, 'name', m.name, 'transactional', m.transactional) order by m.position)
        from migration m where m.set_id = p.set_id and o.version_state in ('behind', 'unreachable') and m.position > head.position - o.pending
      ), '[]') as pending
    from placement p
    join target ta on ta.id = p.target_id
    join migration_set s on s.id = p.set_id
    join database d on d.id = ta.database_id
    left join observation o on o.target_id = ta.id
    left join seen_structure x on ${isSeenNow}
    left join lateral (select version, position from migration where set_id = p.set_id order by position desc limit 1) head on true
    where p.tenant_id = ${tenantId} order by s.name`.execute(control.db)
  return rows.map(({ observedAt, host, port, state, shape, letter, severity, ...row }) => ({
    ...row,
    drift: { state, shape, letter, severity },
    server: addressOf({ host, port }),
    observedAt: observedAt?.toISOString() ?? null,
  }))
}

const runsOf = async ({ control }: Db, tenantId: number): Promise<TenantDetail['runs']> => {
  const { rows } = await sql<Omit<TenantDetail['runs'][number], 'finishedAt'> & { readonly finishedAt: Date | null }>`
    select i.run_id as run, r.kind, s.name as set, i.state, i.attempts, i.finished_at as "finishedAt", i.error
    from run_item i join run r on r.id = i.run_id join migration_set s on s.id = r.set_id
    where i.tenant_id = ${tenantId} order by i.run_id desc limit ${runsShown}`.execute(control.db)
  return rows.map((row) => ({ ...row, finishedAt: row.finishedAt?.toISOString() ?? null }))
}

/** All that the control plane knows of a tenant, without opening its database. @throws tenant.unknown */
export const getTenant = async (library: Db, slug: string): Promise<TenantDetail> => {
  const tenant = await library.control.db
    .selectFrom('tenant')
    .select(['id', 'slug', 'name', 'state', 'hosts', 'labels', 'created_at'])
    .where('slug', '=', slug)
    .executeTakeFirst()
  if (!tenant) throw new TenancyError('tenant.unknown', { slug })
  const [placements, runs] = await Promise.all([placementsOf(library, tenant.id), runsOf(library, tenant.id)])
  const { id: _id, created_at, ...facts } = tenant
  return { ...facts, createdAt: created_at.toISOString(), placements, runs }
}
