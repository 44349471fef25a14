/** Looks at targets: version from their histories, exact size from the catalogs, set-based and per database. */
import { sql } from 'kysely'
import type { Library } from '../context.ts'
import { budgetPrefix, readInstallation } from '../control/installation.ts'
import type { ControlDb } from '../control/db.ts'
import { notify } from '../control/notify.ts'
import { hearNotes } from '../drift/notes/hear-notes.ts'
import { lookAtStructures, type LookPlace, type StructureWish } from '../drift/look/look-at-structures.ts'
import { restateShapes, setsToRestate } from '../drift/shapes/restate.ts'
import { readHistory, readSummaries, type TargetSummary } from '../migrations/history.ts'
import { explainOffTrack, standingOf, type Standing, type TrackMigration } from '../migrations/track.ts'
import { connectFleet, type FleetConnection } from '../session/fleet-connection.ts'
import { Sessions } from '../session/sessions.ts'
import { connectionProblemAt } from '../registry/connection-problem.ts'
import type { DatabaseUrl } from '../sql/database-url.ts'
import { openUrl } from '../registry/databases.ts'
import { quoteLiteral } from '../sql/ident.ts'
import { classify, codeOf } from '../sql/sqlstate.ts'
import { atServer, ServerBusy, type Turn } from '../registry/server-gate.ts'
import { readSizes } from './sizes.ts'
import { sqlProblem } from './sql-problem.ts'
import { patiently, writeLook, writeUnreachable, writeUnread, type Look, type ObservedTarget, type Row } from './write-look.ts'

export type ObserveResult = { readonly targets: number; readonly reachable: boolean; readonly problem: string | null }

/** A tenant that is being provisioned has nothing to look at yet. */
const readTargets = async (db: ControlDb, databaseId: number, only: readonly number[] | null): Promise<ObservedTarget[]> => {
  let query = db
    .selectFrom('target')
    .select(['target.id', 'target.set_id as setId', 'target.schema_name as schema'])
    .select(({ selectFrom }) =>
      selectFrom('placement').select('role_name').whereRef('placement.target_id', '=', 'target.id').orderBy('role_name').limit(1).as('role'),
    )
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

/** Not the database's size, which is a look at each of its files: two seconds for those of 10,000 tenants. */
const readFacts = async (connection: FleetConnection, prefix: string): Promise<Omit<Look, 'rows' | 'lastRun' | 'structures'>> => {
  const [row] = await connection.query<{ used: string; ours: string }>(
    `SELECT count(*)::text AS used, count(*) FILTER (WHERE starts_with(application_name, ${quoteLiteral(prefix)}))::text AS ours ` +
      `FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()`,
  )
  return { connectionsUsed: Number(row?.used ?? 0), connectionsOurs: Number(row?.ours ?? 0) }
}

const historiesASession = 1_000
/** The table, its key's index, its TOAST and what planning a query over it keeps: 27 kB, measured. */
const relationsAHistory = 9

type Tracks = ReadonlyMap<number, readonly TrackMigration[]>

type Versions = Omit<Look, 'structures'> & { readonly summaries: ReadonlyMap<string, TargetSummary> }

const look = async (sessions: Sessions, prefix: string, targets: readonly ObservedTarget[], tracks: Tracks): Promise<Versions> => {
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
  return { rows, lastRun, summaries, ...(await readFacts(await sessions.take(0), prefix)) }
}

/** Somebody stopped it. What was not whole is not kept. */
export class LookCancelled extends Error {
  override readonly name = 'LookCancelled'
}

/** The control database's clock: conductors date what they see by it as well. */
const controlTime = async (db: ControlDb): Promise<Date> => {
  const { rows } = await sql<{ now: Date }>`select clock_timestamp() as now`.execute(db)
  return rows[0]?.now ?? new Date()
}

/** What is looked at beside versions and sizes. */
export type LookWish = 'none' | StructureWish

/** With a look, `problem` says why its structures could not be read. */
type Outcome =
  | { readonly look: Look; readonly problem: string | null }
  | { readonly look: null; readonly problem: string; readonly code: string; readonly reachable: boolean }

/** Whoever goes first waits for a statement of this look at the longest; a target that is locked longer keeps what was last seen of it. */
const lockTimeoutMs = 300

type LookAsked = {
  readonly library: Library
  readonly place: LookPlace
  readonly at: DatabaseUrl
  readonly prefix: string
  readonly targets: readonly ObservedTarget[]
  readonly tracks: Tracks
  readonly wish: LookWish
  readonly signal: AbortSignal | undefined
}

/** What keeps structures from being read keeps nobody from knowing the versions. */
const structuresOf = async (sessions: Sessions, { library, place, targets }: LookAsked, { summaries }: Versions, wish: StructureWish) => {
  try {
    return { structures: await lookAtStructures(library, sessions, place, targets, summaries, wish), problem: null }
  } catch (error) {
    library.logger.warn({ databaseId: place.databaseId, code: codeOf(error), err: error }, 'structures.not_seen')
    return { structures: null, problem: `Structures could not be compared. ${sqlProblem(error)}` }
  }
}

const lookBoth = async (sessions: Sessions, asked: LookAsked): Promise<Outcome> => {
  const versions = await look(sessions, asked.prefix, asked.targets, asked.tracks)
  const { summaries: _summaries, ...facts } = versions
  if (asked.wish === 'none') return { look: { ...facts, structures: null }, problem: null }
  const { structures, problem } = await structuresOf(sessions, asked, versions, asked.wish)
  return { look: { ...facts, structures }, problem }
}

/** @throws LookCancelled; what became of the turn, which is not the fleet's fault; errors of the fleet's connection are the outcome */
const lookAt = async (asked: LookAsked, turn: Turn): Promise<Outcome> => {
  const { at, prefix, signal } = asked
  if (signal?.aborted) throw new LookCancelled()
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
  const stop = (): void => void sessions.end()
  signal?.addEventListener('abort', stop)
  try {
    const outcome = await lookBoth(sessions, asked)
    if (signal?.aborted) throw new LookCancelled()
    if (lost.length > 0) throw lost[0]
    return outcome
  } catch (error) {
    if (signal?.aborted) throw new LookCancelled()
    if (lost.length > 0) throw lost[0]
    const code = codeOf(error)
    if (code === 'unknown') throw error
    const reachable = error !== refusal && classify(code) !== 'connection'
    return { look: null, reachable, code, problem: reachable ? sqlProblem(error) : (await connectionProblemAt(error, at)).message }
  } finally {
    signal?.removeEventListener('abort', stop)
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
 * @param wish structures go with it, and what is found is worked out before it resolves
 * @param signal stops it: what the server is asked just now ends there, and nothing of this look is kept
 * @throws LookCancelled; the control database's errors: they say nothing about the fleet
 */
export const observeDatabase = async (
  library: Library,
  databaseId: number,
  only: readonly number[] | null,
  turnMs = usualTurnMs,
  wish: LookWish = 'none',
  signal?: AbortSignal,
): Promise<ObserveResult> => {
  const { db } = library.control
  const database = await db.selectFrom('database').select(['name', 'url_sealed', 'server_id']).where('id', '=', databaseId).executeTakeFirst()
  if (!database) return { targets: 0, reachable: true, problem: null }
  const at = openUrl(library.secret, database.url_sealed)
  const installation = await readInstallation(db)
  const prefix = budgetPrefix(installation)
  const lookNow = async (turn: Turn): Promise<ObserveResult> => {
    const targets = await readTargets(db, databaseId, only)
    const tracks = await readTracks(db)
    const since = await controlTime(db)
    const outcome = await lookAt({ library, place: { databaseId, installation }, at, prefix, targets, tracks, wish, signal }, turn)
    if (outcome.look) {
      const { look: seen } = outcome
      await patiently(() => writeLook(library, databaseId, since, seen))
      const sets = [...new Set(targets.map(({ setId }) => setId))]
      await restateShapes(library, seen.structures ? sets : await setsToRestate(db, sets))
      return { targets: targets.length, reachable: true, problem: outcome.problem }
    }
    const { problem, reachable, code } = outcome
    library.logger.warn({ database: database.name, code }, 'observation.failed')
    await patiently(() => (reachable ? writeUnread(library, databaseId, since, problem) : writeUnreachable(library, databaseId, targets, problem)))
    return { targets: targets.length, reachable, problem }
  }
  // So that whoever asked learns from the same look what differs and who did it.
  if (wish === 'asked') await hearNotes(library, databaseId)
  try {
    return await atServer(library, database.server_id, lookNow, turnMs, signal)
  } catch (error) {
    if (signal?.aborted) throw new LookCancelled()
    if (error instanceof ServerBusy) return writeBusy(library, databaseId, turnMs)
    throw error
  }
}
