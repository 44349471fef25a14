import { sql } from 'kysely'
import type { z } from 'zod'
import type { addDatabaseInput, checkDatabaseInput, removeDatabaseInput, setBudgetInput } from '../contract/commands.ts'
import type { Actor } from '../contract/permissions.ts'
import type { DatabaseFacts, AddedDatabase } from '../contract/views.ts'
import type { Library } from '../context.ts'
import { notesSchemaPrefix } from '../contract/slug.ts'
import { appendAudit } from '../control/audit.ts'
import type { ControlDb } from '../control/db.ts'
import { readInstallation } from '../control/installation.ts'
import { notify } from '../control/notify.ts'
import { unseal } from '../control/seal.ts'
import { TenancyError, isTenancyError } from '../errors.ts'
import { addressOf, parseDatabaseUrl, type DatabaseUrl } from '../sql/database-url.ts'
import { listDatabases } from './database-list.ts'
import { addressColumns, addressesOf, poolerDetail, probeAddresses } from './pooled-address.ts'
import type { Probe } from './probe.ts'

const factsOf = ({ identity: _identity, place: _place, connectionsOurs: _ours, ...facts }: Probe, pooled: DatabaseUrl | null): DatabaseFacts => ({
  ...facts,
  pooler: pooled && addressOf(pooled),
})

type CheckInput = z.output<typeof checkDatabaseInput>

/** Reads the server's facts and keeps nothing. It knocks at whatever address was typed, so the trail tells who knocked where and what answered. @throws database.* */
export const checkDatabase = async (library: Library, actor: Actor, input: CheckInput): Promise<DatabaseFacts> => {
  const addresses = addressesOf(input)
  const { direct: at, pooled } = addresses
  const record = (outcome: string): Promise<void> =>
    appendAudit(library.control.db, {
      actor,
      action: 'databases.check',
      subjectKind: 'database',
      subject: `${addressOf(at)}/${at.dbname}`,
      details: { user: at.user, ...poolerDetail(pooled), outcome },
    })
  try {
    const probe = await probeAddresses(library, addresses)
    await record('fit')
    return factsOf(probe, pooled)
  } catch (error) {
    if (isTenancyError(error)) await record(error.code)
    throw error
  }
}

type Room = { readonly max_connections: number; readonly reserved_connections: number }

/** What applications need beyond one is for whoever sets it to know. */
const requireRoom = (budget: number, { max_connections: max, reserved_connections: reserved }: Room): void => {
  if (budget >= max - reserved) throw new TenancyError('database.budget', { budget, max, reserved })
}

/** The server's row, made or brought up to date; its budget changes only when one is asked for. */
const keepServer = async (trx: ControlDb, probe: Probe, budget: number | undefined): Promise<number> => {
  const facts = {
    version: probe.version,
    version_num: probe.versionNum,
    max_connections: probe.maxConnections,
    reserved_connections: probe.reservedConnections,
  }
  if (budget !== undefined) requireRoom(budget, facts)
  const row = await trx
    .insertInto('server')
    .values({ identity: probe.identity, name: addressOf(probe), ...facts, budget: budget ?? probe.proposedBudget })
    .onConflict((conflict) => conflict.column('identity').doUpdateSet(budget === undefined ? facts : { ...facts, budget }))
    .returning('id')
    .executeTakeFirstOrThrow()
  return row.id
}

const refuseDoubles = async (trx: ControlDb, name: string, serverId: number, dbname: string): Promise<void> => {
  const taken = await trx
    .selectFrom('database')
    .select(['name', 'dbname', 'server_id'])
    .where((where) => where.or([where('name', '=', name), where.and([where('server_id', '=', serverId), where('dbname', '=', dbname)])]))
    .execute()
  if (taken.some((row) => row.name === name)) throw new TenancyError('database.exists', { database: name })
  const same = taken[0]
  if (same) throw new TenancyError('database.same', { database: same.name })
}

/** @throws database.* when the server is not fit, database.exists, database.same, database.budget */
export const addDatabase = async (library: Library, actor: Actor, input: z.output<typeof addDatabaseInput>): Promise<AddedDatabase> => {
  const addresses = addressesOf(input)
  const { direct: at, pooled } = addresses
  const probe = await probeAddresses(library, addresses)
  await library.control.db.transaction().execute(async (trx) => {
    // Two of these at once would both find the name free.
    await sql`lock table database in share row exclusive mode`.execute(trx)
    const serverId = await keepServer(trx, probe, input.budget)
    await refuseDoubles(trx, input.name, serverId, at.dbname)
    await trx
      .insertInto('database')
      .values({
        server_id: serverId,
        name: input.name,
        dbname: at.dbname,
        ...addressColumns(library.secret, addresses),
        problem: null,
        connections_used: probe.connectionsUsed,
        connections_ours: probe.connectionsOurs,
        connections_at: library.clock(),
        bytes: probe.bytes,
        checked_at: library.clock(),
      })
      .execute()
    await appendAudit(trx, {
      actor,
      action: 'databases.add',
      subjectKind: 'database',
      subject: input.name,
      details: { host: addressOf(at), ...poolerDetail(pooled), dbname: at.dbname, user: at.user, budget: input.budget ?? probe.proposedBudget },
    })
    await notify(trx, { topic: 'databases' })
  })
  const [row] = await listDatabases(library, input.name)
  if (!row) throw new TenancyError('database.unknown', { database: input.name })
  return { ...row, warnings: probe.warnings }
}

type Found = { readonly id: number; readonly server_id: number; readonly reachable: boolean; readonly notes_since: Date | null }

const findDatabase = async (trx: ControlDb, name: string): Promise<Found> => {
  const row = await trx.selectFrom('database').select(['id', 'server_id', 'reachable', 'notes_since']).where('name', '=', name).forUpdate().executeTakeFirst()
  if (!row) throw new TenancyError('database.unknown', { database: name })
  return row
}

/** The budget is the server's: it holds for all databases there. @throws database.unknown, database.budget */
export const setBudget = async ({ control }: Library, actor: Actor, input: z.output<typeof setBudgetInput>): Promise<void> => {
  await control.db.transaction().execute(async (trx) => {
    const { server_id } = await findDatabase(trx, input.name)
    const server = await trx
      .selectFrom('server')
      .select(['budget', 'max_connections', 'reserved_connections'])
      .where('id', '=', server_id)
      .forUpdate()
      .executeTakeFirstOrThrow()
    if (server.budget === input.budget) return
    requireRoom(input.budget, server)
    await trx.updateTable('server').set({ budget: input.budget }).where('id', '=', server_id).execute()
    await appendAudit(trx, {
      actor,
      action: 'databases.budget',
      subjectKind: 'database',
      subject: input.name,
      details: { before: server.budget, after: input.budget },
    })
    await notify(trx, { topic: 'databases' })
  })
}

/** Locked, so that nobody places a tenant on one meanwhile. @throws database.in_use, run.targets_busy */
const lockEmptyTargets = async (trx: ControlDb, database: string, id: number): Promise<readonly number[]> => {
  const targets = (await trx.selectFrom('target').select('id').where('database_id', '=', id).orderBy('id').forUpdate().execute()).map((row) => row.id)
  if (targets.length === 0) return targets
  const { count } = await trx
    .selectFrom('placement')
    .select((select) => select.fn.countAll<number>().as('count'))
    .where('target_id', 'in', targets)
    .executeTakeFirstOrThrow()
  if (count > 0) throw new TenancyError('database.in_use', { database, count })
  const { rows } = await sql<{ run: number; state: string; count: number }>`
    select r.id as run, r.state, count(*)::int as count from run_item i join run r on r.id = i.run_id
    where i.target_id = any(${[...targets]}::bigint[]) and r.state not in ('succeeded', 'failed', 'cancelled') group by r.id order by r.id limit 1`.execute(trx)
  if (rows[0]) throw new TenancyError('run.targets_busy', rows[0])
  return targets
}

/** What onboardings that failed left behind: schemas that no tenant lives in. Past runs keep their names. */
const forgetTargets = async (trx: ControlDb, database: string, targets: readonly number[]): Promise<void> => {
  if (targets.length === 0) return
  await sql`
    update run_item i set database_name = ${database}, schema_name = t.schema_name
    from target t where t.id = i.target_id and t.id = any(${[...targets]}::bigint[])`.execute(trx)
  await trx.deleteFrom('target').where('id', 'in', targets).execute()
}

/**
 * What is kept ready there is dropped first, by workers; what is out of reach can only be told of.
 * @returns names of schemas, and of roles of the same names, that are left behind
 * @throws database.pooled
 */
const forgetPools = async (trx: ControlDb, database: string, id: number, isReachable: boolean): Promise<readonly string[]> => {
  const { rows } = await sql<{ set: string; schemas: string[] }>`
    select s.name as set, array_agg(c.schema_name order by c.id) as schemas from pool_schema c join migration_set s on s.id = c.set_id
    where c.database_id = ${id} group by s.name order by s.name`.execute(trx)
  const [first] = rows
  if (first && isReachable) throw new TenancyError('database.pooled', { database, set: first.set, count: first.schemas.length })
  await trx.deleteFrom('pool_schema').where('database_id', '=', id).execute()
  await trx.deleteFrom('pool').where('database_id', '=', id).execute()
  return rows.flatMap(({ schemas }) => schemas)
}

/** Forgets the database; nothing in it is touched. @throws database.unknown, database.in_use while tenants live there, database.pooled, database.notes_on, run.targets_busy */
export const removeDatabase = async ({ control }: Library, actor: Actor, input: z.output<typeof removeDatabaseInput>): Promise<void> => {
  await control.db.transaction().execute(async (trx) => {
    const { id, server_id, reachable, notes_since } = await findDatabase(trx, input.name)
    if (notes_since && reachable) throw new TenancyError('database.notes_on', { database: input.name })
    const notes = notes_since ? [notesSchemaPrefix + (await readInstallation(trx))] : []
    const leftBehind = [...(await forgetPools(trx, input.name, id, reachable)), ...notes]
    await forgetTargets(trx, input.name, await lockEmptyTargets(trx, input.name, id))
    const sets = await trx.updateTable('migration_set').set({ default_database_id: null }).where('default_database_id', '=', id).returning('name').execute()
    await trx.deleteFrom('database').where('id', '=', id).execute()
    // Past runs still name their servers.
    await sql`
      delete from server s where id = ${server_id}
      and not exists (select from database d where d.server_id = s.id) and not exists (select from run_item i where i.server_id = s.id)`.execute(trx)
    await appendAudit(trx, {
      actor,
      action: 'databases.remove',
      subjectKind: 'database',
      subject: input.name,
      details: {
        ...(sets.length === 0 ? {} : { wasDefaultOf: sets.map((set) => set.name) }),
        ...(leftBehind.length === 0 ? {} : { leftBehind }),
      },
    })
    await notify(trx, { topic: 'databases' })
  })
}

/** For opening connections only. @throws secret.wrong */
export const openUrl = (secret: string, sealed: Uint8Array): DatabaseUrl => parseDatabaseUrl(unseal(secret, sealed))
