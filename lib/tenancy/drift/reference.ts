/** What targets at a version of a set should look like in a database: worked out once by a replay, and kept by the digest of the migrations that made it. */
import { sql } from 'kysely'
import type { AttemptError } from '../contract/views.ts'
import type { Library } from '../context.ts'
import type { ControlDb } from '../control/db.ts'
import { budgetPrefix } from '../control/installation.ts'
import { emptyDigest } from '../migrations/digest.ts'
import { statementsOf } from '../migrations/parsed.ts'
import type { TrackMigration } from '../migrations/track.ts'
import type { ExecutableMigration } from '../migrations/types.ts'
import type { FleetConnection } from '../session/fleet-connection.ts'
import type { PlaceFacts } from '../session/place-facts.ts'
import { classify } from '../sql/sqlstate.ts'
import { driftFormat, majorOf } from './format.ts'
import { replay, type Replayed } from './replay.ts'
import { keepStructure } from './structures.ts'

/** A database as references are made in it. */
export type ReferencePlace = PlaceFacts & { readonly databaseId: number; readonly installation: string }
/** A version of a set, as a history says it. */
export type WantedVersion = { readonly setId: number; readonly digest: string }

/** All of a set, with statements, in order. */
export const setMigrations = async (db: ControlDb, setId: number): Promise<ReadonlyArray<ExecutableMigration & TrackMigration>> => {
  const rows = await db
    .selectFrom('migration as m')
    .innerJoin('migration_content as c', 'c.checksum', 'm.checksum')
    .select(['m.version', 'm.name', 'm.file', 'm.checksum', 'm.transactional', 'm.prefix_digest as prefixDigest', 'c.sql'])
    .where('m.set_id', '=', setId)
    .orderBy('m.position')
    .execute()
  return Promise.all(rows.map(async (row) => ({ ...row, statements: await statementsOf(row.checksum, row.sql) })))
}

/** Up to and including the version that a history with this digest is at; null: the set has no such version. */
const migrationsUpTo = (migrations: ReadonlyArray<ExecutableMigration & TrackMigration>, digest: string): readonly ExecutableMigration[] | null => {
  if (digest === emptyDigest) return []
  const last = migrations.findIndex(({ prefixDigest }) => prefixDigest === digest)
  return last === -1 ? null : migrations.slice(0, last + 1)
}

/** Of histories that are not a set's there may be many, at every look: they must not cost its statements. */
const onTrack = async (db: ControlDb, wanted: readonly WantedVersion[]): Promise<WantedVersion[]> => {
  const { rows } = await sql<WantedVersion>`
    select set_id as "setId", prefix_digest as digest from migration
    where set_id = any(${wanted.map(({ setId }) => setId)}::bigint[]) and prefix_digest = any(${wanted.map(({ digest }) => digest)}::text[])`.execute(db)
  const known = new Set(rows.map(({ setId, digest }) => `${setId} ${digest}`))
  return wanted.filter(({ setId, digest }) => digest === emptyDigest || known.has(`${setId} ${digest}`))
}

type Known = WantedVersion & {
  readonly problem: AttemptError | null
  readonly isOld: boolean
  readonly extensions: ReadonlyArray<{ readonly name: string; readonly schema: string; readonly version: string }>
}

/** By name, as they are in the database now. */
type Extensions = ReadonlyMap<string, { readonly schema: string; readonly version: string }>

const readExtensions = async (connection: FleetConnection): Promise<Extensions> => {
  const rows = await connection.query<{ name: string; schema: string; version: string }>(
    `SELECT e.extname AS name, n.nspname AS schema, e.extversion AS version FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace`,
  )
  return new Map(rows.map(({ name, ...extension }) => [name, extension]))
}

/** What it lives on was moved or brought to another version since; one that is in the targets' own schema is theirs. */
const isOutlived = ({ extensions }: Known, now: Extensions): boolean =>
  extensions.some(({ name, schema, version }) => {
    const extension = now.get(name)
    return extension?.version !== version || (schema !== 'own' && extension.schema !== schema)
  })

/** A problem that passes is tried again with each look; another one after a day, for the database may be another by then. */
const isDue = (known: Known | undefined, now: Extensions, isAsked: boolean): boolean =>
  known === undefined || isOutlived(known, now) || (known.problem !== null && (isAsked || known.isOld || classify(known.problem.code) !== 'permanent'))

const readKnown = async (db: ControlDb, place: ReferencePlace, wanted: readonly WantedVersion[]): Promise<Known[]> => {
  const { rows } = await sql<Known>`
    select r.set_id as "setId", r.digest, r.problem, r.made_at < now() - interval '1 day' as "isOld", (
      select coalesce(jsonb_agg(jsonb_build_object('name', o ->> 'name', 'schema', o #>> '{facts,structure,schema}', 'version', o #>> '{facts,storage,version}')), '[]')
      from jsonb_array_elements(s.objects) o where o ->> 'kind' = 'extension') as extensions
    from reference r left join structure s on s.id = r.structure_id
    where r.database_id = ${place.databaseId} and r.server_major = ${majorOf(place.serverVersion)} and r.format = ${driftFormat}
      and r.digest = any(${wanted.map(({ digest }) => digest)}::text[])`.execute(db)
  return rows
}

const keep = async (db: ControlDb, place: ReferencePlace, version: WantedVersion, count: number, { structures, problem }: Replayed): Promise<void> => {
  const structure = structures.get(count)
  const structureId = structure ? await keepStructure(db, structure) : null
  const told = structure ? null : JSON.stringify(problem)
  await sql`
    insert into reference (set_id, database_id, digest, server_major, format, structure_id, problem)
    select id, ${place.databaseId}, ${version.digest}, ${majorOf(place.serverVersion)}, ${driftFormat}, ${structureId}, ${told}::jsonb
    from migration_set where id = ${version.setId}
    on conflict (set_id, database_id, digest, server_major, format) do update set structure_id = excluded.structure_id, problem = excluded.problem, made_at = now()`.execute(
    db,
  )
}

/** A replay opens about so many relations for each of its statements: the table, its indexes, what holds its texts. */
const relationsAStatement = 6

/** Of one set. */
const makeReferences = async (
  library: Library,
  connect: (relations: number) => Promise<FleetConnection>,
  place: ReferencePlace,
  all: Awaited<ReturnType<typeof setMigrations>>,
  versions: readonly WantedVersion[],
): Promise<void> => {
  for (const version of versions) {
    const migrations = migrationsUpTo(all, version.digest)
    if (migrations === null) continue
    const connection = await connect(migrations.reduce((sum, { statements }) => sum + statements.length * relationsAStatement, 0))
    const replayed = await replay(connection, {
      migrations,
      at: [migrations.length],
      extensionSchemas: place.extensionSchemas,
      installation: place.installation,
      applicationName: `${budgetPrefix(place.installation)}reference`,
      serverVersion: place.serverVersion,
      isTenant: true,
    })
    // A look that was stopped is no problem of the set.
    if (replayed.problem) await connect(0)
    if (replayed.problem) library.logger.warn({ ...version, databaseId: place.databaseId, code: replayed.problem.code }, 'reference.failed')
    await keep(library.control.db, place, version, migrations.length, replayed)
  }
}

/**
 * Makes the references that are lacking. What failed is kept as well, and does not hinder the others.
 * @param connect a connection for work that opens about so many relations
 * @param isAsked somebody asked for it: problems are tried again
 * @throws the control database's errors, and what `connect` throws
 */
export const ensureReferences = async (
  library: Library,
  connect: (relations: number) => Promise<FleetConnection>,
  place: ReferencePlace,
  wanted: readonly WantedVersion[],
  isAsked: boolean,
): Promise<void> => {
  const { db } = library.control
  if (wanted.length === 0) return
  const now = await readExtensions(await connect(0))
  const known = new Map((await readKnown(db, place, wanted)).map((one) => [`${one.setId} ${one.digest}`, one]))
  const due = wanted.filter(({ setId, digest }) => isDue(known.get(`${setId} ${digest}`), now, isAsked))
  if (due.length === 0) return
  const bySet = Map.groupBy(await onTrack(db, due), ({ setId }) => setId)
  for (const [setId, versions] of bySet) await makeReferences(library, connect, place, await setMigrations(db, setId), versions)
}
