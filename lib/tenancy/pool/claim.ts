/** Makes a ready schema a tenant's: one transaction, one flight, and the same as if it had been built under the tenant's name. */
import { beginMessage, fly, type ApplyOutcome, type Message, type Scene } from '../migrations/apply.ts'
import { attemptError, type ErrorPlace } from '../migrations/attempt-error.ts'
import { digestExpression, historyTable } from '../migrations/history.ts'
import type { FleetConnection } from '../session/fleet-connection.ts'
import { quoteIdent, quoteLiteral, quoteQualified } from '../sql/ident.ts'
import { classify, codeOf } from '../sql/sqlstate.ts'
import { moveRights } from './move-rights.ts'
import { poolLock } from './names.ts'

/** The schema that an item was given; its role has the same name. */
export type Given = {
  readonly schema: string
  /** Functions that name the schema in their text or settings. */
  readonly functions: readonly number[]
  /** What was beside it in the search_path that it was built under, as `extensionSchemas` says it. */
  readonly extensions: string
}

export type ClaimPlan = {
  readonly role: string
  /** The tenant has the role already, by another target on this server. */
  readonly roleExists: boolean
  /** Digest that the history must have. */
  readonly expected: string
  /** By the server's own clock, in seconds: what is later does not commit, however long the process that asked for it was held up. */
  readonly until?: number
}

/** `unfit`: the schema is gone, or is not what it was taken for; nothing was done, and the tenant is to be built. */
export type ClaimOutcome = Extract<ApplyOutcome, { kind: 'applied' | 'failed' | 'unknown' }> | { readonly kind: 'unfit'; readonly code: string }

const nowhere: ErrorPlace = { version: null, file: null, statement: null }

const unfit = 'TN001'
const late = 'TN002'

/** Schemas of extensions, as they stand in the search_path of whatever is built. */
export const extensionSchemas = `(SELECT coalesce(string_agg(DISTINCT quote_ident(n.nspname), ', ' ORDER BY quote_ident(n.nspname)), '') FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE n.nspname NOT IN ('pg_catalog', 'public'))`

const refuseLate = (until: number): string =>
  `IF extract(epoch FROM clock_timestamp()) > ${until} THEN RAISE EXCEPTION 'the schema was to be claimed earlier' USING ERRCODE = '${late}'; END IF;`

/** Between the last look at the clock and COMMIT no more than this. */
const idleMs = 500

/** Renaming takes no look at what is renamed; a name that needs quotes would stand otherwise in the text of a function. */
const guard = (given: Given, schema: string, { expected, until }: ClaimPlan): string => {
  const pool = quoteLiteral(given.schema)
  const owned = `EXISTS (SELECT FROM pg_namespace WHERE nspname = ${pool} AND nspowner = (SELECT oid FROM pg_roles WHERE rolname = current_user))`
  const history = `(SELECT ${digestExpression} = ${quoteLiteral(expected)} FROM ${quoteQualified(given.schema, historyTable)})`
  const functions =
    given.functions.length === 0
      ? ''
      : ` OR quote_ident(${quoteLiteral(schema)}) <> ${quoteLiteral(schema)} OR ${quoteLiteral(given.extensions)} <> ${extensionSchemas}` +
        ` OR ${given.functions.length} <> (SELECT count(*) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = ${pool} AND p.oid IN (${given.functions.join(', ')}))`
  return `DO ${quoteLiteral(`BEGIN PERFORM ${poolLock(given.schema)}; ${until === undefined ? '' : refuseLate(until)} IF NOT ${owned} OR NOT ${history}${functions} THEN RAISE EXCEPTION 'the pool schema is not what it was' USING ERRCODE = '${unfit}'; END IF; END`)}`
}

/** Its owner, rights, comment and whatever hangs on it stay with a function that is replaced. */
const restateFunctions = (given: Given, schema: string): string[] =>
  given.functions.length === 0
    ? []
    : [
        'SET LOCAL check_function_bodies = off',
        `DO ${quoteLiteral(`DECLARE body text; BEGIN
  FOR body IN SELECT replace(pg_get_functiondef(p.oid), ${quoteLiteral(given.schema)}, ${quoteLiteral(schema)}) FROM pg_proc p WHERE p.oid IN (${given.functions.join(', ')})
  LOOP EXECUTE body; END LOOP; END`)}`,
      ]

/** The history tells of the tenant's onboarding, not of the hour in which the schema was laid in. */
const restateHistory = (schema: string, run: number | null): string =>
  `UPDATE ${quoteQualified(schema, historyTable)} SET run = ${run ?? 'NULL'}, applied_at = statement_timestamp(), finished_at = statement_timestamp()`

const messagesOf = (given: Given, plan: ClaimPlan, scene: Scene): Message[] =>
  [
    plan.until === undefined ? beginMessage(scene) : `${beginMessage(scene)}; SET LOCAL idle_in_transaction_session_timeout = ${idleMs}`,
    guard(given, scene.schema, plan),
    `ALTER SCHEMA ${quoteIdent(given.schema)} RENAME TO ${quoteIdent(scene.schema)}`,
    ...(plan.roleExists ? moveRights(given.schema, plan.role) : [`ALTER ROLE ${quoteIdent(given.schema)} RENAME TO ${quoteIdent(plan.role)}`]),
    ...restateFunctions(given, scene.schema),
    restateHistory(scene.schema, scene.run),
    ...(plan.until === undefined ? [] : [`DO ${quoteLiteral(`BEGIN ${refuseLate(plan.until)} END`)}`]),
  ].map((text) => ({ text, place: nowhere }))

/** @returns `failed` for what passes, such as a lock; whatever else PostgreSQL refuses, building will meet too or do without */
export const claimSchema = async (connection: FleetConnection, given: Given, plan: ClaimPlan, scene: Scene): Promise<ClaimOutcome> => {
  const result = await fly(connection, messagesOf(given, plan, scene), scene)
  if (result.kind === 'committed') return { kind: 'applied', summary: result.summary }
  if (result.kind === 'unknown') return { kind: 'unknown', error: attemptError(result.error, nowhere, scene.schema) }
  const code = codeOf(result.error)
  if (classify(code) === 'permanent') return { kind: 'unfit', code }
  return { kind: 'failed', error: attemptError(result.error, nowhere, scene.schema) }
}
