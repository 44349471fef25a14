/** The control plane's own schema, brought to its newest version by the tenants' runner. */
import { controlUnreachableAt } from '../control/unreachable.ts'
import { TenancyError } from '../errors.ts'
import { controlSchema } from '../control/db.ts'
import { connectFleet, type FleetConnection } from '../session/fleet-connection.ts'
import { quoteIdent } from '../sql/ident.ts'
import { applyMigration, beginMessage, defaultLimits, type Scene } from './apply.ts'
import { prefixDigests } from './digest.ts'
import { createHistory, readTarget } from './history.ts'
import { loadSet } from './load-set.ts'
import { positionOnTrack, stepFrom } from './track.ts'

const applicationName = 'tenantry:control'

const scene: Scene = { schema: controlSchema, extensionSchemas: [], run: null, applicationName, limits: { ...defaultLimits, lockTimeoutMs: 30_000 } }

const connect = async (url: string): Promise<FleetConnection> => {
  try {
    return await connectFleet(url, { applicationName })
  } catch (error) {
    throw await controlUnreachableAt(error, url)
  }
}

/** Two processes may start at once: the second waits here and then finds everything done. */
const prepareSchema = async (connection: FleetConnection): Promise<void> => {
  const outcomes = await connection.flight(
    [
      beginMessage(scene),
      `SELECT pg_advisory_xact_lock(hashtext('tenantry:control'))`,
      `CREATE SCHEMA IF NOT EXISTS ${quoteIdent(controlSchema)}`,
      createHistory(controlSchema).replace('CREATE TABLE', 'CREATE TABLE IF NOT EXISTS'),
      'COMMIT',
    ],
    60_000,
  )
  for (const outcome of outcomes) if (!outcome.ok) throw outcome.error
}

const positionNow = async (connection: FleetConnection, track: Parameters<typeof positionOnTrack>[0]): Promise<number> => {
  const summary = (await readTarget(connection, controlSchema))?.history ?? null
  if (summary === null) return -1
  const position = positionOnTrack(track, summary.digest)
  if (position === null)
    throw new TenancyError('control.not_ready', {
      problem: `its history (${summary.version ?? 'empty'}) is not one of this release; it was made by a newer one, or edited`,
    })
  return position
}

/**
 * @param url connection string of the control database
 * @param directory of the control migrations
 * @returns the versions applied now
 * @throws TenancyError control.unreachable, control.not_ready; the server's error when a migration fails
 */
export const migrateControl = async (url: string, directory: string): Promise<{ applied: string[] }> => {
  const { migrations } = await loadSet(directory)
  const digests = prefixDigests(migrations)
  const track = migrations.map((migration, index) => ({ ...migration, prefixDigest: digests[index] ?? '' }))
  const connection = await connect(url)
  const applied: string[] = []
  try {
    let position = await positionNow(connection, track)
    if (position === track.length) return { applied }
    await prepareSchema(connection)
    position = Math.max(position, 0)
    while (position < track.length) {
      const migration = track[position]
      if (!migration) break
      const outcome = await applyMigration(connection, migration, stepFrom(track, position), scene)
      const isDone = outcome.kind === 'applied' || outcome.kind === 'recorded_before'
      // Another process may have gone on before it was read back here.
      const mayBeAhead = outcome.kind === 'failed' && outcome.error.code === 'history_mismatch'
      const now = isDone || mayBeAhead ? await positionNow(connection, track) : position
      if (!isDone && now <= position)
        throw new Error(
          `control migration ${migration.file}: ${outcome.error.code} ${outcome.error.message}${outcome.error.line ? ` (line ${outcome.error.line})` : ''}`,
        )
      if (outcome.kind !== 'recorded_before') applied.push(migration.version)
      position = now
    }
    return { applied }
  } finally {
    await connection.close()
  }
}
