import { sql } from 'kysely'
import type { Actor } from '../contract/permissions.ts'
import { canRerun } from '../contract/states.ts'
import type { RunRef } from '../contract/tenancy.ts'
import type { Library } from '../context.ts'
import { appendAudit } from '../control/audit.ts'
import type { ControlDb } from '../control/db.ts'
import { notify } from '../control/notify.ts'
import { TenancyError } from '../errors.ts'
import { insertRun, planDigest, type NewItem } from './freeze.ts'
import { explainConflict } from './start.ts'

type Chosen = { target_id: number; tenant_id: number; server_id: number; version: string | null; options: object | null }

/** Failed, interrupted and cancelled items; or the named tenants' ones of these. Tenants suspended since are left out, and those whose place is another one by now. */
const chooseItems = async (db: ControlDb, run: number, slugs: readonly string[] | undefined): Promise<NewItem[]> => {
  const named = slugs === undefined ? sql`true` : sql`n.slug = any(${[...slugs]}::text[])`
  const { rows } = await sql<Chosen>`
    select i.target_id, i.tenant_id, i.server_id, o.version, i.options
    from run_item i join run r on r.id = i.run_id join tenant n on n.id = i.tenant_id
    join placement p on p.tenant_id = i.tenant_id and p.set_id = r.set_id and p.target_id = i.target_id left join observation o on o.target_id = i.target_id
    where i.run_id = ${run} and i.target_id is not null and i.state in ('failed', 'interrupted', 'cancelled') and n.state in ('active', 'provisioning') and ${named}
    order by i.position`.execute(db)
  return rows.map((row) => ({
    targetId: row.target_id,
    tenantId: row.tenant_id,
    serverId: row.server_id,
    fromVersion: row.version,
    ...(row.options ? { options: row.options } : {}),
  }))
}

/**
 * A new run from items of a finished one, with the same frozen migrations.
 * @throws run.unknown, run.state_conflict, run.no_items, run.plan_changed, run.targets_busy
 */
export const rerun = async (library: Library, actor: Actor, input: { run: number; slugs?: readonly string[]; note: string }): Promise<RunRef> => {
  let targetIds: number[] = []
  try {
    return await library.control.db.transaction().execute(async (trx) => {
      const parent = await trx
        .selectFrom('run')
        .innerJoin('migration_set', 'migration_set.id', 'run.set_id')
        .select([
          'run.id',
          'run.kind',
          'run.state',
          'run.set_id',
          'run.migrations',
          'run.max_concurrent',
          'run.failure_tolerance',
          'migration_set.name as set_name',
        ])
        .where('run.id', '=', input.run)
        .forUpdate('run')
        .executeTakeFirst()
      if (!parent) throw new TenancyError('run.unknown', { run: input.run })
      if (!canRerun(parent.state))
        throw new TenancyError('run.state_conflict', {
          run: parent.id,
          state: parent.state,
          command: 'rerun',
          remedy: 'While it is open, retry its failed items inside it.',
        })
      const items = await chooseItems(trx, parent.id, input.slugs)
      if (items.length === 0) throw new TenancyError('run.no_items', { run: parent.id })
      targetIds = items.map(({ targetId }) => targetId)
      const run = await insertRun(trx, {
        kind: parent.kind,
        setId: parent.set_id,
        migrations: parent.migrations,
        digest: planDigest(parent.set_name, parent.migrations, targetIds),
        parentRun: parent.id,
        note: input.note,
        startedBy: actor.label,
        maxConcurrent: parent.max_concurrent,
        failureTolerance: parent.failure_tolerance,
        items,
      })
      await appendAudit(trx, {
        actor,
        action: 'runs.rerun',
        subjectKind: 'run',
        subject: String(run),
        details: { parent: parent.id, targets: items.length, note: input.note },
      })
      await notify(trx, { topic: 'runs' })
      return { run }
    })
  } catch (error) {
    throw await explainConflict(library, error, targetIds)
  }
}
