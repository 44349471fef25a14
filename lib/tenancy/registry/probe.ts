import { minBudget } from '../contract/commands.ts'
import type { DatabaseFacts } from '../contract/views.ts'
import { budgetPrefix } from '../control/installation.ts'
import { TenancyError } from '../errors.ts'
import { quoteIdent, quoteLiteral } from '../sql/ident.ts'
import { codeOf, sqlstate } from '../sql/sqlstate.ts'
import { addressOf, type DatabaseUrl } from '../sql/database-url.ts'
import { ask, lookWithin, openLook, placeQuery, probeName, type LookClient } from './look-client.ts'

/** What looking at a server shows. `identity` tells two addresses of one server apart from two servers, `place` those of one database there while it runs. */
export type Probe = Omit<DatabaseFacts, 'pooler'> & { readonly identity: string; readonly place: string; readonly connectionsOurs: number }

/** Bound on a whole look, connecting included. */
const defaultDeadlineMs = 12_000
const oldestVersion = 130_000

/**
 * A tenth of what the server has for its users, at most 20 and not more than half of what is free now, but always what is needed at least: beyond a few
 * connections a core nothing is gained, and the server is there for others first.
 */
export const proposeBudget = (facts: { readonly maxConnections: number; readonly reservedConnections: number; readonly connectionsUsed: number }): number => {
  const usable = facts.maxConnections - facts.reservedConnections
  const wished = Math.min(20, Math.floor(usable / 10))
  return Math.max(minBudget, Math.min(wished, Math.floor((usable - facts.connectionsUsed) / 2)))
}

type FactsRow = {
  max: string
  reserved: string
  recovery: string
  /** Where `default_transaction_read_only` is switched on, in the words of pg_settings; null where it is off. */
  read_only_by: string | null
  may_create: string
  may_create_roles: string
  bytes: string
  schemas: string
  used: string
  ours: string
  place: string
}

const factsQuery = (prefix: string): string => `select
  current_setting('max_connections') as max,
  (current_setting('superuser_reserved_connections')::int + coalesce(current_setting('reserved_connections', true)::int, 0))::text as reserved,
  pg_is_in_recovery()::text as recovery,
  (select source from pg_settings where name = 'default_transaction_read_only' and setting = 'on') as read_only_by,
  has_database_privilege(current_database(), 'CREATE')::text as may_create,
  (select (rolcreaterole or rolsuper)::text from pg_roles where rolname = current_user) as may_create_roles,
  pg_database_size(current_database())::text as bytes,
  (select count(*) from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema')::text as schemas,
  (select count(*) from pg_stat_activity where backend_type = 'client backend' and application_name is distinct from '${probeName}')::text as used,
  (select count(*) from pg_stat_activity where starts_with(application_name, ${quoteLiteral(prefix)}))::text as ours,
  ${placeQuery} as place`

/** Null where the right to read it was taken away. */
const systemIdentifierOf = async (client: LookClient): Promise<string | null> => {
  try {
    return (await ask<{ id: string }>(client, 'select system_identifier::text as id from pg_control_system()')).id
  } catch (error) {
    if (codeOf(error) === sqlstate.insufficientPrivilege || codeOf(error) === sqlstate.undefinedFunction) return null
    throw error
  }
}

const backendOf = async (client: LookClient): Promise<string> => (await ask<{ pid: string }>(client, 'select pg_backend_pid()::text as pid')).pid

/** A server greets each client with the number of the backend that serves it; a pooler does not know yet which that will be, and makes one up. */
const isDirect = async (client: LookClient): Promise<boolean> => {
  const rows = await client.unsafe<{ pid: string }[]>('select pg_backend_pid()::text as pid').simple()
  return String(rows.state.pid) === rows[0]?.pid
}

/**
 * A pooler in transaction mode lends one backend to several clients in turn: a second client that holds a transaction either got the first
 * one's backend, or drove the first one to another. Only where something stands in between is a second connection worth its place.
 */
const isTransactionPooler = async (first: LookClient, second: LookClient): Promise<boolean> => {
  if (await isDirect(first)) return false
  const before = await backendOf(first)
  // Not on a reserved connection: the driver writes to one whose socket is gone, outside of any promise.
  try {
    const [, rows] = await second.unsafe<{ pid?: string }[][]>('begin; select pg_backend_pid()::text as pid').simple()
    if (rows?.[0]?.pid === before) return true
    return (await backendOf(first)) !== before
  } finally {
    await second
      .unsafe('rollback')
      .simple()
      .catch(() => {})
  }
}

const assertVersion = async (client: LookClient, host: string): Promise<{ version: string; versionNum: number }> => {
  const { version, num } = await ask<{ version: string; num: string }>(
    client,
    `select current_setting('server_version') as version, current_setting('server_version_num') as num`,
  )
  // "15.18 (Debian 15.18-0+deb12u1)"
  const short = version.split(' ')[0] ?? version
  if (Number(num) < oldestVersion) throw new TenancyError('database.version', { host, version: short })
  return { version: short, versionNum: Number(num) }
}

const assertUsable = (row: FactsRow, at: DatabaseUrl): void => {
  if (row.recovery === 'true') throw new TenancyError('database.read_only', { host: addressOf(at) })
  if (row.may_create !== 'true')
    throw new TenancyError('database.rights', {
      user: at.user,
      right: `to create schemas in database “${at.dbname}”`,
      remedy: `grant create on database ${quoteIdent(at.dbname)} to ${quoteIdent(at.user)}`,
    })
}

const readOnly = 'default_transaction_read_only'

/** Where it is set, by the source that pg_settings names, and what takes it away. */
const readOnlyPlace = (source: string, { user, dbname }: DatabaseUrl): { readonly where: string; readonly remedy: string } => {
  const reset = `reset ${readOnly}`
  switch (source) {
    case 'user':
      return { where: `for the role “${user}”`, remedy: `alter role ${quoteIdent(user)} ${reset}` }
    case 'database':
      return { where: `for the database “${dbname}”`, remedy: `alter database ${quoteIdent(dbname)} ${reset}` }
    case 'database user':
      return {
        where: `for the role “${user}” in the database “${dbname}”`,
        remedy: `alter role ${quoteIdent(user)} in database ${quoteIdent(dbname)} ${reset}`,
      }
    case 'global':
      return { where: 'for all roles', remedy: `alter role all ${reset}` }
    default:
      return { where: 'for the whole server', remedy: `alter system set ${readOnly} = off; select pg_reload_conf()` }
  }
}

/** What stops nobody from working here, but somebody later. */
const warningsOf = ({ may_create_roles, read_only_by }: FactsRow, at: DatabaseUrl): readonly string[] => {
  const warnings: string[] = []
  if (may_create_roles !== 'true')
    warnings.push(`The user “${at.user}” may not create roles, so tenants cannot be onboarded here. To allow it: alter role ${quoteIdent(at.user)} createrole`)
  if (read_only_by !== null) {
    const { where, remedy } = readOnlyPlace(read_only_by, at)
    warnings.push(
      `Transactions are read-only here unless they ask to write: ${readOnly} is on ${where}. Tenantry’s ask; whoever else connects has to. To change it: ${remedy}`,
    )
  }
  return warnings
}

const look = async (at: DatabaseUrl, clients: readonly [LookClient, LookClient], { installation, thorough }: ProbeOptions): Promise<Probe> => {
  const [client, other] = clients
  const host = addressOf(at)
  const { version, versionNum } = await assertVersion(client, host)
  if (thorough && (await isTransactionPooler(client, other))) throw new TenancyError('database.pooler', { host })
  const row = await ask<FactsRow>(client, factsQuery(budgetPrefix(installation)))
  assertUsable(row, at)
  const systemIdentifier = await systemIdentifierOf(client)
  const counts = { maxConnections: Number(row.max), reservedConnections: Number(row.reserved), connectionsUsed: Number(row.used) }
  return {
    host: at.host,
    port: at.port,
    dbname: at.dbname,
    user: at.user,
    version,
    versionNum,
    systemIdentifier,
    identity: systemIdentifier ?? host,
    place: row.place,
    ...counts,
    connectionsOurs: Number(row.ours),
    proposedBudget: proposeBudget(counts),
    bytes: Number(row.bytes),
    schemas: Number(row.schemas),
    warnings: warningsOf(row, at),
  }
}

export type ProbeOptions = {
  /** Whose connections are counted as ours. */
  readonly installation: string
  /** Also looks for a pooler in between, over a second connection. */
  readonly thorough?: boolean
  readonly deadlineMs?: number
}

/**
 * Connects, reads the server's facts and closes, within a bounded time.
 * @throws database.unreachable, .auth, .missing, .read_only, .rights, .pooler or .version
 */
export const probeDatabase = (at: DatabaseUrl, options: ProbeOptions): Promise<Probe> => {
  const clients = [openLook(at), openLook(at)] as const
  return lookWithin(at, clients, options.deadlineMs ?? defaultDeadlineMs, look(at, clients, options))
}
