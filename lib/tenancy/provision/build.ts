/** Builds one tenant's schema, role, grants, migrations and history in one transaction. */
import type { AttemptError } from '../contract/views.ts'
import { ownError, attemptError, type ErrorPlace } from '../migrations/attempt-error.ts'
import { beginMessage, fly, flyKnown, historyRowOf, mayTouchHistory, type ApplyOutcome, type Message, type Scene } from '../migrations/apply.ts'
import { createRole, migrationMessages, nowhere, openingMessages, plain, roleComment, tenantGrants } from '../migrations/build-messages.ts'
import { createHistory, historyTable, insertHistory, type HistorySummary } from '../migrations/history.ts'
import { statementsOf } from '../migrations/parsed.ts'
import type { ExecutableMigration } from '../migrations/types.ts'
import type { FleetConnection } from '../session/fleet-connection.ts'
import { quoteIdent, quoteLiteral, quoteQualified } from '../sql/ident.ts'
import { codeOf } from '../sql/sqlstate.ts'

export type BuildPlan = {
  readonly role: string
  /** The role is there already by right: the same tenant has another target on this server. */
  readonly roleExists: boolean
  readonly migrations: readonly ExecutableMigration[]
  readonly seedSql: string | null
  /** Digest that the history must have in the end. */
  readonly expected: string
}

/**
 * A schema that is adopted may have its role already: the control database that knew both was put back to a backup. It is that role if Tenantry has made it and it
 * may use this schema; any other of its name is refused as ever.
 */
const createRoleUnlessOwn = (role: string, schema: string): string =>
  `DO ${quoteLiteral(`BEGIN
  IF NOT EXISTS (
    SELECT FROM pg_roles r JOIN pg_namespace n ON n.nspname = ${quoteLiteral(schema)} CROSS JOIN LATERAL aclexplode(n.nspacl) a
    WHERE r.rolname = ${quoteLiteral(role)} AND a.grantee = r.oid AND a.privilege_type = 'USAGE' AND shobj_description(r.oid, 'pg_authid') = ${quoteLiteral(roleComment)})
  THEN
    ${createRole(role).join('; ')};
  END IF;
END`)}`

const seedMessages = async (seedSql: string | null): Promise<Message[]> => {
  if (seedSql === null) return []
  const statements = await statementsOf(seedSql, seedSql)
  return statements.map((statement) => ({ text: statement.text, place: { version: null, file: 'seed.sql', statement } }))
}

/** What the history holds when the transaction that made it has committed, and nothing else wrote to it. */
const summaryOf = ({ migrations, expected }: BuildPlan, run: number | null): HistorySummary => {
  const version = migrations.at(-1)?.version ?? null
  return { applied: migrations.length, version, digest: expected, lastRun: version === null ? null : run, unfinished: null }
}

/** @returns `applied` with what the history holds; `failed` leaves neither schema nor role behind */
export const buildTenant = async (connection: FleetConnection, plan: BuildPlan, scene: Scene): Promise<ApplyOutcome> => {
  const messages: Message[] = [
    ...openingMessages(scene, { name: plan.role, exists: plan.roleExists }),
    ...migrationMessages(plan.migrations, scene).flat(),
    ...(await seedMessages(plan.seedSql)),
  ]
  const statements = messages.flatMap(({ place }) => place.statement ?? [])
  const after = mayTouchHistory(statements) ? null : summaryOf(plan, scene.run)
  return settle(await flyKnown(connection, messages, scene, after), plan, scene)
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
    ...tenantGrants(schema, plan.role).map(plain),
    plain(`GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${s} TO ${role}`),
    plain(`GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA ${s} TO ${role}`),
    plain(`GRANT EXECUTE ON ALL ROUTINES IN SCHEMA ${s} TO ${role}`),
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
  // Else it is a migration's or the seed's.
  const isOwn = place.version === null && place.statement === null
  if (codeOf(error) === '42P06' && isOwn)
    return {
      ...described,
      code: 'schema_exists',
      message: `A schema “${scene.schema}” is there already.`,
      hint: 'To adopt it as it is, onboard the tenant again and say which version it is at (baseline).',
    }
  if (codeOf(error) === '42710' && isOwn)
    return {
      ...described,
      code: 'role_exists',
      message: `A role “${plan.role}” is there already and belongs to no tenant of this fleet.`,
      hint: 'Drop or rename that role, then onboard the tenant again.',
    }
  return described
}
