/**
 * Which structure each of many schemas has: a trace of every one, and a full snapshot only of one of those whose trace was never met before on a server of that
 * major version.
 */
import { sql } from 'kysely'
import type { Structure } from '../../contract/structure.ts'
import type { Library } from '../../context.ts'
import type { ControlDb } from '../../control/db.ts'
import { chunks } from '../../session/chunks.ts'
import type { Sessions } from '../../session/sessions.ts'
import { quoteLiteral } from '../../sql/ident.ts'
import { classify, codeOf } from '../../sql/sqlstate.ts'
import { driftFormat, majorOf } from '../format.ts'
import { readStructures } from '../snapshot/read-structures.ts'
import type { Place } from '../snapshot/questions.ts'
import { traceSchemas } from '../snapshot/trace.ts'
import { keepStructure } from '../structures.ts'

/** Those who cannot wait go between two of these. */
const tracesAtOnce = 200
/** In relations as a session counts them. */
const weightAtOnce = 10_000
/** Of one in `pg_class`, tables as well as indexes and sequences: 1.4 kB stay in the backend, measured. */
const shareOfRelation = 0.5
const schemasACount = 2_000
const snapshotsAtOnce = 20
/** A snapshot asks for definitions, and what they name is opened for it. */
const relationsASnapshot = 100
/** Of one trace: the first may be locked just now. */
const candidatesATrace = 3

/** No index leads from a schema into `pg_class`: counting there would read all of it for a single target. @param n alias of pg_namespace */
const relationsSql = `SELECT coalesce(sum(1 + (SELECT count(*) FROM pg_index i WHERE i.indrelid = d.objid)), 0) FROM pg_depend d
  WHERE d.refclassid = 'pg_namespace'::regclass AND d.refobjid = n.oid AND d.classid = 'pg_class'::regclass`

/** How much schemas hold, by name: what a backend keeps of each that it has traced grows with that. */
const readWeights = async (sessions: Sessions, places: readonly Place[]): Promise<Map<string, number>> => {
  const weights = new Map<string, number>()
  for (const chunk of chunks(places, schemasACount)) {
    const names = chunk.map(({ schema }) => quoteLiteral(schema)).join(', ')
    const rows = await (
      await sessions.take(0)
    ).query<{ name: string; relations: string }>(
      `SELECT n.nspname AS name, (${relationsSql})::text AS relations FROM pg_namespace n WHERE n.nspname = ANY (ARRAY[${names}]::name[])`,
    )
    for (const { name, relations } of rows) weights.set(name, Math.ceil(Number(relations) * shareOfRelation))
  }
  return weights
}

type Weighed = { readonly places: Place[]; weight: number }

/** Never more at once than a new backend can carry easily; one schema by itself is whatever it is. */
const weigh = (places: readonly Place[], weights: ReadonlyMap<string, number>): Weighed[] => {
  const portions: Weighed[] = []
  for (const place of places) {
    const weight = weights.get(place.schema) ?? 0
    const last = portions.at(-1)
    if (last && last.places.length < tracesAtOnce && last.weight + weight <= weightAtOnce) {
      last.places.push(place)
      last.weight += weight
    } else portions.push({ places: [place], weight })
  }
  return portions
}

const traceAll = async (sessions: Sessions, places: readonly Place[], serverVersion: number): Promise<Map<string, string>> => {
  const traces = new Map<string, string>()
  for (const { places: some, weight } of weigh(places, await readWeights(sessions, places)))
    for (const [schema, trace] of await traceSchemas(await sessions.take(weight), some, serverVersion)) traces.set(schema, trace)
  return traces
}

const readKnown = async (db: ControlDb, major: number, traces: readonly string[]): Promise<Map<string, number>> => {
  const own = sql`format = ${driftFormat} and server_major = ${major} and trace = any(${[...traces]}::text[])`
  await sql`update structure_trace set used_on = current_date where ${own} and used_on < current_date`.execute(db)
  const { rows } = await sql<{ trace: string; id: number }>`select trace, structure_id as id from structure_trace where ${own}`.execute(db)
  return new Map(rows.map(({ trace, id }) => [trace, id]))
}

const keepTrace = async (db: ControlDb, major: number, trace: string, structure: Structure): Promise<number> => {
  const id = await keepStructure(db, structure)
  await sql`
    insert into structure_trace (format, server_major, trace, structure_id) values (${driftFormat}, ${major}, ${trace}, ${id})
    on conflict (format, server_major, trace) do update set structure_id = excluded.structure_id, used_on = current_date`.execute(db)
  return id
}

type Candidate = { readonly place: Place; readonly trace: string }

/** Only what has the same trace before and after is the structure of that trace: a schema may change while it is read. */
const snapshot = async (
  sessions: Sessions,
  candidates: readonly Candidate[],
  serverVersion: number,
): Promise<Array<Candidate & { readonly structure: Structure }>> => {
  const connection = await sessions.take(candidates.length * relationsASnapshot)
  const places = candidates.map(({ place }) => place)
  const structures = await readStructures(connection, places, serverVersion)
  const after = await traceSchemas(connection, places, serverVersion)
  return candidates.flatMap((candidate) => {
    const structure = structures.get(candidate.place.schema)
    return structure && after.get(candidate.place.schema) === candidate.trace ? [{ ...candidate, structure }] : []
  })
}

/** What keeps one schema from being read, such as a lock, must not hide the others. */
const snapshotEach = async (library: Library, sessions: Sessions, candidates: readonly Candidate[], serverVersion: number) => {
  try {
    return await snapshot(sessions, candidates, serverVersion)
  } catch (error) {
    if (classify(codeOf(error)) === 'connection') throw error
    if (candidates.length === 1) {
      library.logger.warn({ schema: candidates[0]?.place.schema, code: codeOf(error) }, 'structure.not_read')
      return []
    }
  }
  const found: Awaited<ReturnType<typeof snapshot>> = []
  for (const candidate of candidates) found.push(...(await snapshotEach(library, sessions, [candidate], serverVersion)))
  return found
}

export type FoundStructures = {
  /** By schema; one that could not be read is not in it. */
  readonly structures: ReadonlyMap<string, number>
  readonly snapshots: number
}

/** @throws the connection's error when it breaks, and the control database's */
export const findStructures = async (library: Library, sessions: Sessions, places: readonly Place[], serverVersion: number): Promise<FoundStructures> => {
  const { db } = library.control
  const major = majorOf(serverVersion)
  const traces = await traceAll(sessions, places, serverVersion)
  const known = await readKnown(db, major, [...new Set(traces.values())])
  const unknown = places.flatMap((place) => {
    const trace = traces.get(place.schema)
    return trace === undefined || known.has(trace) ? [] : [{ place, trace }]
  })
  const byTrace = Map.groupBy(unknown, ({ trace }) => trace)
  let snapshots = 0
  for (let turn = 0; turn < candidatesATrace; turn += 1) {
    const candidates = [...byTrace].flatMap(([trace, list]) => (known.has(trace) ? [] : list.slice(turn, turn + 1)))
    for (const chunk of chunks(candidates, snapshotsAtOnce)) {
      snapshots += chunk.length
      for (const { trace, structure } of await snapshotEach(library, sessions, chunk, serverVersion))
        known.set(trace, await keepTrace(db, major, trace, structure))
    }
  }
  const structures = new Map<string, number>()
  for (const [schema, trace] of traces) {
    const id = known.get(trace)
    if (id !== undefined) structures.set(schema, id)
  }
  return { structures, snapshots }
}
