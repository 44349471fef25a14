/** Looks at targets: version from their histories, exact size from the catalogs, set-based and per database. */
import { sql } from 'kysely'
import type { Library } from '../context.ts'
import { readInstallation } from '../control/installation.ts'
import type { ControlDb } from '../control/db.ts'
import { notify } from '../control/notify.ts'
import { readHistory, readSummaries, type TargetSummary } from '../migrations/history.ts'
import { explainOffTrack, standingOf, type Standing, type TrackMigration } from '../migrations/track.ts'
import { connectFleet, type FleetConnection } from '../session/fleet-connection.ts'
import { connectionProblem } from '../registry/connection-problem.ts'
import { openUrl } from '../registry/databases.ts'
import { classify, codeOf } from '../sql/sqlstate.ts'
import { Sessions } from './sessions.ts'
import { readSizes } from './sizes.ts'

type ObservedTarget = { readonly id: number; readonly setId: number; readonly schema: string }
type Row = { target_id: number; version: string | null; applied: number; digest: string | null; version_state: string; pending: number | null; remark: string | null; bytes: number | null }

export type ObserveResult = { readonly targets: number; readonly reachable: boolean; readonly problem: string | null }

/** A tenant that is being provisioned has nothing to look at yet. */
const readTargets = async (db: ControlDb, databaseId: number, only: readonly number[] | null): Promise<ObservedTarget[]> => {
  let query = db
    .selectFrom('target')
    .select(['target.id', 'target.set_id as setId', 'target.schema_name as schema'])
    .where('target.database_id', '=', databaseId)
    .where(({ exists, selectFrom }) =>
      exists(selectFrom('placement').innerJoin('tenant', 'tenant.id', 'placement.tenant_id').select('placement.target_id').whereRef('placement.target_id', '=', 'target.id').where('tenant.state', 'in', ['active', 'suspended'])),
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

const offTrack = async (connection: FleetConnection, schema: string, track: readonly TrackMigration[]): Promise<Standing> => {
  const history = (await readHistory(connection, schema)).filter(({ finishedAt }) => finishedAt !== null)
  return { ...explainOffTrack(track, history), pending: null }
}

const rowOf = async (connection: FleetConnection, target: ObservedTarget, summary: TargetSummary, track: readonly TrackMigration[], bytes: number | null): Promise<Row> => {
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

type Look = { readonly rows: readonly Row[]; readonly bytes: number; readonly connectionsUsed: number; readonly connectionsOurs: number }

/** @param since when the look began: what a conductor reported after that is newer, and stays */
const write = async (library: Library, databaseId: number, since: Date, { rows, ...facts }: Look): Promise<void> => {
  await library.control.db.transaction().execute(async (trx) => {
    await sql`
      insert into observation as o (target_id, observed_at, version, applied, digest, version_state, pending, remark, bytes, bytes_at)
      select x.target_id, ${since}, x.version, x.applied, x.digest, x.version_state, x.pending, x.remark, x.bytes, case when x.bytes is not null then ${since}::timestamptz end
      from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
        as x(target_id bigint, version text, applied integer, digest text, version_state text, pending integer, remark text, bytes bigint)
      join target t on t.id = x.target_id
      on conflict (target_id) do update
        set observed_at = excluded.observed_at, version = excluded.version, applied = excluded.applied, digest = excluded.digest, version_state = excluded.version_state,
            pending = excluded.pending, remark = excluded.remark, bytes = coalesce(excluded.bytes, o.bytes), bytes_at = coalesce(excluded.bytes_at, o.bytes_at)
        where o.observed_at <= excluded.observed_at`.execute(trx)
    await trx
      .updateTable('database')
      .set({ reachable: true, problem: null, checked_at: since, bytes: facts.bytes, connections_used: facts.connectionsUsed, connections_ours: facts.connectionsOurs })
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

const readFacts = async (connection: FleetConnection): Promise<Omit<Look, 'rows'>> => {
  const [row] = await connection.query<{ bytes: string; used: string; ours: string }>(
    `SELECT pg_database_size(current_database())::text AS bytes, count(*)::text AS used, count(*) FILTER (WHERE application_name LIKE 'tenantry%')::text AS ours ` +
      `FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()`,
  )
  return { bytes: Number(row?.bytes ?? 0), connectionsUsed: Number(row?.used ?? 0), connectionsOurs: Number(row?.ours ?? 0) }
}

const historiesASession = 2_000
/** The table and its key's index. */
const relationsAHistory = 2

const look = async (sessions: Sessions, library: Library, targets: readonly ObservedTarget[]): Promise<Look> => {
  const schemas = targets.map(({ schema }) => schema)
  const tracks = await readTracks(library.control.db)
  const unread = new Map<string, unknown>()
  const summaries = new Map<string, TargetSummary>()
  for (let index = 0; index < schemas.length; index += historiesASession) {
    const chunk = schemas.slice(index, index + historiesASession)
    const found = await readSummaries(await sessions.take(chunk.length * relationsAHistory), chunk, (schema, error) => unread.set(schema, error))
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
  return { rows, ...(await readFacts(await sessions.take(0))) }
}

/** The control database's clock: conductors date what they see by it as well. */
const controlTime = async (db: ControlDb): Promise<Date> => {
  const { rows } = await sql<{ now: Date }>`select clock_timestamp() as now`.execute(db)
  return rows[0]?.now ?? new Date()
}

/**
 * Looks at the targets of one database and writes what it saw; results replace the old ones only when whole.
 * @param only these targets; null: all of the database
 */
export const observeDatabase = async (library: Library, databaseId: number, only: readonly number[] | null): Promise<ObserveResult> => {
  const { db } = library.control
  const database = await db.selectFrom('database').select(['name', 'url_sealed']).where('id', '=', databaseId).executeTakeFirst()
  if (!database) return { targets: 0, reachable: true, problem: null }
  const targets = await readTargets(db, databaseId, only)
  const at = openUrl(library.secret, database.url_sealed)
  const applicationName = `tenantry:${await readInstallation(db)}:observe`
  const sessions = new Sessions(() => connectFleet(at.url, { applicationName }))
  try {
    const since = await controlTime(db)
    await write(library, databaseId, since, await look(sessions, library, targets))
    return { targets: targets.length, reachable: true, problem: null }
  } catch (error) {
    if (codeOf(error) === 'unknown') throw error
    const problem = connectionProblem(error, at).message
    library.logger.warn({ database: database.name, code: codeOf(error) }, 'observation.failed')
    await writeUnreachable(library, databaseId, targets, problem)
    return { targets: targets.length, reachable: false, problem }
  } finally {
    await sessions.close()
  }
}

