/** Lets go of tenants that were reserved and never built. */
import { sql } from 'kysely'
import type { z } from 'zod'
import type { discardTenantInput } from '../contract/commands.ts'
import type { Actor } from '../contract/permissions.ts'
import type { TenantState } from '../contract/states.ts'
import type { Library } from '../context.ts'
import { appendAudit } from '../control/audit.ts'
import type { ControlDb } from '../control/db.ts'
import { notify } from '../control/notify.ts'
import { TenancyError } from '../errors.ts'
import { readTarget } from '../migrations/history.ts'
import { lookBriefly } from '../registry/brief-look.ts'

type Reserved = { readonly id: number; readonly slug: string; readonly name: string; readonly state: TenantState }

/** @throws tenant.unknown, tenant.state_conflict for one that was ever active, run.targets_busy while an open run holds it */
const requireReserved = async (db: ControlDb, slug: string, isLocking: boolean): Promise<Reserved> => {
  const query = db.selectFrom('tenant').select(['id', 'slug', 'name', 'state']).where('slug', '=', slug)
  const tenant = await (isLocking ? query.forUpdate() : query).executeTakeFirst()
  if (!tenant) throw new TenancyError('tenant.unknown', { slug })
  if (tenant.state !== 'provisioning') throw new TenancyError('tenant.state_conflict', { slug, state: tenant.state, needs: 'provisioning' })
  // An open run may yet try its failed items again.
  const { rows } = await sql<{ run: number; state: string; count: number }>`
    select r.id as run, r.state, count(*)::int as count from run_item i join run r on r.id = i.run_id
    where i.tenant_id = ${tenant.id} and r.state not in ('succeeded', 'failed', 'cancelled') group by r.id order by r.id limit 1`.execute(db)
  if (rows[0]) throw new TenancyError('run.targets_busy', rows[0])
  return tenant
}

const placesOf = (db: ControlDb, tenant: number) =>
  db
    .selectFrom('placement')
    .innerJoin('target', 'target.id', 'placement.target_id')
    .innerJoin('migration_set', 'migration_set.id', 'placement.set_id')
    .innerJoin('database', 'database.id', 'target.database_id')
    .select(['migration_set.name as set', 'target.schema_name as schema', 'database.name', 'database.server_id', 'database.url_sealed'])
    .where('placement.tenant_id', '=', tenant)
    .orderBy('migration_set.name')
    .execute()

/** What a run did stays readable: its items keep the slug. */
const forget = async (trx: ControlDb, { id, slug }: Reserved): Promise<void> => {
  await trx.deleteFrom('placement').where('tenant_id', '=', id).execute()
  await trx.updateTable('run_item').set({ tenant_slug: slug, tenant_id: null }).where('tenant_id', '=', id).execute()
  await trx.deleteFrom('tenant').where('id', '=', id).execute()
}

/**
 * Forgets a tenant that never became active; its slug and its schema's name are free again. Nothing on its server is touched.
 * @throws tenant.unknown, tenant.state_conflict, run.targets_busy, tenant.not_empty when its schema with a history is there, database.* when that cannot be seen
 */
export const discardTenant = async (library: Library, actor: Actor, { slug, reason }: z.output<typeof discardTenantInput>): Promise<void> => {
  const { db } = library.control
  const seen = await requireReserved(db, slug, false)
  const places = await placesOf(db, seen.id)
  for (const place of places) {
    const summary = await lookBriefly(library, place, (connection) => readTarget(connection, place.schema))
    if (summary?.history) throw new TenancyError('tenant.not_empty', { slug, schema: place.schema, database: place.name })
  }
  await db.transaction().execute(async (trx) => {
    const tenant = await requireReserved(trx, slug, true)
    await forget(trx, tenant)
    await appendAudit(trx, {
      actor,
      action: 'tenants.discard',
      subjectKind: 'tenant',
      subject: slug,
      details: {
        name: tenant.name,
        ...(reason === '' ? {} : { reason }),
        placements: places.map(({ set, name: database, schema }) => ({ set, database, schema })),
      },
    })
    await notify(trx, { topic: 'tenants' })
  })
}
