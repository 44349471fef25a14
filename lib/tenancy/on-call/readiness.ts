/** Whether a process can do its work: the control database answers, is this release's, and was set up with this secret. */
import { sql } from 'kysely'
import type { ReadinessState, WorkerPulse } from '../contract/on-call.ts'
import { controlSchema, type ControlDb } from '../control/db.ts'
import { checkSecret } from '../control/secret-check.ts'
import { isTenancyError } from '../errors.ts'
import { prefixDigests } from '../migrations/digest.ts'
import { readSummary, selectSummary } from '../migrations/history.ts'
import { loadSet } from '../migrations/load-set.ts'
import { positionOnTrack, type TrackMigration } from '../migrations/track.ts'
import { codeOf, sqlstate } from '../sql/sqlstate.ts'

type ControlState = Omit<ReadinessState, 'worker' | 'structure'>

/** What this release brings along. */
export const readTrack = async (directory: string): Promise<readonly TrackMigration[]> => {
  const { migrations } = await loadSet(directory)
  const digests = prefixDigests(migrations)
  return migrations.map(({ version, checksum }, index) => ({ version, checksum, prefixDigest: digests[index] ?? '' }))
}

const migrationsOf = async (db: ControlDb, track: readonly TrackMigration[]): Promise<ControlState['migrations']> => {
  try {
    const { rows } = await sql<object>`${sql.raw(selectSummary(controlSchema))}`.execute(db)
    const position = positionOnTrack(track, readSummary(rows[0] ?? {}).digest)
    if (position === null) return 'newer'
    return position === 0 ? 'absent' : position < track.length ? 'behind' : 'ok'
  } catch (error) {
    const code = codeOf(error)
    if (code === sqlstate.undefinedTable || code === sqlstate.undefinedSchema) return 'absent'
    throw error
  }
}

const secretOf = async (db: ControlDb, secret: string): Promise<ControlState['secret']> => {
  try {
    await checkSecret(db, secret)
    return 'ok'
  } catch (error) {
    if (isTenancyError(error)) return 'wrong'
    throw error
  }
}

/** Answers when the control database does, or its connection gives up. */
export const readControlState = async (db: ControlDb, secret: string, track: readonly TrackMigration[]): Promise<ControlState> => {
  try {
    const migrations = await migrationsOf(db, track)
    return { control: 'ok', migrations, secret: migrations === 'absent' ? 'unknown' : await secretOf(db, secret) }
  } catch {
    return { control: 'unreachable', migrations: 'unknown', secret: 'unknown' }
  }
}

/** The best of those that were started here: a worker that has stopped may have a successor. */
export const pulseOf = (pulses: readonly WorkerPulse[]): WorkerPulse =>
  (['ok', 'silent', 'stopping'] as const).find((pulse) => pulses.includes(pulse)) ?? 'none'
