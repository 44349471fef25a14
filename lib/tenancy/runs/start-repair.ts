/** Freezes what leads a shape's targets to their norm, and queues it as a run. */
import type { StartRepairInput } from '../contract/commands.ts'
import type { Actor } from '../contract/permissions.ts'
import type { RunRef } from '../contract/tenancy.ts'
import type { Library } from '../context.ts'
import { nothingToRepair, planRepair } from '../drift/repair/plan-repair.ts'
import { TenancyError } from '../errors.ts'
import { queueRun } from './start.ts'

/**
 * @throws set.unknown, drift.shape_unknown, drift.nothing_to_repair, drift.other_shape, run.no_targets, run.plan_changed, run.targets_busy
 */
export const startRepair = async (library: Library, actor: Actor, input: StartRepairInput): Promise<RunRef> => {
  const plan = await planRepair(library, input.set, input.shape, input.slugs)
  const { frozen, targets, setId, digest } = plan
  if (!frozen) throw nothingToRepair(input.set, input.shape, plan)
  if (input.digest !== undefined && input.digest !== digest)
    throw new TenancyError('run.plan_changed', { problem: 'the shape’s targets or what repairs them are others than when you looked' })
  const other = input.slugs?.find((slug) => !targets.some((target) => target.slug === slug))
  if (other !== undefined) throw new TenancyError('drift.other_shape', { slug: other, set: input.set, shape: input.shape })
  if (targets.length === 0) throw new TenancyError('run.no_targets')
  const details = { set: input.set, shape: frozen.shape, version: frozen.version, targets: targets.length, script: frozen.script, digest, note: input.note }
  return queueRun(library, actor, 'drift.repair', details, {
    kind: 'repair',
    setId,
    migrations: [],
    repair: frozen,
    digest,
    parentRun: null,
    note: input.note,
    startedBy: actor.label,
    maxConcurrent: input.maxConcurrent ?? null,
    failureTolerance: input.failureTolerance ?? null,
    items: targets.map(({ targetId, tenantId, serverId, version }) => ({ targetId, tenantId, serverId, fromVersion: version })),
  })
}
