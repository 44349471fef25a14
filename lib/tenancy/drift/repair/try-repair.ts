/** What a repair would come to, on one of its tenants: everything is done there, looked at, and rolled back. */
import type { z } from 'zod'
import type { tryRepairInput } from '../../contract/commands.ts'
import type { RepairTrial } from '../../contract/drift.ts'
import type { Actor } from '../../contract/permissions.ts'
import type { Library } from '../../context.ts'
import { appendAudit } from '../../control/audit.ts'
import { budgetPrefix, readInstallation } from '../../control/installation.ts'
import { TenancyError } from '../../errors.ts'
import { attemptError, ownError } from '../../migrations/attempt-error.ts'
import { openUrl } from '../../registry/databases.ts'
import { atServer, ServerBusy } from '../../registry/server-gate.ts'
import { connectFleet, type FleetConnection } from '../../session/fleet-connection.ts'
import { readPlaceFacts } from '../../session/place-facts.ts'
import { nothingToRepair, openRepair, planRepair, type RepairTarget } from './plan-repair.ts'
import { repairTarget, type RepairOutcome, type RepairPlan } from './repair-target.ts'

const turnMs = 2_000
/** Somebody waits for the answer, and what the statements lock is locked until all of it is rolled back. */
const limits = { lockTimeoutMs: 300, statementTimeoutMs: 2_000, flightTimeoutMs: 4_000 }

const tryOn = async (connection: FleetConnection, { schema, role }: RepairTarget, plan: RepairPlan, applicationName: string): Promise<RepairOutcome> => {
  const { serverVersion, extensionSchemas } = await readPlaceFacts(connection)
  const scene = { schema, extensionSchemas, run: null, applicationName, limits }
  return repairTarget(connection, { scene, role, serverVersion }, plan, 'try')
}

const trialOf = (slug: string, outcome: RepairOutcome): RepairTrial => {
  if (outcome.kind === 'failed') return { slug, outcome: 'failed', error: outcome.error, findings: outcome.findings }
  if (outcome.kind === 'unknown') return { slug, outcome: 'failed', error: outcome.error, findings: [] }
  return { slug, outcome: outcome.kind === 'norm' ? 'norm' : 'repaired', error: null, findings: outcome.kind === 'repaired' ? outcome.left : [] }
}

const connectAndTry = async (library: Library, target: RepairTarget, plan: RepairPlan): Promise<RepairTrial> => {
  const { db } = library.control
  const database = await db.selectFrom('database').select('url_sealed').where('id', '=', target.databaseId).executeTakeFirstOrThrow()
  const applicationName = `${budgetPrefix(await readInstallation(db))}try`
  let connection: FleetConnection | null = null
  try {
    connection = await connectFleet(openUrl(library.secret, database.url_sealed).url, { applicationName, connectTimeoutMs: 3_000 })
    return trialOf(target.slug, await tryOn(connection, target, plan, applicationName))
  } catch (error) {
    return { slug: target.slug, outcome: 'failed', error: attemptError(error, undefined, target.schema), findings: [] }
  } finally {
    await connection?.close()
  }
}

/**
 * @returns outcomes are data, also that the server cannot be reached
 * @throws set.unknown, drift.shape_unknown, drift.nothing_to_repair, drift.other_shape; the control database's errors
 */
export const tryRepair = async (library: Library, actor: Actor, { set, shape, slug }: z.output<typeof tryRepairInput>): Promise<RepairTrial> => {
  const planned = await planRepair(library, set, shape, slug === undefined ? undefined : [slug])
  if (!planned.frozen) throw nothingToRepair(set, shape, planned)
  const [target] = planned.targets
  if (!target) throw slug === undefined ? new TenancyError('run.no_targets') : new TenancyError('drift.other_shape', { slug, set, shape })
  const plan = await openRepair(library.control.db, planned.frozen)
  const trial = await atServer(library, target.serverId, () => connectAndTry(library, target, plan), turnMs).catch((error: unknown): RepairTrial => {
    if (!(error instanceof ServerBusy)) throw error
    return {
      slug: target.slug,
      outcome: 'failed',
      error: ownError('server_busy', `Its server is busy: another look at it has not ended within ${turnMs / 1000} seconds.`),
      findings: [],
    }
  })
  const details = { set, shape, outcome: trial.outcome, code: trial.error?.code ?? null }
  await appendAudit(library.control.db, { actor, action: 'drift.try_repair', subjectKind: 'tenant', subject: target.slug, details })
  return trial
}
