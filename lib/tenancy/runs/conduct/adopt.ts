/** What a conductor takes up: the open runs that have items on its server, and these items. */
import { sql } from 'kysely'
import { isStoppingRun, type RunKind, type RunState } from '../../contract/states.ts'
import type { ControlDb } from '../../control/db.ts'
import { notification, notify, runNotification } from '../../control/notify.ts'
import type { FrozenMigration, FrozenRepair, OnboardOptions } from '../../control/schema.ts'
import { openRepair } from '../../drift/repair/plan-repair.ts'
import { parsedBefore, statementsOf, touchesShared } from '../../migrations/parsed.ts'
import type { Given } from '../../pool/claim.ts'
import { takeQuestion } from './ask-item.ts'
import { heldLease, lostLease, requireLease, type Lease } from './lease.ts'
import { countsAgainstTolerance } from './report.ts'
import type { DrivenRun, Work } from './work.ts'

export type ServerFacts = {
  readonly id: number
  readonly name: string
  readonly budget: number
  readonly databases: ReadonlyArray<{ readonly id: number; readonly name: string; readonly sealed: Buffer }>
}

export const readServer = async (db: ControlDb, serverId: number): Promise<ServerFacts | null> => {
  const rows = await db
    .selectFrom('server')
    .leftJoin('database', 'database.server_id', 'server.id')
    .select(['server.id', 'server.name', 'server.budget', 'database.id as databaseId', 'database.name as database', 'database.url_sealed as sealed'])
    .where('server.id', '=', serverId)
    .orderBy('database.id')
    .execute()
  const [server] = rows
  if (!server) return null
  const databases = rows.flatMap(({ databaseId, database, sealed }) =>
    databaseId === null || database === null || sealed === null ? [] : [{ id: databaseId, name: database, sealed }],
  )
  return { id: server.id, name: server.name, budget: server.budget, databases }
}

/** The process that started run `r` does not carry its items itself, or had its time for it. */
export const isLeftToConductors = sql`(r.held_until is null or r.held_until <= now())`

export type OpenRun = {
  readonly id: number
  /** It only looks. */
  readonly isReport: boolean
  readonly state: RunState
  readonly revision: number
  readonly failuresLeft: number | null
  /** Its items on this server that the control plane holds for unfinished. */
  readonly open: number
}

/** Runs that want something of this server: items to work on, or an end to be found. Those that only look are taken up last. */
export const openRuns = async (db: ControlDb, serverId: number): Promise<OpenRun[]> => {
  const { rows } = await sql<OpenRun>`
    select r.id, r.kind = 'report' as "isReport", r.state, r.revision, o.open::int as open,
      case when r.failures_allowed is not null
        then (r.failures_allowed - (select count(*) from run_item i where i.run_id = r.id and ${countsAgainstTolerance}))::int end as "failuresLeft"
    from run r cross join lateral (
      select count(*) as open from run_item i where i.run_id = r.id and i.server_id = ${serverId} and i.state in ('pending', 'running', 'interrupted')) o
    where r.state in ('queued', 'running', 'pausing', 'cancelling') and ${isLeftToConductors} and o.open > 0
    order by r.kind = 'report', r.id`.execute(db)
  return rows
}

/** Servers with work and no conductor that was heard of lately; `exists` stops at a run's first open item, and where somebody conducts no item is looked for. */
export const serversWithWork = async (db: ControlDb, freshSeconds: number): Promise<number[]> => {
  const { rows } = await sql<{ id: number }>`
    select s.id from server s
    where case when exists (
        select from conductor c where c.server_id = s.id and c.worker is not null and c.heartbeat_at > now() - make_interval(secs => ${freshSeconds})) then false
      else exists (
        select from run r where r.state in ('queued', 'running', 'pausing', 'cancelling') and ${isLeftToConductors}
          and exists (select from run_item i where i.run_id = r.id and i.server_id = s.id and i.state in ('pending', 'running', 'interrupted'))) end`.execute(
    db,
  )
  return rows.map(({ id }) => id)
}

/**
 * Databases to connect to while the items are still being read, one mention a connection: as many as their open items could use at once.
 * @param most connections that there may be; no more items are counted
 */
export const connectionsWanted = async (db: ControlDb, serverId: number, most: number): Promise<number[]> => {
  const { rows } = await sql<{ databaseId: number; wanted: number }>`
    select d.id as "databaseId", least(w.items, r.max_concurrent)::int as wanted
    from run r cross join database d cross join lateral (
      select count(*) as items from (
        select from run_item i join target t on t.id = i.target_id and t.database_id = d.id
        where i.run_id = r.id and i.server_id = ${serverId} and i.state = 'pending' limit ${most}) one) w
    where r.state in ('queued', 'running') and ${isLeftToConductors} and d.server_id = ${serverId} and w.items > 0
    order by r.id, d.id`.execute(db)
  return rows.flatMap(({ databaseId, wanted }) => Array.from({ length: wanted }, () => databaseId)).slice(0, most)
}

const contentsOf = async (db: ControlDb, checksums: readonly string[]): Promise<ReadonlyMap<string, string>> => {
  if (checksums.length === 0) return new Map()
  const rows = await db.selectFrom('migration_content').selectAll().where('checksum', 'in', checksums).execute()
  return new Map(rows.map(({ checksum, sql: text }) => [checksum, text]))
}

/** With their statements, as they are carried out; only what this process has not parsed yet is read. */
export const executables = async (db: ControlDb, frozen: readonly FrozenMigration[]): Promise<DrivenRun['migrations']> => {
  const known = new Map(frozen.map(({ checksum }) => [checksum, parsedBefore(checksum)]))
  const texts = await contentsOf(
    db,
    [...known].flatMap(([checksum, statements]) => (statements ? [] : [checksum])),
  )
  return Promise.all(
    frozen.map(async (migration) => {
      const { checksum, file } = migration
      const text = texts.get(checksum)
      const statements = await (known.get(checksum) ?? (text === undefined ? undefined : statementsOf(checksum, text)))
      if (statements === undefined) throw new Error(`the content of migration ${file} is not stored`)
      return { ...migration, statements, isShared: touchesShared(statements) }
    }),
  )
}

const executableRepair = async (db: ControlDb, frozen: FrozenRepair): Promise<NonNullable<DrivenRun['repair']>> => {
  const plan = await openRepair(db, frozen)
  return { ...plan, isShared: touchesShared(plan.statements) }
}

type Adopted = {
  readonly id: number
  readonly kind: RunKind
  readonly state: RunState
  readonly revision: number
  readonly migrations: readonly FrozenMigration[]
  readonly repair: FrozenRepair | null
  readonly maxConcurrent: number | null
  readonly failuresAllowed: number | null
  readonly seedSql: string | null
  readonly failed: number
  /** Nobody has taken it up before. */
  readonly isNew: boolean
}

/**
 * Locks the run for a moment, so that a cancel or pause that found no conductor has either happened or sees this one. The run begins here and is seen to: its first
 * items take their time. One statement, since all of its items wait for it.
 * @returns null where it wants nothing any more. @throws LeaseLost
 */
const takeUp = async (db: ControlDb, lease: Lease, id: number): Promise<Adopted | null> => {
  const { rows } = await sql<{ readonly [Column in keyof Adopted]: Adopted[Column] | null }>`
    with lease as materialized (${heldLease(lease)}),
    locked as materialized (
      select * from run where id = ${id} and state in ('queued', 'running', 'pausing', 'cancelling') and exists (select from lease) for update),
    begun as (
      update run r set state = case when l.state = 'queued' then 'running' else l.state end, started_at = coalesce(r.started_at, clock_timestamp()), revision = r.revision + 1
      from locked l where r.id = l.id and (l.state = 'queued' or l.started_at is null) returning r.id, r.state, r.revision)
    select l.id, l.kind, coalesce(b.state, l.state) as state, coalesce(b.revision, l.revision) as revision, l.migrations, l.repair,
      l.max_concurrent as "maxConcurrent", l.failures_allowed as "failuresAllowed", s.seed_sql as "seedSql", l.started_at is null as "isNew",
      (select count(*) from run_item where run_id = l.id and ${countsAgainstTolerance}) as failed,
      case when b.id is not null then ${runNotification(sql`b.id`)}::text end, case when b.id is not null then ${notification({ topic: 'runs' })}::text end
    from lease left join locked l on true left join begun b on b.id = l.id left join migration_set s on s.id = l.set_id`.execute(db)
  const [row] = rows
  if (!row) throw lostLease(lease)
  return row.id === null ? null : (row as Adopted)
}

export const adoptRun = async (db: ControlDb, lease: Lease, id: number): Promise<DrivenRun | null> => {
  const row = await takeUp(db, lease, id)
  if (!row) return null
  return {
    id: row.id,
    kind: row.kind,
    migrations: await executables(db, row.migrations),
    seedSql: row.seedSql,
    repair: row.repair === null ? null : await executableRepair(db, row.repair),
    question: row.kind === 'report' ? await takeQuestion(db, lease, row.id, row.isNew) : null,
    maxConcurrent: row.maxConcurrent,
    state: row.state,
    revision: row.revision,
    isDoubted: false,
    weight: 'unknown',
    failuresLeft: row.failuresAllowed === null ? null : row.failuresAllowed - row.failed,
  }
}

/**
 * Items that a dead conductor left running get an interrupted attempt; the next try reads their history first.
 * @returns their positions
 */
export const interruptLeftovers = async (db: ControlDb, lease: Lease, run: number): Promise<Set<number>> => {
  // Most runs are taken up once.
  const { rows } =
    await sql`select from run_item where run_id = ${run} and server_id = ${lease.serverId} and state in ('running', 'interrupted') limit 1`.execute(db)
  return rows.length === 0 ? new Set() : interrupt(db, lease, run)
}

const interrupt = (db: ControlDb, lease: Lease, run: number): Promise<Set<number>> =>
  db.transaction().execute(async (trx) => {
    await requireLease(trx, lease)
    const { rows } = await sql<{ position: number }>`
      with left_over as (
        update run_item i set state = 'interrupted', attempts = attempts + 1, revision = r.revision + 1
        from run r where r.id = i.run_id and i.run_id = ${run} and i.server_id = ${lease.serverId} and i.state = 'running'
        returning i.run_id, i.position, i.attempts, coalesce(i.started_at, now()) as started_at),
      noted as (
        insert into attempt (run_id, position, number, state, started_at, finished_at, worker, error)
        select run_id, position, attempts, 'interrupted', started_at, now(), 'unknown',
          jsonb_build_object('code', 'conductor_lost', 'message', 'The process that drove this item ended before it could say what became of it.', 'detail', null, 'hint', null,
            'schema', null, 'table', null, 'constraint', null, 'version', null, 'file', null, 'line', null, 'statement', null, 'statementLine', null, 'offendingRowsQuery', null)
        from left_over on conflict do nothing returning position)
      select position from left_over`.execute(trx)
    if (rows.length > 0) {
      await sql`update run set revision = revision + 1 where id = ${run}`.execute(trx)
      await notify(trx, { topic: 'run', id: run })
    }
    const interrupted = await sql<{ position: number }>`
      select position from run_item where run_id = ${run} and server_id = ${lease.serverId} and state = 'interrupted'`.execute(trx)
    return new Set(interrupted.rows.map(({ position }) => position))
  })

type ItemRow = {
  position: number
  target_id: number
  tenant_id: number
  slug: string
  database_id: number
  schema_name: string
  role_name: string | null
  from_version: string | null
  options: OnboardOptions | null
  attempts: number
  next_attempt_at: Date | null
  own_runs: number[]
  pool: Given | null
  deaths: number
}

/** Open items of a run on this server that the conductor does not hold yet; what was put aside after a try comes last. */
export const readWork = async (
  db: ControlDb,
  lease: Lease,
  run: DrivenRun,
  interrupted: ReadonlySet<number>,
  knows: (position: number) => boolean,
): Promise<Work[]> => {
  const { rows } = await sql<ItemRow>`
    select i.position, i.target_id, i.tenant_id, n.slug, t.database_id, t.schema_name, p.role_name, i.from_version, i.options, i.attempts, i.next_attempt_at,
      case when r.kind = 'onboard' then array(select j.run_id from run_item j where j.target_id = i.target_id and j.tenant_id = i.tenant_id and (
        j.run_id = i.run_id or exists (select from attempt a where a.run_id = j.run_id and a.position = j.position and a.state = 'interrupted')
        or not exists (select from attempt a where a.run_id = j.run_id and a.position = j.position))) else '{}' end as own_runs,
      case when r.kind = 'report' and i.attempts > 0 then (
        select count(*) from attempt a where a.run_id = i.run_id and a.position = i.position and a.state = 'interrupted' and a.error->>'code' = 'conductor_lost')
        else 0 end as deaths,
      case when c.id is not null then jsonb_build_object('schema', c.schema_name, 'functions', c.functions, 'extensions', c.extensions) end as pool
    from run_item i join run r on r.id = i.run_id join target t on t.id = i.target_id join tenant n on n.id = i.tenant_id
    left join placement p on p.target_id = t.id and p.tenant_id = n.id
    left join pool_schema c on c.claimed_run = i.run_id and c.claimed_position = i.position
    where i.run_id = ${run.id} and i.server_id = ${lease.serverId} and i.state in ('pending', 'interrupted')
    order by i.next_attempt_at is not null, i.position`.execute(db)
  const stopping = isStoppingRun(run.state)
  const lastShared = run.migrations.findLastIndex(({ isShared }) => isShared)
  const lastStepwise = run.migrations.findLastIndex(({ transactional }) => !transactional)
  const indexOf = (version: string | null): number => run.migrations.findIndex((migration) => migration.version === version)
  return rows
    .filter(({ position }) => !knows(position))
    .map((row) => ({
      run,
      position: row.position,
      targetId: row.target_id,
      tenantId: row.tenant_id,
      slug: row.slug,
      databaseId: row.database_id,
      schema: row.schema_name,
      role: row.role_name,
      fromVersion: row.from_version,
      options: row.options,
      pool: row.pool,
      ownRuns: row.own_runs.map(Number),
      attempts: row.attempts,
      isSerial: !stopping && (run.repair?.isShared === true || lastShared > indexOf(row.from_version)),
      // Onboarding runs them inside its transaction.
      isStepwise: !stopping && run.kind === 'migrate' && lastStepwise > indexOf(row.from_version),
      lookOnly: stopping && interrupted.has(row.position),
      tries: 0,
      deaths: row.deaths,
      notBefore: row.next_attempt_at?.getTime() ?? 0,
      summary: undefined,
      reader: null,
    }))
    .filter((work) => !stopping || work.lookOnly)
}
