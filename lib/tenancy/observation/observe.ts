/** Looks at targets: version from their histories, exact size from the catalogs, set-based and per database. */
import { sql } from 'kysely'
import type { Library } from '../context.ts'
import { budgetPrefix, readInstallation } from '../control/installation.ts'
import type { ControlDb } from '../control/db.ts'
import { notify } from '../control/notify.ts'
import { emptyDigest } from '../migrations/digest.ts'
import { readHistory, readSummaries, type TargetSummary } from '../migrations/history.ts'
import { explainOffTrack, standingOf, type Standing, type TrackMigration } from '../migrations/track.ts'
import { connectFleet, type FleetConnection } from '../session/fleet-connection.ts'
import { connectionProblemAt } from '../registry/connection-problem.ts'
import type { DatabaseUrl } from '../sql/database-url.ts'
import { openUrl } from '../registry/databases.ts'
import { quoteLiteral } from '../sql/ident.ts'
import { classify, codeOf } from '../sql/sqlstate.ts'
import { atServer, ServerBusy, type Turn } from '../registry/server-gate.ts'
import { keepRunNumbers } from './run-numbers.ts'
import { Sessions } from './sessions.ts'
import { readSizes } from './sizes.ts'
import { sqlProblem } from './sql-problem.ts'

type ObservedTarget = { readonly id: number; readonly setId: number; readonly schema: string }
type Row = {
  target_id: number
  version: string | null
  applied: number
  digest: string | null
  version_state: string
  pending: number | null
  remark: string | null
  bytes: number | null
}

export type ObserveResult = { readonly targets: number; readonly reachable: boolean; readonly problem: string | null }

/** A tenant that is being provisioned has nothing to look at yet. */
const readTargets = async (db: ControlDb, databaseId: number, only: readonly number[] | null): Promise<ObservedTarget[]> => {
  let query = db
    .selectFrom('target')
    .select(['target.id', 'target.set_id as setId', 'target.schema_name as schema'])
    .where('target.database_id', '=', databaseId)
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('placement')
          .innerJoin('tenant', 'tenant.id', 'placement.tenant_id')
          .select('placement.target_id')
          .whereRef('placement.target_id', '=', 'target.id')
          .where('tenant.state', 'in', ['active', 'suspended']),
      ),
    )
    .orderBy('target.id')
  if (only) query = query.where(sql<boolean>`target.id = any(${[...only]}::bigint[])`)
  return query.execute()
}

const readTracks = async (db: ControlDb): Promise<Map<number, TrackMigration[]>> => {
  const rows = await db.selectFrom('migration').select(['set_id', 'version', 'checksum', 'prefix_digest']).orderBy('set_id').orderBy('position').execute()
  const tracks = new Map<number, TrackMigration[]>()
  for (const { set_id: setId, version, checksum, prefix_digest: prefixDigest } of rows) {
    const track = tracks.get(setId) ?? []
    tracks.set(setId, track)
    track.push({ version, checksum, prefixDigest })
  }
  return tracks
}

const writeTries = 5
const writeRetryMs = 100

/** Conductors write of the same targets: whoever loses a deadlock, or waited for a lock in vain, writes again. */
const patiently = async (write: () => Promise<void>): Promise<void> => {
  for (let tries = 1; ; tries += 1) {
    try {
      return await write()
    } catch (error) {
      if (tries === writeTries || classify(codeOf(error)) !== 'transient') throw error
      await new Promise((resolve) => setTimeout(resolve, tries * writeRetryMs))
    }
  }
}

const offTrack = async (connection: FleetConnection, schema: string, track: readonly TrackMigration[]): Promise<Standing> => {
  const history = (await readHistory(connection, schema)).filter(({ finishedAt }) => finishedAt !== null)
  return { ...explainOffTrack(track, history), pending: null }
}

const rowOf = async (
  connection: FleetConnection,
  target: ObservedTarget,
  summary: TargetSummary,
  track: readonly TrackMigration[],
  bytes: number | null,
): Promise<Row> => {
  const nothing = { target_id: target.id, version: null, applied: 0, digest: null, pending: null, bytes }
  if (summary === null) return { ...nothing, version_state: 'unreachable', remark: `There is no schema “${target.schema}” in the database.` }
  if (summary.history === null) return { ...nothing, version_state: 'diverged', remark: 'The schema holds no tenantry_history, so its version is not known.' }
  const { version, applied, digest } = summary.history
  const standing = standingOf(track, summary.history) ?? (await offTrack(connection, target.schema, track))
  return { target_id: target.id, version, applied, digest, version_state: standing.state, pending: standing.pending, remark: standing.remark, bytes }
}

const unreadable = (target: ObservedTarget, error: unknown, bytes: number | null): Row => ({
  target_id: target.id,
  version: null,
  applied: 0,
  digest: null,
  version_state: 'diverged',
  pending: null,
  remark: `Its history cannot be read: ${error instanceof Error ? error.message : String(error)}.`,
  bytes,
})

/** `lastRun`: the highest number of a run that the histories tell of. */
type Look = {
  readonly rows: readonly Row[]
  readonly lastRun: number
  readonly bytes: number
  readonly connectionsUsed: number
  readonly connectionsOurs: number
}

/** @param since when the look began: what a conductor reported after that is newer, and stays */
const write = async (library: Library, databaseId: number, since: Date, { rows, lastRun, ...facts }: Look): Promise<void> => {
  await library.control.db.transaction().execute(async (trx) => {
    // A set that is read again meanwhile says anew where its targets stand: before this, or after.
    await sql`
      select from migration_set where id in (select set_id from target where id = any(${rows.map((row) => row.target_id)}::bigint[])) order by id for share`.execute(
      trx,
    )
    await sql`
      insert into observation as o (target_id, observed_at, version, applied, digest, version_state, pending, remark, bytes, bytes_at)
      select x.target_id, ${since}, x.version, x.applied, x.digest,
        case when p.position is null then case when x.pending is null then x.version_state else 'diverged' end when p.position = h.position then 'at_head' else 'behind' end,
        h.position - p.position, case when p.position is null or x.pending is not null then x.remark end, x.bytes, case when x.bytes is not null then ${since}::timestamptz end
      from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
        as x(target_id bigint, version text, applied integer, digest text, version_state text, pending integer, remark text, bytes bigint)
      join target t on t.id = x.target_id
      left join migration m on m.set_id = t.set_id and m.prefix_digest = x.digest
      cross join lateral (select case when x.digest = ${emptyDigest} then 0 else m.position end as position) p
      join (select s.id as set_id, coalesce(max(g.position), 0) as position from migration_set s left join migration g on g.set_id = s.id group by s.id) h on h.set_id = t.set_id
      on conflict (target_id) do update
        set observed_at = excluded.observed_at, version = excluded.version, applied = excluded.applied, digest = excluded.digest, version_state = excluded.version_state,
            pending = excluded.pending, remark = excluded.remark, bytes = coalesce(excluded.bytes, o.bytes), bytes_at = coalesce(excluded.bytes_at, o.bytes_at)
        where o.observed_at <= excluded.observed_at`.execute(trx)
    await keepRunNumbers(trx, lastRun)
    await trx
      .updateTable('database')
      .set({
        reachable: true,
        problem: null,
        checked_at: since,
        bytes: facts.bytes,
        connections_used: facts.connectionsUsed,
        connections_ours: facts.connectionsOurs,
      })
      .where('id', '=', databaseId)
      .execute()
    await notify(trx, { topic: 'databases' })
    await notify(trx, { topic: 'observations' })
  })
}

/** What was last seen stays, with its time; only that it cannot be seen now is new. */
const writeUnreachable = async (library: Library, databaseId: number, targets: readonly ObservedTarget[], problem: string): Promise<void> => {
  const ids = targets.map(({ id }) => id)
  await library.control.db.transaction().execute(async (trx) => {
    await sql`
      insert into observation (target_id, observed_at, version_state, remark)
      select id, ${library.clock()}, 'unreachable', ${problem} from unnest(${ids}::bigint[]) id
      on conflict (target_id) do update set version_state = 'unreachable', remark = excluded.remark`.execute(trx)
    await trx.updateTable('database').set({ reachable: false, problem, checked_at: library.clock() }).where('id', '=', databaseId).execute()
    await notify(trx, { topic: 'observations' })
    await notify(trx, { topic: 'databases' })
  })
}

/** It answers, and what was last seen of its targets stays as it is. */
const writeUnread = async (library: Library, databaseId: number, since: Date, problem: string): Promise<void> => {
  await library.control.db.transaction().execute(async (trx) => {
    await trx.updateTable('database').set({ reachable: true, problem, checked_at: since }).where('id', '=', databaseId).execute()
    await notify(trx, { topic: 'databases' })
  })
}

const readFacts = async (connection: FleetConnection, prefix: string): Promise<Omit<Look, 'rows' | 'lastRun'>> => {
  const [row] = await connection.query<{ bytes: string; used: string; ours: string }>(
    `SELECT pg_database_size(current_database())::text AS bytes, count(*)::text AS used, count(*) FILTER (WHERE starts_with(application_name, ${quoteLiteral(prefix)}))::text AS ours ` +
      `FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()`,
  )
  return { bytes: Number(row?.bytes ?? 0), connectionsUsed: Number(row?.used ?? 0), connectionsOurs: Number(row?.ours ?? 0) }
}

const historiesASession = 1_000
/** The table, its key's index, its TOAST and what planning a query over it keeps: 27 kB, measured. */
const relationsAHistory = 9

type Tracks = ReadonlyMap<number, readonly TrackMigration[]>

const look = async (sessions: Sessions, prefix: string, targets: readonly ObservedTarget[], tracks: Tracks): Promise<Look> => {
  const schemas = targets.map(({ schema }) => schema)
  const unread = new Map<string, unknown>()
  const summaries = new Map<string, TargetSummary>()
  for (let index = 0; index < schemas.length; index += historiesASession) {
    const chunk = schemas.slice(index, index + historiesASession)
    const found = await readSummaries(await sessions.takeEach(chunk.length * relationsAHistory), chunk, (schema, error) => unread.set(schema, error))
    for (const [schema, summary] of found) summaries.set(schema, summary)
  }
  const sizes = await readSizes(sessions, schemas)
  const rows: Row[] = []
  for (const target of targets) {
    const bytes = sizes.get(target.schema) ?? null
    try {
      if (unread.has(target.schema)) throw unread.get(target.schema)
      rows.push(await rowOf(await sessions.take(0), target, summaries.get(target.schema) ?? null, tracks.get(target.setId) ?? [], bytes))
    } catch (error) {
      const kind = classify(codeOf(error))
      if (kind === 'connection') throw error
      // What passes, such as a lock, leaves what was last seen.
      if (kind === 'permanent') rows.push(unreadable(target, error, bytes))
    }
  }
  let lastRun = 0
  for (const summary of summaries.values()) lastRun = Math.max(lastRun, summary?.history?.lastRun ?? 0)
  return { rows, lastRun, ...(await readFacts(await sessions.take(0), prefix)) }
}

/** The control database's clock: conductors date what they see by it as well. */
const controlTime = async (db: ControlDb): Promise<Date> => {
  const { rows } = await sql<{ now: Date }>`select clock_timestamp() as now`.execute(db)
  return rows[0]?.now ?? new Date()
}

type Outcome = { readonly look: Look } | { readonly problem: string; readonly code: string; readonly reachable: boolean }

/** Whoever goes first waits for a statement of this look at the longest; a target that is locked longer keeps what was last seen of it. */
const lockTimeoutMs = 300

/** @throws what became of the turn, which is not the fleet's fault; errors of the fleet's connection are the outcome */
const lookAt = async (at: DatabaseUrl, prefix: string, targets: readonly ObservedTarget[], tracks: Tracks, turn: Turn): Promise<Outcome> => {
  let refusal: unknown = null
  const lost: unknown[] = []
  const connect = async (): Promise<FleetConnection> => {
    try {
      return await connectFleet(at.url, { applicationName: `${prefix}observe`, lockTimeoutMs })
    } catch (error) {
      refusal = error
      throw error
    }
  }
  const sessions = new Sessions(connect, async (leave) => {
    try {
      await turn.makeWay(leave)
    } catch (error) {
      lost.push(error)
      // Whoever reads must stop, as if the connection was gone.
      throw Object.assign(new Error('the turn at the server is lost'), { code: 'CONNECTION_CLOSED' })
    }
  })
  try {
    return { look: await look(sessions, prefix, targets, tracks) }
  } catch (error) {
    if (lost.length > 0) throw lost[0]
    const code = codeOf(error)
    if (code === 'unknown') throw error
    const reachable = error !== refusal && classify(code) !== 'connection'
    return { reachable, code, problem: reachable ? sqlProblem(error) : (await connectionProblemAt(error, at)).message }
  } finally {
    await sessions.close()
  }
}

/** Large fleets take their time, and several databases of a server wait behind each other. */
const usualTurnMs = 120_000

/** Nobody looked: what is known, and since when, stays. */
const writeBusy = async ({ control: { db }, logger }: Library, databaseId: number, turnMs: number): Promise<ObserveResult> => {
  const problem = `Its server is busy: another look at it has not ended within ${turnMs / 1000} seconds. What was last seen stays.`
  logger.warn({ databaseId }, 'observation.busy')
  await db.updateTable('database').set({ problem }).where('id', '=', databaseId).where('reachable', '=', true).execute()
  await notify(db, { topic: 'databases' })
  return { targets: 0, reachable: true, problem }
}

/**
 * Looks at the targets of one database and writes what it saw; results replace the old ones only when whole.
 * @param only these targets; null: all of the database
 * @param turnMs bound on the wait for other looks at the server; that none came about is an outcome too
 * @throws the control database's errors: they say nothing about the fleet
 */
export const observeDatabase = async (library: Library, databaseId: number, only: readonly number[] | null, turnMs = usualTurnMs): Promise<ObserveResult> => {
  const { db } = library.control
  const database = await db.selectFrom('database').select(['name', 'url_sealed', 'server_id']).where('id', '=', databaseId).executeTakeFirst()
  if (!database) return { targets: 0, reachable: true, problem: null }
  const at = openUrl(library.secret, database.url_sealed)
  const prefix = budgetPrefix(await readInstallation(db))
  const lookNow = async (turn: Turn): Promise<ObserveResult> => {
    const targets = await readTargets(db, databaseId, only)
    const tracks = await readTracks(db)
    const since = await controlTime(db)
    const outcome = await lookAt(at, prefix, targets, tracks, turn)
    if ('look' in outcome) {
      await patiently(() => write(library, databaseId, since, outcome.look))
      return { targets: targets.length, reachable: true, problem: null }
    }
    const { problem, reachable, code } = outcome
    library.logger.warn({ database: database.name, code }, 'observation.failed')
    await patiently(() => (reachable ? writeUnread(library, databaseId, since, problem) : writeUnreachable(library, databaseId, targets, problem)))
    return { targets: targets.length, reachable, problem }
  }
  try {
    return await atServer(library, database.server_id, lookNow, turnMs)
  } catch (error) {
    if (error instanceof ServerBusy) return writeBusy(library, databaseId, turnMs)
    throw error
  }
}
