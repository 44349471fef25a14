/**
 * A set applied as a rollout does: each migration committed by itself, in a scratch schema with a role of its own, looked at after each. What a process that died left
 * behind goes with the next one.
 */
import type { Structure } from '../contract/structure.ts'
import type { AttemptError } from '../contract/views.ts'
import { applyMigration, type ApplyOutcome, type Scene } from '../migrations/apply.ts'
import { isRefusal } from '../migrations/send-as-one.ts'
import { applySteps } from '../migrations/apply-steps.ts'
import { attemptError, ownError } from '../migrations/attempt-error.ts'
import { openingMessages } from '../migrations/build-messages.ts'
import { stepFrom, type TrackMigration } from '../migrations/track.ts'
import type { ExecutableMigration } from '../migrations/types.ts'
import type { FleetConnection } from '../session/fleet-connection.ts'
import { transact } from '../session/transact.ts'
import { quoteIdent, quoteLiteral } from '../sql/ident.ts'
import { newReferenceName, referencePrefix, type Replayed } from './replay.ts'
import { readStructures } from './snapshot/read-structures.ts'

const limits = { lockTimeoutMs: 5_000, statementTimeoutMs: 60_000 }
const bounds = { lockTimeoutMs: 5_000, timeoutMs: 90_000 }

const drop = async (connection: FleetConnection, name: string): Promise<void> => {
  await transact(connection, [`DROP SCHEMA IF EXISTS ${quoteIdent(name)} CASCADE`, `DROP ROLE IF EXISTS ${quoteIdent(name)}`], bounds)
}

/** Whoever works here has the server's turn, so whatever is there is nobody's any more. */
export const sweepScratch = async (connection: FleetConnection, installation: string): Promise<void> => {
  const isLeft = (column: string): string => `starts_with(${column}, ${quoteLiteral(referencePrefix(installation))})`
  // A role that still has something in another database is that database's to sweep.
  const rows = await connection.query<{ name: string }>(
    `SELECT nspname AS name FROM pg_namespace WHERE ${isLeft('nspname::text')} UNION SELECT r.rolname FROM pg_roles r WHERE ${isLeft('r.rolname::text')} ` +
      `AND NOT EXISTS (SELECT FROM pg_shdepend d WHERE d.refclassid = 'pg_authid'::regclass AND d.refobjid = r.oid)`,
  )
  for (const { name } of rows) await drop(connection, name)
}

export type Steps = {
  readonly migrations: ReadonlyArray<ExecutableMigration & TrackMigration>
  readonly extensionSchemas: readonly string[]
  readonly installation: string
  readonly applicationName: string
  readonly serverVersion: number
}

const problemOf = (outcome: ApplyOutcome): AttemptError | null => {
  if (outcome.kind === 'applied') return null
  if (outcome.kind === 'recorded_before') return ownError('history_conflict', 'Something else wrote to the history of the scratch schema.')
  return outcome.error
}

const applyEach = async (connection: FleetConnection, { migrations, serverVersion }: Steps, scene: Scene): Promise<Replayed> => {
  const structures = new Map<number, Structure>()
  for (const [index, migration] of migrations.entries()) {
    const step = stepFrom(migrations, index)
    const outcome = await (migration.transactional ? applyMigration : applySteps)(connection, migration, step, scene)
    const problem = problemOf(outcome)
    if (problem) return { structures, problem }
    const seen = await readStructures(connection, [{ schema: scene.schema, role: scene.schema }], serverVersion)
    const structure = seen.get(scene.schema)
    if (structure) structures.set(index + 1, structure)
  }
  return { structures, problem: null }
}

/** @throws what keeps the scratch schema from being dropped, and the connection's error when it breaks */
export const applyStepByStep = async (connection: FleetConnection, steps: Steps): Promise<Replayed> => {
  const schema = newReferenceName(steps.installation)
  const scene: Scene = { schema, extensionSchemas: steps.extensionSchemas, run: null, applicationName: steps.applicationName, limits }
  const [, ...opening] = openingMessages(scene, { name: schema, exists: false })
  try {
    await transact(
      connection,
      opening.map(({ text }) => text),
      bounds,
    )
  } catch (error) {
    if (!isRefusal(error)) throw error
    return { structures: new Map(), problem: attemptError(error) }
  }
  try {
    return await applyEach(connection, steps, scene)
  } finally {
    if (!connection.dead) await drop(connection, schema)
  }
}
