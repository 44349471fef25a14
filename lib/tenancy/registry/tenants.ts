import { sql } from 'kysely'
import type { z } from 'zod'
import type { changeTenantsInput, updateTenantInput } from '../contract/commands.ts'
import type { Actor } from '../contract/permissions.ts'
import { allowedFrom, tenantArrows, type TenantState } from '../contract/states.ts'
import type { Library } from '../context.ts'
import { appendAudit, appendAudits } from '../control/audit.ts'
import type { ControlDb } from '../control/db.ts'
import { notify } from '../control/notify.ts'
import { TenancyError } from '../errors.ts'
import { resolveTenants } from './selection.ts'
import { isHostRace, refuseTakenHosts } from './taken-hosts.ts'

type Update = z.output<typeof updateTenantInput>

const writeTenant = async ({ control, clock }: Library, actor: Actor, input: Update): Promise<void> => {
  await control.db.transaction().execute(async (trx) => {
    const before = await trx.selectFrom('tenant').select(['id', 'name', 'hosts', 'labels']).where('slug', '=', input.slug).forUpdate().executeTakeFirst()
    if (!before) throw new TenancyError('tenant.unknown', { slug: input.slug })
    await refuseTakenHosts(trx, [input])
    const after = { name: input.name, hosts: input.hosts, labels: input.labels }
    await trx
      .updateTable('tenant')
      .set({ name: after.name, hosts: after.hosts, labels: JSON.stringify(after.labels), updated_at: clock() })
      .where('id', '=', before.id)
      .execute()
    await appendAudit(trx, {
      actor,
      action: 'tenants.update',
      subjectKind: 'tenant',
      subject: input.slug,
      details: { before: { name: before.name, hosts: before.hosts, labels: before.labels }, after },
    })
    await notify(trx, { topic: 'tenants' })
  })
}

/** @throws tenant.unknown, host.taken */
export const updateTenant = async (library: Library, actor: Actor, input: Update): Promise<void> => {
  try {
    await writeTenant(library, actor, input)
  } catch (error) {
    if (!isHostRace(error)) throw error
    // Whoever was first has written by now, and is found.
    await writeTenant(library, actor, input)
  }
}

type Locked = { readonly id: number; readonly slug: string; readonly state: TenantState }

/** In order of id, so that two of these at once cannot lock each other out. */
const lockTenants = async (trx: ControlDb, ids: readonly number[]): Promise<readonly Locked[]> => {
  const { rows } = await sql<Locked>`select id, slug, state from tenant where id = any(${[...ids]}::bigint[]) order by id for update`.execute(trx)
  return rows
}

/** A rollout that reaches the tenant in a moment must not find it changed under its hands. */
const refuseBusy = async (trx: ControlDb, tenants: readonly Locked[]): Promise<void> => {
  const { rows } = await sql<{ run: number; state: string; count: number; slugs: string[] }>`
    select i.run_id as run, r.state, count(*)::int as count, (array_agg(t.slug order by t.slug))[1:20] as slugs
    from run_item i join run r on r.id = i.run_id join tenant t on t.id = i.tenant_id
    where i.tenant_id = any(${tenants.map(({ id }) => id)}::bigint[]) and not i.reads and i.state in ('pending', 'running', 'interrupted')
    group by i.run_id, r.state order by i.run_id limit 1`.execute(trx)
  if (rows[0]) throw new TenancyError('run.targets_busy', rows[0])
}

type ChangeInput = z.output<typeof changeTenantsInput>

/**
 * Moves tenants to a state. Named tenants must all be able to (one that is there already counts as unchanged); of a filter's, those that can.
 * All or none: a refusal changes nothing.
 */
const changeState = async (
  library: Library,
  actor: Actor,
  input: ChangeInput,
  { action, from, to }: { readonly action: string; readonly from: readonly TenantState[]; readonly to: TenantState },
): Promise<{ readonly changed: number }> => {
  return library.control.db.transaction().execute(async (trx) => {
    const tenants = await lockTenants(trx, await resolveTenants(trx, input.selection))
    const movable = tenants.filter(({ state }) => from.includes(state))
    const stuck = tenants.find(({ state }) => state !== to && !from.includes(state))
    if (stuck && input.selection.kind === 'tenants')
      throw new TenancyError('tenant.state_conflict', { slug: stuck.slug, state: stuck.state, needs: from.join(' or ') })
    if (movable.length === 0) return { changed: 0 }
    await refuseBusy(trx, movable)
    await sql`update tenant set state = ${to}, updated_at = ${library.clock()} where id = any(${movable.map(({ id }) => id)}::bigint[])`.execute(trx)
    await appendAudits(trx, {
      actor,
      action,
      subjectKind: 'tenant',
      subjects: movable.map(({ slug }) => slug),
      details: input.reason === '' ? {} : { reason: input.reason },
    })
    await notify(trx, { topic: 'tenants' })
    return { changed: movable.length }
  })
}

/** Rollouts leave suspended tenants out. @throws tenant.unknown, tenant.state_conflict, run.targets_busy */
export const suspendTenants = (library: Library, actor: Actor, input: ChangeInput): Promise<{ readonly changed: number }> =>
  changeState(library, actor, input, { action: 'tenants.suspend', from: allowedFrom<TenantState>(tenantArrows, 'suspended'), to: 'suspended' })

/** A tenant that is being provisioned becomes active by its onboarding alone, never by hand. @throws tenant.unknown, tenant.state_conflict, run.targets_busy */
export const activateTenants = (library: Library, actor: Actor, input: ChangeInput): Promise<{ readonly changed: number }> =>
  changeState(library, actor, input, {
    action: 'tenants.activate',
    from: allowedFrom<TenantState>(tenantArrows, 'active').filter((state) => state !== 'provisioning'),
    to: 'active',
  })
