import type { Actor } from '../contract/permissions.ts'
import { describePutRight } from '../contract/put-right.ts'
import { canRerun, type RunKind } from '../contract/states.ts'
import type { RerunRef } from '../contract/tenancy.ts'
import type { Library } from '../context.ts'
import { appendAudit } from '../control/audit.ts'
import { notify } from '../control/notify.ts'
import type { FrozenRepair } from '../control/schema.ts'
import { planRepair } from '../drift/repair/plan-repair.ts'
import { isTenancyError, TenancyError } from '../errors.ts'
import { requireAskable } from '../reports/access.ts'
import { askAgain, holdResult, readSilent, requireUnasked } from '../reports/ask-again.ts'
import { insertRun, planDigest, type NewItem } from './freeze.ts'
import { nothingLeft, putRightOf, readLeftovers, requireInRun, type Leftover } from './leftovers.ts'
import { explainConflict } from './start.ts'

const itemOf = ({ targetId, tenantId, serverId, version, options }: Leftover): NewItem[] =>
  targetId === null || tenantId === null ? [] : [{ targetId, tenantId, serverId, fromVersion: version, ...(options ? { options } : {}) }]

/** What was accepted or left out since is meant to stay, and another reference leads elsewhere. @throws run.plan_changed */
const requireSameRepair = async (library: Library, set: string, frozen: FrozenRepair): Promise<void> => {
  const now = await planRepair(library, set, frozen.shape).catch((error: unknown) => {
    if (isTenancyError(error)) return null
    throw error
  })
  const said = ({ script, normId, ignored, before, left }: FrozenRepair): string =>
    JSON.stringify([script, normId, ignored.toSorted(), before.toSorted(), left.toSorted()])
  if (!now?.frozen || said(now.frozen) !== said(frozen))
    throw new TenancyError('run.plan_changed', {
      problem: 'what repairs that shape is not the same any more: start the repair anew from the page of the shape',
    })
}

const instead: Readonly<Partial<Record<RunKind, string>>> = {
  onboard: 'onboard these tenants again, which builds them of the set as it is now',
  migrate: 'roll the set out, which takes it as it is now',
}

/** The set has moved on: says what does what the rerun would have done. */
const withRemedy = (error: unknown, kind: RunKind): unknown => {
  const remedy = instead[kind]
  if (remedy === undefined || !isTenancyError(error) || error.code !== 'run.plan_changed') return error
  return new TenancyError('run.plan_changed', { problem: `${String(error.details.problem)}: ${remedy}` }, error)
}

/** Says why a rerun would be empty. */
const refuseEmpty = (run: number, leftovers: readonly Leftover[], slugs: readonly string[] | undefined): TenancyError => {
  const putRight = putRightOf(leftovers)
  const by = describePutRight(putRight, leftovers.length)
  if (by === null) return nothingLeft(run, slugs)
  return new TenancyError('run.put_right', { run, count: leftovers.length, putRight, putRightBy: by })
}

type RerunInput = { readonly run: number; readonly slugs?: readonly string[]; readonly note: string; readonly missing?: 'null' }

/**
 * A new run from what a finished one left undone and no later one has put right, with the same frozen migrations. Tenants suspended since are left out, and those
 * whose place is another one by now. Of a report the silent tenants are asked again, and the result holds what the others have answered before.
 * @throws run.unknown, report.not_yours, report.expired, report.lost, run.state_conflict, run.no_items, run.not_in, tenant.unknown, run.put_right,
 * run.plan_changed, run.targets_busy
 */
export const rerun = async (library: Library, actor: Actor, input: RerunInput): Promise<RerunRef> => {
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
          'run.repair',
          'run.max_concurrent',
          'run.failure_tolerance',
          'migration_set.name as set_name',
        ])
        .where('run.id', '=', input.run)
        .forUpdate('run')
        .executeTakeFirst()
      if (!parent) throw new TenancyError('run.unknown', { run: input.run })
      if (parent.kind !== 'report' && input.missing !== undefined)
        throw new TenancyError('input.invalid', { problem: `missing “${input.missing}” is for reports; run ${parent.id} is none` })
      if (!canRerun(parent.state))
        throw new TenancyError('run.state_conflict', {
          run: parent.id,
          state: parent.state,
          command: 'rerun',
          remedy: 'While it is open, retry its failed items inside it.',
        })
      if (parent.kind === 'report') {
        await requireAskable(trx, actor, parent.id)
        await holdResult(trx, parent.id)
      }
      await requireInRun(trx, parent.id, input.slugs, 'chain')
      if (parent.repair) await requireSameRepair(library, parent.set_name, parent.repair)
      const leftovers = await (parent.kind === 'report' ? readSilent : readLeftovers)(trx, parent.id, input.slugs)
      const items = leftovers.filter(({ isLeft }) => isLeft).flatMap(itemOf)
      if (items.length === 0) throw refuseEmpty(parent.id, leftovers, input.slugs)
      const putRight = putRightOf(leftovers)
      targetIds = items.map(({ targetId }) => targetId)
      if (parent.kind === 'report') await requireUnasked(trx, parent.id, targetIds)
      const run = await insertRun(trx, {
        kind: parent.kind,
        setId: parent.set_id,
        migrations: parent.migrations,
        repair: parent.repair,
        digest: planDigest(parent.set_name, parent.migrations, targetIds),
        parentRun: parent.id,
        note: input.note,
        startedBy: actor.label,
        maxConcurrent: parent.max_concurrent,
        failureTolerance: parent.failure_tolerance,
        items,
      }).catch((error: unknown) => {
        throw withRemedy(error, parent.kind)
      })
      if (parent.kind === 'report') await askAgain(library, trx, parent.id, run, input.missing === 'null' ? parent.set_id : null)
      await appendAudit(trx, {
        actor,
        action: 'runs.rerun',
        subjectKind: 'run',
        subject: String(run),
        details: {
          parent: parent.id,
          targets: items.length,
          note: input.note,
          ...(input.missing ? { missing: input.missing } : {}),
          ...(putRight.length === 0 ? {} : { putRight }),
        },
      })
      await notify(trx, { topic: 'runs' })
      return { run, items: items.length, putRight }
    })
  } catch (error) {
    throw await explainConflict(library, error, targetIds)
  }
}
