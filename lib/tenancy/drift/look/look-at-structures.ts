/** A look at the structure of targets whose histories were just read: what each is like, for which version, and the references to measure it by. */
import { sql } from 'kysely'
import type { Library } from '../../context.ts'
import type { ControlDb } from '../../control/db.ts'
import { readSummaries, type TargetSummary } from '../../migrations/history.ts'
import type { Sessions } from '../../session/sessions.ts'
import { readPlaceFacts } from '../../session/place-facts.ts'
import { majorOf } from '../format.ts'
import { ensureReferences } from '../reference.ts'
import { findStructures } from './find-structures.ts'

export type StructureTarget = { readonly id: number; readonly setId: number; readonly schema: string; readonly role: string | null }
export type LookPlace = { readonly databaseId: number; readonly installation: string }
/** What a target looked like while its history had this digest. */
export type SeenStructure = {
  readonly targetId: number
  readonly setId: number
  readonly digest: string
  readonly version: string | null
  readonly structureId: number
}
export type StructureLook = { readonly databaseId: number; readonly serverMajor: number; readonly seen: readonly SeenStructure[] }

/** The structures of targets that are at another version than when they were looked at; all; all, because somebody asked for them. */
export type StructureWish = 'changed' | 'due' | 'asked'

type Summaries = ReadonlyMap<string, TargetSummary>
type Looked = { readonly target: StructureTarget; readonly digest: string; readonly version: string | null }

/** A migration that stopped half-way leaves a structure between two versions, of which nothing can be said. */
const settled = (targets: readonly StructureTarget[], summaries: Summaries): Looked[] =>
  targets.flatMap((target) => {
    const history = summaries.get(target.schema)?.history
    return history && history.unfinished === null ? [{ target, digest: history.digest, version: history.version }] : []
  })

type Before = ReadonlyMap<number, { readonly digest: string; readonly structureId: number }>

const readBefore = async (db: ControlDb, ids: readonly number[]): Promise<Before> => {
  const { rows } = await sql<{ id: number; digest: string; structureId: number }>`
    select o.target_id as id, s.digest, s.structure_id as "structureId" from observation o join seen_structure s on s.id = o.seen_id
    where o.target_id = any(${[...ids]}::bigint[])`.execute(db)
  return new Map(rows.map(({ id, ...was }) => [id, was]))
}

const historiesAtOnce = 1_000
const relationsAHistory = 9

/** Of those that do not look as before, the histories once more: what was migrated in between would be taken for something that nobody asked for. */
const withoutMoved = async (
  sessions: Sessions,
  seen: readonly SeenStructure[],
  before: Before,
  schemas: ReadonlyMap<number, string>,
): Promise<SeenStructure[]> => {
  const changed = seen.filter(({ targetId, digest, structureId }) => {
    const was = before.get(targetId)
    return was?.digest !== digest || was.structureId !== structureId
  })
  const moved = new Set<number>()
  for (let index = 0; index < changed.length; index += historiesAtOnce) {
    const chunk = changed.slice(index, index + historiesAtOnce)
    const names = chunk.map(({ targetId }) => schemas.get(targetId) ?? '')
    const summaries = await readSummaries(await sessions.takeEach(chunk.length * relationsAHistory), names, () => {})
    for (const { targetId, digest } of chunk) {
      const history = summaries.get(schemas.get(targetId) ?? '')?.history
      if (history?.digest !== digest || history.unfinished !== null) moved.add(targetId)
    }
  }
  return seen.filter(({ targetId }) => !moved.has(targetId))
}

/**
 * @param summaries of the histories, by schema
 * @returns null when nothing was to be looked at
 * @throws the connection's error when it breaks, and the control database's
 */
export const lookAtStructures = async (
  library: Library,
  sessions: Sessions,
  place: LookPlace,
  targets: readonly StructureTarget[],
  summaries: Summaries,
  wish: StructureWish,
): Promise<StructureLook | null> => {
  const { db } = library.control
  const before = await readBefore(
    db,
    targets.map(({ id }) => id),
  )
  const looked = settled(targets, summaries).filter(({ target, digest }) => wish !== 'changed' || before.get(target.id)?.digest !== digest)
  if (looked.length === 0) return null
  const connection = await sessions.take(0)
  const facts = await readPlaceFacts(connection)
  const { serverVersion } = facts
  const { structures, snapshots } = await findStructures(
    library,
    sessions,
    looked.map(({ target: { schema, role } }) => ({ schema, role })),
    serverVersion,
  )
  const seen = looked.flatMap(({ target, digest, version }): SeenStructure[] => {
    const structureId = structures.get(target.schema)
    return structureId === undefined ? [] : [{ targetId: target.id, setId: target.setId, digest, version, structureId }]
  })
  const reliable = await withoutMoved(sessions, seen, before, new Map(targets.map(({ id, schema }) => [id, schema])))
  const versions = new Map(reliable.map(({ setId, digest }) => [`${setId} ${digest}`, { setId, digest }]))
  await ensureReferences(library, (relations) => sessions.take(relations), { ...place, ...facts }, [...versions.values()], wish === 'asked')
  library.logger.info({ databaseId: place.databaseId, targets: looked.length, seen: reliable.length, snapshots }, 'structures.seen')
  return { databaseId: place.databaseId, serverMajor: majorOf(serverVersion), seen: reliable }
}
