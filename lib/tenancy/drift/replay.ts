/**
 * A set's first migrations in an empty schema, looked at and rolled back: one flight, one transaction. Whatever dies meanwhile, nothing is left on the server:
 * neither schema nor role was ever there for anybody else. The seed is left out: it is for rows.
 */
import { randomBytes } from 'node:crypto'
import { scratchSchemaPrefix } from '../contract/slug.ts'
import type { Structure } from '../contract/structure.ts'
import type { AttemptError } from '../contract/views.ts'
import { attemptError, ownError } from '../migrations/attempt-error.ts'
import { resetSession, type Message, type Scene } from '../migrations/apply.ts'
import { migrationMessages, nowhere, openingMessages, plain } from '../migrations/build-messages.ts'
import { touchesShared } from '../migrations/parsed.ts'
import type { ExecutableMigration } from '../migrations/types.ts'
import type { FleetConnection, FlightOutcome } from '../session/fleet-connection.ts'
import { codeOf, sqlstate } from '../sql/sqlstate.ts'
import { readStructure, structureQuestions } from './snapshot/questions.ts'

const usualLimits = { lockTimeoutMs: 1_000, statementTimeoutMs: 30_000, flightTimeoutMs: 120_000 }
/** What tenants share is locked until all of it is rolled back, so all of it must be short; where it cannot be, that is what is told of the reference. */
const sharedLimits = { lockTimeoutMs: 300, statementTimeoutMs: 2_000, flightTimeoutMs: 5_000 }
const limitsFor = (migrations: readonly ExecutableMigration[]): typeof usualLimits =>
  migrations.some(({ statements }) => touchesShared(statements)) ? sharedLimits : usualLimits

export const referencePrefix = (installation: string): string => `${scratchSchemaPrefix}${installation}_`
export const newReferenceName = (installation: string): string => `${referencePrefix(installation)}${randomBytes(6).toString('hex')}`

export type Replay = {
  readonly migrations: readonly ExecutableMigration[]
  /** After how many of the migrations a snapshot is taken, ascending. */
  readonly at: readonly number[]
  readonly extensionSchemas: readonly string[]
  readonly installation: string
  readonly applicationName: string
  readonly serverVersion: number
  /** Whether the schema is one of a tenant, with a role of its own and its rights. */
  readonly isTenant: boolean
}

/** `problem` is of the first statement that failed; snapshots before it are there. */
export type Replayed = { readonly structures: ReadonlyMap<number, Structure>; readonly problem: AttemptError | null }

type Part = { readonly messages: readonly Message[]; readonly snapshotOf: number | null }

const beforeSnapshot = plain('SAVEPOINT tenantry_snapshot')
/** With it goes the path that the questions set for themselves: what the migrations made of it holds again. */
const afterSnapshot = plain('ROLLBACK TO SAVEPOINT tenantry_snapshot; RELEASE SAVEPOINT tenantry_snapshot')

const partsOf = (replay: Replay, scene: Scene): Part[] => {
  const wanted = new Set(replay.at)
  const questions = structureQuestions({ schema: scene.schema, role: replay.isTenant ? scene.schema : null }, replay.serverVersion).map(plain)
  const snapshotAt = (count: number): Part[] =>
    wanted.has(count)
      ? [
          { messages: [beforeSnapshot], snapshotOf: null },
          { messages: questions, snapshotOf: count },
          { messages: [afterSnapshot], snapshotOf: null },
        ]
      : []
  return [
    { messages: openingMessages(scene, replay.isTenant ? { name: scene.schema, exists: false } : null), snapshotOf: null },
    ...snapshotAt(0),
    ...migrationMessages(replay.migrations, scene).flatMap((messages, index) => [{ messages, snapshotOf: null }, ...snapshotAt(index + 1)]),
  ]
}

const problemIn = (outcomes: readonly FlightOutcome[], messages: readonly Message[], schema: string): AttemptError | null => {
  for (const [index, outcome] of outcomes.entries())
    if (!outcome.ok && codeOf(outcome.error) !== sqlstate.transactionAborted) return attemptError(outcome.error, messages[index]?.place ?? nowhere, schema)
  return null
}

/** What was answered before the first statement that failed. */
const structuresIn = (outcomes: readonly FlightOutcome[], parts: readonly Part[]): Map<number, Structure> => {
  const structures = new Map<number, Structure>()
  let begin = 0
  for (const { messages, snapshotOf } of parts) {
    const answers = outcomes.slice(begin, begin + messages.length).flatMap((outcome) => (outcome.ok ? [outcome.rows] : []))
    begin += messages.length
    if (snapshotOf === null || answers.length < messages.length) continue
    const structure = readStructure(answers)
    if (structure) structures.set(snapshotOf, structure)
  }
  return structures
}

export const replay = async (connection: FleetConnection, asked: Replay): Promise<Replayed> => {
  const schema = newReferenceName(asked.installation)
  const limits = limitsFor(asked.migrations)
  const scene: Scene = {
    schema,
    extensionSchemas: asked.extensionSchemas,
    run: null,
    applicationName: asked.applicationName,
    limits,
  }
  const parts = partsOf(asked, scene)
  const messages = parts.flatMap((part) => part.messages)
  const outcomes = await connection.flight([...messages.map(({ text }) => text), 'ROLLBACK', resetSession], limits.flightTimeoutMs)
  if (outcomes.at(-1)?.ok !== true) await connection.close()
  const problem = problemIn(outcomes.slice(0, messages.length), messages, schema)
  const structures = structuresIn(outcomes, parts)
  if (problem === null && structures.size < asked.at.length)
    return { structures, problem: ownError('no_snapshot', 'The replayed schema could not be read, without any statement failing.') }
  return { structures, problem }
}
