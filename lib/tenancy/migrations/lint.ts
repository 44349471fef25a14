import type { LintFinding } from '../contract/views.ts'
import { placeOf, walk, type Statement } from '../sql/statements.ts'
import { bodies } from './lint-bodies.ts'
import { foreignNames } from './lint-names.ts'
import type { Report, Rule } from './lint-rule.ts'
import { indexOf, isConcurrent, nodeOf } from './statement-kinds.ts'
import type { LoadedMigration } from './types.ts'

/** Rules that only schema-per-tenant needs; each says what breaks and what to write instead. */
const transactionControl: Rule = (migration, statement, report) => {
  if (statement.kind !== 'TransactionStmt') return
  report(
    'transaction_control',
    'error',
    migration.transactional
      ? 'ends or begins a transaction inside a migration that is one transaction with its history row; remove it'
      : 'transaction control is not part of a transaction=off migration: each statement commits by itself; remove it',
  )
}

const outsideTransaction: ReadonlySet<string> = new Set([
  'VacuumStmt',
  'CreatedbStmt',
  'DropdbStmt',
  'CreateTableSpaceStmt',
  'DropTableSpaceStmt',
  'AlterSystemStmt',
  'CreateSubscriptionStmt',
  'DropSubscriptionStmt',
])

const cannotRun: Rule = (migration, statement, report) => {
  const isAnalyze = statement.kind === 'VacuumStmt' && nodeOf(statement).is_vacuumcmd !== true
  if (outsideTransaction.has(statement.kind) && !isAnalyze)
    report('not_a_migration', 'error', 'cannot be part of a migration: it cannot run in a transaction, and a new tenant is built in one')
  else if (isConcurrent(statement) && migration.transactional)
    report(
      'needs_transaction_off',
      'error',
      'CONCURRENTLY cannot run in a transaction; put “-- tenantry: transaction=off” at the head of the file, alone with this statement',
    )
  else if (isConcurrent(statement) && statement.kind === 'IndexStmt' && indexOf(statement) === null)
    report('index_name', 'error', 'gives the index no name, so an invalid leftover of a broken build could not be told from others; name it')
}

/** What is wrong with setting a parameter in a migration; null when it is fine. */
const settingProblem = (name: string, isLocal: boolean): readonly [rule: string, message: string] | null => {
  if (name === 'search_path')
    return ['search_path', 'changes search_path, which is what keeps tenants apart; names are placed in the tenant’s schema by themselves']
  if (name === 'role' || name === 'session_authorization') return ['role_change', 'changes the role that the migration runs under; remove it']
  return isLocal ? null : ['session_setting', `sets ${name || 'a parameter'} for the session, which goes on to the next tenant; write SET LOCAL`]
}

const settings: Rule = (_, statement, report) => {
  const node = nodeOf(statement)
  if (statement.kind === 'CreateFunctionStmt' || statement.kind === 'AlterFunctionStmt')
    walk(statement.node, (key, value) => {
      // FROM CURRENT keeps the tenant's own.
      if (key === 'VariableSetStmt' && String(value.name).toLowerCase() === 'search_path' && value.kind !== 'VAR_SET_CURRENT')
        report('search_path', 'error', 'gives a function another search_path than the tenant’s; write SET search_path FROM CURRENT')
    })
  if (statement.kind === 'DiscardStmt') report('session_setting', 'error', 'DISCARD throws the session’s settings away; remove it')
  if (statement.kind === 'VariableSetStmt') {
    const problem = settingProblem(String(node.name ?? '').toLowerCase(), node.is_local === true)
    if (problem) report(problem[0], 'error', problem[1])
  }
  // pg_dump writes its settings as calls.
  walk(statement.node, (key, value) => {
    if (key !== 'FuncCall' || lastName(value.funcname) !== 'set_config' || !Array.isArray(value.args)) return
    const [name, , isLocal] = (value.args as Array<{ A_Const?: { sval?: { sval?: string }; boolval?: { boolval?: boolean } } }>).map(
      ({ A_Const: constant }) => constant,
    )
    const problem = settingProblem(name?.sval?.sval?.toLowerCase() ?? '', isLocal?.boolval?.boolval === true)
    if (problem) report(problem[0], 'error', problem[1], typeof value.location === 'number' ? value.location : undefined)
  })
}

type Made = { readonly relpersistence?: string; readonly schemaname?: string }
type Into = { readonly rel?: Made; readonly onCommit?: string }

/** The relation that a statement makes, and what COMMIT does with it. */
const madeBy = (statement: Statement): { readonly relation: Made | undefined; readonly onCommit: unknown } => {
  const node = nodeOf(statement)
  const into = (node.into ?? node.intoClause) as Into | undefined
  if (into) return { relation: into.rel, onCommit: into.onCommit }
  const relation =
    statement.kind === 'CreateStmt' ? node.relation : statement.kind === 'ViewStmt' ? node.view : statement.kind === 'CreateSeqStmt' ? node.sequence : undefined
  return { relation: relation as Made | undefined, onCommit: node.oncommit }
}

const sessionObjects: ReadonlyMap<string, string> = new Map([
  ['PrepareStmt', 'PREPARE'],
  ['ListenStmt', 'LISTEN'],
])
const cursorHold = 0x20

/** The session goes on to the next tenant. */
const sessionState: Rule = (_, statement, report) => {
  const { relation, onCommit } = madeBy(statement)
  if ((relation?.relpersistence === 't' || relation?.schemaname === 'pg_temp') && onCommit !== 'ONCOMMIT_DROP')
    report(
      'temporary',
      'error',
      'makes something temporary that outlives the transaction, and the session goes on to the next tenant; make it a table with ON COMMIT DROP',
    )
  const node = nodeOf(statement)
  const holds = statement.kind === 'DeclareCursorStmt' && (Number(node.options) & cursorHold) !== 0
  const what = holds ? 'a cursor WITH HOLD' : sessionObjects.get(statement.kind)
  if (what) report('session_object', 'error', `${what} stays with the session, which goes on to the next tenant; remove it`)
  walk(statement.node, (key, value) => {
    const name = key === 'FuncCall' ? lastName(value.funcname) : null
    if (name !== null && /^pg_(try_)?advisory_lock(_shared)?$/.test(name))
      report(
        'session_lock',
        'error',
        `${name} holds its lock for the session, which goes on to the next tenant; write ${name.replace('_lock', '_xact_lock')}`,
        typeof value.location === 'number' ? value.location : undefined,
      )
  })
}

const lastName = (list: unknown): string | null => {
  const last: unknown = Array.isArray(list) ? list.at(-1) : null
  return typeof last === 'object' && last !== null && 'String' in last ? ((last.String as { sval?: string }).sval ?? null) : null
}

const otherSchema: Rule = (_, statement, report) => {
  if (['CreateSchemaStmt', 'AlterObjectSchemaStmt'].includes(statement.kind))
    report('other_schema', 'error', 'makes or moves something into another schema; a migration stays inside the tenant’s own')
  for (const { schema, reads, isTable, offset } of foreignNames(statement.node)) {
    const whose = schema === 'public' ? 'the schema public, which all tenants share' : `the schema “${schema}”`
    // Functions and types may be an extension's, wherever that was put.
    if (reads && isTable && schema !== 'public')
      report(
        'reads_other_schema',
        'error',
        `reads ${whose}, which may be another tenant’s: write the name without a schema, or keep what all tenants share in public`,
        offset,
      )
    else if (reads)
      report('reads_other_schema', 'warning', `refers to ${whose}: it locks there for all tenants at once, and does not move with the tenant`, offset)
    else report('names_schema', 'error', `changes ${whose}: write the name without a schema, it is placed in the tenant’s own`, offset)
  }
}

const sharedObjects: ReadonlyMap<string, string> = new Map([
  ['CreateExtensionStmt', 'an extension belongs to the whole database'],
  ['AlterExtensionStmt', 'an extension belongs to the whole database'],
  ['CreateRoleStmt', 'a role belongs to the whole server'],
  ['AlterRoleStmt', 'a role belongs to the whole server'],
  ['AlterRoleSetStmt', 'a role belongs to the whole server'],
  ['DropRoleStmt', 'a role belongs to the whole server'],
  ['CreateEventTrigStmt', 'an event trigger belongs to the whole database'],
  ['CreatePublicationStmt', 'a publication belongs to the whole database'],
  ['AlterDatabaseStmt', 'this changes the whole database'],
  ['AlterDatabaseSetStmt', 'this changes the whole database'],
])

const shared: Rule = (_, statement, report) => {
  const why = sharedObjects.get(statement.kind)
  if (why) report('shared_object', 'error', `${why}, so the first tenant’s migration would do it and the next one’s fail; do it once per database instead`)
}

/** Schemas are named here by their bare name, which looks like any other. */
const schemaKinds: ReadonlySet<string> = new Set([
  'OBJECT_SCHEMA',
  'OBJECT_EXTENSION',
  'OBJECT_DATABASE',
  'OBJECT_ROLE',
  'OBJECT_EVENT_TRIGGER',
  'OBJECT_PUBLICATION',
])
const reachingStatements: ReadonlySet<string> = new Set(['DropOwnedStmt', 'ReassignOwnedStmt', 'GrantRoleStmt', 'AlterDefaultPrivilegesStmt'])

const wholeSchemas: Rule = (_, statement, report) => {
  const node = nodeOf(statement)
  const kind = [node.removeType, node.renameType, node.objectType, node.objtype].find((value) => typeof value === 'string' && schemaKinds.has(value))
  if (kind !== undefined && statement.kind !== 'CommentStmt')
    report('whole_schema', 'error', 'drops, renames or hands over something that is larger than a tenant; a migration stays inside the tenant’s own schema')
  else if (node.targtype === 'ACL_TARGET_ALL_IN_SCHEMA' || reachingStatements.has(statement.kind))
    report('whole_schema', 'error', 'changes rights or owners beyond named objects of the tenant; grant on the tables by their names')
  else if (statement.kind === 'DropStmt' && (node.removeType === 'OBJECT_TYPE' || node.removeType === 'OBJECT_DOMAIN'))
    for (const { schema } of foreignNames(statement.node))
      report('names_schema', 'error', `drops something of the schema “${schema}”: write the name without a schema`)
}

const copy: Rule = (_, statement, report) => {
  if (statement.kind === 'CopyStmt') report('copy', 'error', 'COPY reads or writes outside of the migration; write INSERT instead')
}

const history: Rule = (_, statement, report) => {
  walk(statement.node, (_key, value) => {
    const isDropped = statement.kind === 'DropStmt' && lastName(value.items) === 'tenantry_history'
    if (value.relname === 'tenantry_history' || isDropped)
      report('history', 'error', 'touches tenantry_history, which is Tenantry’s own record of what was applied')
  })
}

const ifNotExists: Rule = (_, statement, report) => {
  const node = nodeOf(statement)
  if (node.if_not_exists === true)
    report(
      'if_not_exists',
      'warning',
      'IF NOT EXISTS skips silently over something else of that name; the history already keeps a migration from running twice',
    )
}

const plainIndex: Rule = (migration, statement, report) => {
  if (statement.kind !== 'IndexStmt' || isConcurrent(statement) || !migration.transactional) return
  const table = (nodeOf(statement).relation as { relname?: string } | undefined)?.relname
  const madeHere = migration.statements.some(
    (other) => other.kind === 'CreateStmt' && (nodeOf(other).relation as { relname?: string } | undefined)?.relname === table,
  )
  if (!madeHere)
    report(
      'blocking_index',
      'warning',
      `blocks writes to ${table ?? 'the table'} while it builds; for large tenants use CREATE INDEX CONCURRENTLY in a transaction=off file`,
    )
}

const rules: readonly Rule[] = [
  transactionControl,
  cannotRun,
  settings,
  otherSchema,
  wholeSchemas,
  shared,
  sessionState,
  copy,
  history,
  ifNotExists,
  plainIndex,
  bodies,
]

/** All findings of one migration, by line. */
export const lintMigration = (migration: LoadedMigration): LintFinding[] => {
  const script = Buffer.from(migration.sql, 'utf8')
  const findings = migration.statements.flatMap((statement) => {
    const found: LintFinding[] = []
    const report: Report = (rule, level, message, offset) => {
      const place = offset === undefined || offset < 0 ? statement : placeOf(script, offset)
      found.push({ rule, level, file: migration.file, line: place.line, column: place.column, message })
    }
    for (const rule of rules) rule(migration, statement, report)
    return found
  })
  return findings.toSorted((a, b) => a.line - b.line || a.column - b.column)
}
