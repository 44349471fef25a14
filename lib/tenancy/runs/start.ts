import type { StartRunInput } from '../contract/commands.ts'
import type { Actor } from '../contract/permissions.ts'
import type { RunRef } from '../contract/tenancy.ts'
import type { Library } from '../context.ts'
import { appendAudit } from '../control/audit.ts'
import type { ControlDb } from '../control/db.ts'
import { notify } from '../control/notify.ts'
import { TenancyError } from '../errors.ts'
import { codeOf, sqlstate } from '../sql/sqlstate.ts'
import { announceRun } from './announce.ts'
import { busyRun, busyRunOfSet } from './busy.ts'
import { insertRun, type NewRun } from './freeze.ts'
import { makePlan, type Plan } from './plan.ts'

/** Says why a plan without targets has none. */
const refuseEmpty = async (library: Library, plan: Plan, input: StartRunInput): Promise<never> => {
  const considered = [...plan.leftOut.values()].reduce((sum, count) => sum + count, 0)
  if (considered === 0) throw new TenancyError('run.no_targets')
  if (plan.leftOut.has('busy')) {
    const busy = await busyRunOfSet(library.control.db, plan.set.id)
    if (busy) throw new TenancyError('run.targets_busy', busy)
  }
  throw new TenancyError('run.nothing_to_do', { count: considered, set: input.set })
}

/** Inserts a run that was planned, with its trail and what is written beside it, and wakes the workers. @throws run.targets_busy, run.plan_changed */
export const queueRun = async (
  library: Library,
  actor: Actor,
  action: string,
  details: Readonly<Record<string, unknown>>,
  planned: NewRun,
  beside: (trx: ControlDb, run: number) => Promise<void> = async () => {},
): Promise<RunRef> => {
  try {
    return await library.control.db.transaction().execute(async (trx) => {
      const run = await insertRun(trx, planned)
      await beside(trx, run)
      await appendAudit(trx, { actor, action, subjectKind: 'run', subject: String(run), details })
      await notify(trx, { topic: 'runs' })
      return { run }
    })
  } catch (error) {
    throw await explainConflict(
      library,
      error,
      planned.items.map(({ targetId }) => targetId),
    )
  }
}

/**
 * Freezes the plan and queues the run; a worker takes it up at once.
 * @throws set.unknown, set.empty, version.unknown, run.no_targets, run.nothing_to_do, run.targets_busy, run.plan_changed
 */
export const startRun = async (library: Library, actor: Actor, input: StartRunInput): Promise<RunRef> => {
  const plan = await makePlan(library.control.db, input)
  if (input.digest !== undefined && input.digest !== plan.digest)
    throw new TenancyError('run.plan_changed', { problem: 'targets or migrations are others than when you looked' })
  if (plan.chosen.length === 0) return refuseEmpty(library, plan, input)
  await announceRun(
    library.control.db,
    plan.chosen.map((one) => ({ serverId: one.server_id, databaseId: one.database_id })),
    input.maxConcurrent ?? null,
  )
  const details = { set: plan.set.name, to: plan.migrations.at(-1)?.version, targets: plan.chosen.length, digest: plan.digest, note: input.note }
  return queueRun(library, actor, 'runs.start', details, {
    kind: 'migrate',
    setId: plan.set.id,
    migrations: plan.migrations,
    digest: plan.digest,
    parentRun: null,
    note: input.note,
    startedBy: actor.label,
    maxConcurrent: input.maxConcurrent ?? null,
    failureTolerance: input.failureTolerance ?? null,
    items: plan.chosen.map((one) => ({ targetId: one.target_id, tenantId: one.tenant_id, serverId: one.server_id, fromVersion: one.version })),
  })
}

/** A target belongs to one open run: another took it first. */
export const isOneWriter = (error: unknown): boolean =>
  codeOf(error) === sqlstate.uniqueViolation && error instanceof Error && Reflect.get(error, 'constraint') === 'run_item_one_writer'

/** Two starts at the same instant meet at the unique index; the later one is told who was first, or, when that one has ended meanwhile, to look again. */
export const explainConflict = async (library: Library, error: unknown, targetIds: readonly number[]): Promise<unknown> => {
  if (!isOneWriter(error)) return error
  const busy = await busyRun(library.control.db, targetIds)
  if (busy) return new TenancyError('run.targets_busy', busy, error)
  return new TenancyError('run.plan_changed', { problem: 'another run worked on these targets at the same moment, and has ended' }, error)
}
