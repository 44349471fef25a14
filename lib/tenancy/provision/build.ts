/** Builds one tenant's schema, role, grants, migrations and history in one transaction. */
import type { AttemptError } from '../contract/views.ts'
import { ownError, attemptError, type ErrorPlace } from '../migrations/attempt-error.ts'
import { beginMessage, fly, historyRowOf, searchPathOf, type ApplyOutcome, type Message, type Scene } from '../migrations/apply.ts'
import { createHistory, historyTable, insertHistory } from '../migrations/history.ts'
import { insideTransaction } from '../migrations/statement-kinds.ts'
import type { ExecutableMigration } from '../migrations/types.ts'
import type { FleetConnection } from '../session/fleet-connection.ts'
import { quoteIdent, quoteLiteral, quoteQualified } from '../sql/ident.ts'
import { codeOf } from '../sql/sqlstate.ts'
import { parseStatements } from '../sql/statements.ts'

export type BuildPlan = {
  readonly role: string
  /** The role is there already by right: the same tenant has another target on this server. */
  readonly roleExists: boolean
  readonly migrations: readonly ExecutableMigration[]
  readonly seedSql: string | null
  /** Digest that the history must have in the end. */
  readonly expected: string
}

const nowhere: ErrorPlace = { version: null, file: null, statement: null }
const plain = (text: string): Message => ({ text, place: nowhere })

const comment = 'Made by Tenantry for one tenant; rights on that tenant’s schemas only.'

/** The tenant's role may use what is in its schema and whatever migrations add later, but not its history. */
const grants = (schema: string, role: string): string[] => {
  const s = quoteIdent(schema)
  const r = quoteIdent(role)
  return [
    `GRANT USAGE ON SCHEMA ${s} TO ${r}`,
    `ALTER DEFAULT PRIVILEGES IN SCHEMA ${s} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO ${r}`,
    `ALTER DEFAULT PRIVILEGES IN SCHEMA ${s} GRANT USAGE, SELECT ON SEQUENCES TO ${r}`,
    `ALTER DEFAULT PRIVILEGES IN SCHEMA ${s} GRANT EXECUTE ON FUNCTIONS TO ${r}`,
  ]
}

const createRole = (role: string): string[] => [`CREATE ROLE ${quoteIdent(role)} NOLOGIN`, `COMMENT ON ROLE ${quoteIdent(role)} IS ${quoteLiteral(comment)}`]

/**
 * A schema that is adopted may have its role already: the control database that knew both was put back to a backup. It is that role if Tenantry has made it and it
 * may use this schema; any other of its name is refused as ever.
 */
const createRoleUnlessOwn = (role: string, schema: string): string =>
  `DO ${quoteLiteral(`BEGIN
  IF NOT EXISTS (
    SELECT FROM pg_roles r JOIN pg_namespace n ON n.nspname = ${quoteLiteral(schema)} CROSS JOIN LATERAL aclexplode(n.nspacl) a
    WHERE r.rolname = ${quoteLiteral(role)} AND a.grantee = r.oid AND a.privilege_type = 'USAGE' AND shobj_description(r.oid, 'pg_authid') = ${quoteLiteral(comment)})
  THEN
    ${createRole(role).join('; ')};
  END IF;
END`)}`

/**
 * What COMMIT does between two migrations of a rollout: deferred constraints are checked, else their pending events would refuse the next ALTER TABLE. By name,
 * because ALL would also hold for constraints that are made later, and nothing in a transaction takes that back.
 */
const checkDeferred = (schema: string): string =>
  `DO ${quoteLiteral(`DECLARE names text;
BEGIN
  SELECT string_agg(DISTINCT format('%I.%I', n.nspname, c.conname), ', ') INTO names
  FROM pg_constraint c JOIN pg_namespace n ON n.oid = c.connamespace
  WHERE n.nspname = ${quoteLiteral(schema)} AND c.condeferred
    AND NOT EXISTS (SELECT FROM pg_constraint o WHERE o.connamespace = c.connamespace AND o.conname = c.conname AND NOT o.condeferrable);
  IF names IS NOT NULL THEN
    EXECUTE 'SET CONSTRAINTS ' || names || ' IMMEDIATE';
    EXECUTE 'SET CONSTRAINTS ' || names || ' DEFERRED';
  END IF;
END`)}`

/** The catalog has no index by which a schema's constraints are found, so it is not asked where nothing could have been deferred. */
const mayDefer = (migration: ExecutableMigration): boolean => migration.statements.some(({ text }) => /deferred/i.test(text))

const migrationMessages = (schema: string, run: number | null, migration: ExecutableMigration, isDeferring: boolean): Message[] => {
  const place: ErrorPlace = { version: migration.version, file: migration.file, statement: null }
  const body = migration.statements.flatMap((statement): Message[] => {
    const text = insideTransaction(statement)
    return text === null ? [] : [{ text, place: { ...place, statement } }]
  })
  const record = insertHistory(schema, [historyRowOf(migration, run)])
  return [{ text: isDeferring ? `${checkDeferred(schema)}; ${record}` : record, place }, ...body]
}

const seedMessages = async (seedSql: string | null): Promise<Message[]> => {
  if (seedSql === null) return []
  const statements = await parseStatements(seedSql)
  return statements.map((statement) => ({ text: statement.text, place: { version: null, file: 'seed.sql', statement } }))
}

/** @returns `applied` with the history as read back; `failed` leaves neither schema nor role behind */
export const buildTenant = async (connection: FleetConnection, plan: BuildPlan, scene: Scene): Promise<ApplyOutcome> => {
  const { schema } = scene
  const firstDeferring = plan.migrations.findIndex(mayDefer)
  const messages: Message[] = [
    plain(beginMessage(scene)),
    ...(plan.roleExists ? [] : createRole(plan.role).map(plain)),
    plain(`CREATE SCHEMA ${quoteIdent(schema)}`),
    plain(createHistory(schema)),
    ...grants(schema, plan.role).map(plain),
    plain(`SET LOCAL search_path = ${searchPathOf(scene)}`),
    ...plan.migrations.flatMap((migration, index) => migrationMessages(schema, scene.run, migration, firstDeferring !== -1 && index > firstDeferring)),
    ...(await seedMessages(plan.seedSql)),
  ]
  return settle(await fly(connection, messages, scene), plan, scene)
}

/**
 * Adopts a schema that is there already: history rows up to the baseline, nothing run, nothing else changed.
 */
export const adoptSchema = async (connection: FleetConnection, plan: BuildPlan, hasHistory: boolean, scene: Scene): Promise<ApplyOutcome> => {
  const { schema } = scene
  const role = quoteIdent(plan.role)
  const s = quoteIdent(schema)
  const messages: Message[] = [
    plain(beginMessage(scene)),
    ...(plan.roleExists ? [] : [plain(createRoleUnlessOwn(plan.role, schema))]),
    ...grants(schema, plan.role).map(plain),
    plain(`GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${s} TO ${role}`),
    plain(`GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA ${s} TO ${role}`),
    ...(hasHistory ? [] : [plain(createHistory(schema))]),
    plain(`REVOKE ALL ON TABLE ${quoteQualified(schema, historyTable)} FROM ${role}`),
    ...(hasHistory || plan.migrations.length === 0
      ? []
      : [
          plain(
            insertHistory(
              schema,
              plan.migrations.map((migration) => ({ ...historyRowOf(migration, scene.run), baseline: true })),
            ),
          ),
        ]),
  ]
  return settle(await fly(connection, messages, scene), plan, scene)
}

const settle = (result: Awaited<ReturnType<typeof fly>>, plan: BuildPlan, scene: Scene): ApplyOutcome => {
  if (result.kind === 'committed')
    return result.summary.digest === plan.expected
      ? { kind: 'applied', summary: result.summary }
      : {
          kind: 'failed',
          error: ownError(
            'history_mismatch',
            `The history of “${scene.schema}” is not the one expected after onboarding.`,
            nowhere,
            `The schema and the role “${plan.role}” are in place nevertheless. Look at the history; then adopt the schema at its version (baseline), or drop what was made and onboard the tenant again.`,
          ),
        }
  if (result.kind === 'unknown') return { kind: 'unknown', error: attemptError(result.error, nowhere, scene.schema) }
  return { kind: 'failed', error: explain(result.error, result.place, plan, scene) }
}

const explain = (error: Error & { code?: string }, place: ErrorPlace, plan: BuildPlan, scene: Scene): AttemptError => {
  const described = attemptError(error, place, scene.schema)
  if (codeOf(error) === '42P06' && place.version === null)
    return {
      ...described,
      code: 'schema_exists',
      message: `A schema “${scene.schema}” is there already.`,
      hint: 'To adopt it as it is, onboard the tenant again and say which version it is at (baseline).',
    }
  if (codeOf(error) === '42710' && place.version === null)
    return {
      ...described,
      code: 'role_exists',
      message: `A role “${plan.role}” is there already and belongs to no tenant of this fleet.`,
      hint: 'Drop or rename that role, then onboard the tenant again.',
    }
  return described
}
