import type { VersionState } from '../contract/states.ts'
import { byVersion, emptyDigest, type HistoryFact } from './digest.ts'
import type { HistorySummary } from './history.ts'

/** A set's migration as far as placing a history needs it; lists of them are in order of version. */
export type TrackMigration = { readonly version: string; readonly checksum: string; readonly prefixDigest: string }

/** How many of the set's migrations a history holds when it holds just the first ones, unchanged; null when it left that track. */
export const positionOnTrack = (track: readonly TrackMigration[], digest: string): number | null => {
  if (digest === emptyDigest) return 0
  const index = track.findIndex(({ prefixDigest }) => prefixDigest === digest)
  return index === -1 ? null : index + 1
}

/** Where a history stands before and after a migration: digests of it, and how many it holds then. */
export type Step = { readonly before: string; readonly after: string; readonly applied: number }

/** The step that goes on from the first `position` migrations of a track. */
export const stepFrom = (track: readonly TrackMigration[], position: number): Step => ({
  before: track[position - 1]?.prefixDigest ?? emptyDigest,
  after: track[position]?.prefixDigest ?? '',
  applied: position + 1,
})

export type OffTrack = {
  readonly state: 'ahead' | 'diverged'
  /** For people: what is different. */
  readonly remark: string
}

/** Says why a history is not a prefix of the set: it holds newer versions (ahead), or others than the set (diverged). */
export const explainOffTrack = (track: readonly TrackMigration[], history: readonly HistoryFact[]): OffTrack => {
  const known = new Map(track.map(({ version, checksum }) => [version, checksum]))
  const applied = new Map([...history].toSorted(byVersion).map(({ version, checksum }) => [version, checksum]))
  const head = track.at(-1)?.version ?? ''
  const edited = [...applied].filter(([version, checksum]) => known.has(version) && known.get(version) !== checksum).map(([version]) => version)
  const unknown = [...applied.keys()].filter((version) => !known.has(version))
  const newest = [...applied.keys()].at(-1) ?? ''
  const missing = track.filter(({ version }) => version < newest && !applied.has(version)).map(({ version }) => version)
  if (edited.length > 0) return { state: 'diverged', remark: `${list(edited)} applied with another content than the set’s` }
  if (missing.length > 0) return { state: 'diverged', remark: `${list(missing)} missing below ${newest}` }
  const older = unknown.filter((version) => version < head)
  if (older.length > 0) return { state: 'diverged', remark: `${list(older)} applied, but not in the set` }
  return { state: 'ahead', remark: `${list(unknown)} applied, newer than the set’s head ${head}` }
}

const list = (versions: readonly string[]): string =>
  versions.length <= 3 ? versions.join(', ') : `${versions.slice(0, 3).join(', ')} and ${versions.length - 3} more`

export type Standing = { readonly state: Exclude<VersionState, 'unreachable'>; readonly pending: number | null; readonly remark: string | null }

/** Where a target stands; null when the full history must be read to tell. */
export const standingOf = (track: readonly TrackMigration[], summary: HistorySummary): Standing | null => {
  const position = positionOnTrack(track, summary.digest)
  if (position === null) return null
  const half = summary.unfinished
  const remark = half ? `${half.version} is half done: ${half.statementsDone} of its statements ran` : null
  return { state: position === track.length ? 'at_head' : 'behind', pending: track.length - position, remark }
}
