/** Leads one target to its norm, in one transaction that commits only what its structure proves. */
import type { Finding } from '../../contract/drift.ts'
import type { Facet, Structure } from '../../contract/structure.ts'
import type { AttemptError } from '../../contract/views.ts'
import { beginMessage, resetSession, searchPathOf, type Scene } from '../../migrations/apply.ts'
import { isRefusal } from '../../migrations/send-as-one.ts'
import { attemptError, ownError, type ErrorPlace } from '../../migrations/attempt-error.ts'
import { readSummary, selectSummary } from '../../migrations/history.ts'
import { mayLeaveState } from '../../migrations/statement-kinds.ts'
import type { FleetConnection, FlightOutcome } from '../../session/fleet-connection.ts'
import { quoteLiteral } from '../../sql/ident.ts'
import { codeOf, sqlstate } from '../../sql/sqlstate.ts'
import type { Statement } from '../../sql/statements.ts'
import { compareStructures } from '../compare/compare-structures.ts'
import { readStructure, structureQuestions } from '../snapshot/questions.ts'

export const repairFile = 'repair.sql'

/** What was frozen when somebody asked for the repair of a shape. */
export type RepairPlan = {
  readonly statements: readonly Statement[]
  readonly norm: Structure
  readonly ignored: readonly Facet[]
  /** Keys of the findings of the shape: a target that shows others is another shape's by now. */
  readonly before: readonly string[]
  /** Keys of those that stay: what is accepted, and what is left to people. */
  readonly left: readonly string[]
  /** That its history must have: the version whose norm it is. */
  readonly digest: string
}

export type RepairPlace = { readonly scene: Scene; readonly role: string | null; readonly serverVersion: number }

export type RepairOutcome =
  /** `left`: what still differs, and stays. */
  | { readonly kind: 'repaired'; readonly left: readonly Finding[] }
  /** Nothing was to be done. */
  | { readonly kind: 'norm' }
  /** It was only looked at, and could be repaired. */
  | { readonly kind: 'differs' }
  | { readonly kind: 'failed'; readonly error: AttemptError; readonly findings: readonly Finding[] }
  /** The connection was lost so late that it may have been committed: only another look knows. */
  | { readonly kind: 'unknown'; readonly error: AttemptError }

const nowhere: ErrorPlace = { version: null, file: null, statement: null }

const failed = (error: AttemptError, findings: readonly Finding[] = []): RepairOutcome => ({ kind: 'failed', error, findings })

const missing = (schema: string): RepairOutcome => failed(ownError('schema_missing', `There is no schema “${schema}” in the database.`))

const sentencesOf = (findings: readonly Finding[]): string =>
  [...findings.slice(0, 5).map(({ sentence }) => sentence), ...(findings.length > 5 ? [`And ${findings.length - 5} more.`] : [])].join(' ')

/** @throws the first error among the answers */
const rowsOf = (outcomes: readonly FlightOutcome[]): ReadonlyArray<readonly object[]> =>
  outcomes.map((outcome) => {
    if (outcome.ok) return outcome.rows
    throw outcome.error
  })

/** In the transaction that is open, so that nobody changes between look and repair what the repair holds locks on. */
const findingsNow = async (connection: FleetConnection, { scene, role, serverVersion }: RepairPlace, plan: RepairPlan): Promise<readonly Finding[] | null> => {
  const questions = structureQuestions({ schema: scene.schema, role }, serverVersion)
  const outcomes = await connection.flight(['SAVEPOINT tenantry_look', ...questions, 'ROLLBACK TO SAVEPOINT tenantry_look'], scene.limits.statementTimeoutMs)
  const structure = readStructure(rowsOf(outcomes))
  return structure && compareStructures(plan.norm, structure, plan.ignored)
}

const whyNot = (findings: readonly Finding[] | null, { before, left }: RepairPlan, schema: string): RepairOutcome | null => {
  if (findings === null) return missing(schema)
  if (findings.every(({ key }) => left.includes(key))) return { kind: 'norm' }
  const keys = new Set(findings.map(({ key }) => key))
  if (keys.size === new Set(before).size && before.every((key) => keys.has(key))) return null
  return failed(
    ownError(
      'other_shape',
      `Schema “${schema}” is of another shape by now. ${sentencesOf(findings)}`,
      nowhere,
      'Look at its structure again, and repair the shape that it has.',
    ),
    findings,
  )
}

const begin = async (connection: FleetConnection, { scene }: RepairPlace, plan: RepairPlan): Promise<RepairOutcome | null> => {
  const [, history] = rowsOf(await connection.flight([beginMessage(scene), selectSummary(scene.schema)], scene.limits.statementTimeoutMs))
  const row = history?.[0]
  if (row && readSummary(row).digest === plan.digest) return null
  return failed(
    ownError(
      'version_changed',
      `“${scene.schema}” is at another version by now than the one that this repair is for.`,
      nowhere,
      'Look at its structure again.',
    ),
  )
}

/** @returns what PostgreSQL said of the first statement that it refused */
const run = async (connection: FleetConnection, { scene, role }: RepairPlace, { statements }: RepairPlan): Promise<RepairOutcome | null> => {
  // Rights of the tenant's role are given by statements that ask for its name.
  const names = [`SET LOCAL search_path = ${searchPathOf(scene)}`, ...(role === null ? [] : [`SET LOCAL tenantry.role = ${quoteLiteral(role)}`])].join('; ')
  const outcomes = await connection.flight(
    [names, ...statements.map(({ text }) => text), 'SET CONSTRAINTS ALL IMMEDIATE'],
    scene.limits.flightTimeoutMs ?? scene.limits.statementTimeoutMs + 30_000,
  )
  for (const [index, outcome] of outcomes.entries()) {
    if (outcome.ok || codeOf(outcome.error) === sqlstate.transactionAborted) continue
    if (!isRefusal(outcome.error)) throw outcome.error
    return failed(attemptError(outcome.error, { version: null, file: repairFile, statement: statements[index - 1] ?? null }, scene.schema))
  }
  return null
}

const end = async (connection: FleetConnection, how: 'COMMIT' | 'ROLLBACK', plan: RepairPlan): Promise<FlightOutcome | undefined> => {
  const resets = plan.statements.some(mayLeaveState) ? [resetSession] : []
  const outcomes = await connection.flight([how, ...resets], 30_000)
  if (outcomes.some(({ ok }) => !ok)) await connection.close()
  return outcomes[0]
}

const inTransaction = async (connection: FleetConnection, place: RepairPlace, plan: RepairPlan, how: RepairHow): Promise<RepairOutcome> => {
  const { schema } = place.scene
  const unfit = (await begin(connection, place, plan)) ?? whyNot(await findingsNow(connection, place, plan), plan, schema)
  if (unfit) return unfit
  if (how === 'look') return { kind: 'differs' }
  const refused = await run(connection, place, plan)
  if (refused) return refused
  const after = await findingsNow(connection, place, plan)
  if (after === null) return missing(schema)
  const wrong = after.filter(({ key }) => !plan.left.includes(key))
  if (wrong.length === 0) return { kind: 'repaired', left: after }
  return failed(
    ownError(
      'not_the_norm',
      `The repair does not lead “${schema}” to its norm, so nothing of it was committed. ${sentencesOf(wrong)}`,
      nowhere,
      'Repair it by hand, or accept what differs.',
    ),
    wrong,
  )
}

/** `try`: everything is rolled back, which shows what would become of it; `look`: nothing is run. */
export type RepairHow = 'repair' | 'try' | 'look'

/**
 * @returns outcomes are data: nothing is thrown for the target's failure
 */
export const repairTarget = async (connection: FleetConnection, place: RepairPlace, plan: RepairPlan, how: RepairHow): Promise<RepairOutcome> => {
  let outcome: RepairOutcome
  try {
    outcome = await inTransaction(connection, place, plan, how)
  } catch (error) {
    // Nothing was committed: what the server still does for a connection that is gone is rolled back.
    if (isRefusal(error)) await end(connection, 'ROLLBACK', plan)
    else await connection.close()
    return failed(attemptError(error, nowhere, place.scene.schema))
  }
  const isKept = how === 'repair' && outcome.kind === 'repaired'
  const ended = await end(connection, isKept ? 'COMMIT' : 'ROLLBACK', plan)
  if (!isKept || (ended?.ok && ended.command === 'COMMIT')) return outcome
  const error = ended?.ok === false ? ended.error : new Error(`COMMIT was answered with ${ended?.command ?? 'nothing'}`)
  const said = attemptError(error, nowhere, place.scene.schema)
  return isRefusal(error) || ended?.ok ? failed(said) : { kind: 'unknown', error: said }
}
