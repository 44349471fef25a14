/** A full snapshot of one schema: what to ask and how to read the answers. */
import { objectKinds, type Structure, type StructureObject } from '../../contract/structure.ts'
import { quoteLiteral } from '../../sql/ident.ts'
import { attached } from './attached.ts'
import { planSettings, prelude } from './catalog.ts'
import { beside } from './constraints.ts'
import type { Names } from './names.ts'
import type { Part } from './part.ts'
import { relations } from './relations.ts'
import { routines } from './routines.ts'
import { surroundings } from './surroundings.ts'
import { types } from './types.ts'

export type Place = { readonly schema: string; readonly role: string | null }

const parts: readonly Part[] = [...surroundings, types, ...relations, ...beside, routines, ...attached]

/** Reading needs nothing but the answers. */
const namesSql = `SELECT json_build_object('schema', here.nspname, 'owner', pg_get_userbyid(here.nspowner), 'role', p.role) AS fact FROM here`

const valuesOf = (places: readonly Place[]): string =>
  places.map(({ schema, role }, index) => `(${index}, ${quoteLiteral(schema)}::name, ${role === null ? 'NULL' : quoteLiteral(role)}::text)`).join(', ')

/** One schema after the other, by a plan that is made once: planning takes longer than reading a schema. */
const snapshotSql = (places: readonly Place[], serverVersion: number): string => {
  const asked = [{ name: 'names', sql: () => namesSql }, ...parts].map(
    ({ name, sql }) => `SELECT '${name}' AS part, coalesce(json_agg(x.fact), '[]')::text AS facts FROM (${sql(serverVersion)}) x`,
  )
  return `SELECT p.place::text AS place, q.part, q.facts FROM (VALUES ${valuesOf(places)}) AS p(place, schema, role), LATERAL (WITH ${prelude}\n${asked.join('\nUNION ALL ')}) q`
}

const settings = `SET LOCAL search_path = pg_catalog; ${planSettings}`

/**
 * Messages for a transaction that is open: catalogs are read, and no table of the schema. Afterwards its `search_path` and some settings of the planner are changed
 * until it ends.
 * @param serverVersion server_version_num: 150018
 */
export const structureQuestions = (place: Place, serverVersion: number): readonly string[] => [settings, snapshotSql([place], serverVersion)]

type Row = { readonly place: string; readonly part: string; readonly facts: string }

const isRow = (row: object): row is Row => 'place' in row && 'part' in row && 'facts' in row

const kindRank = new Map(objectKinds.map((kind, index) => [kind, index]))
const compareText = (one: string, other: string): number => (one < other ? -1 : Number(one > other))

const byPlace = (one: StructureObject, other: StructureObject): number =>
  (kindRank.get(one.kind) ?? 0) - (kindRank.get(other.kind) ?? 0) || compareText(one.of, other.of) || compareText(one.name, other.name)

const structureOf = (rows: readonly Row[]): Structure | null => {
  const facts = new Map(rows.map(({ part, facts }) => [part, JSON.parse(facts) as unknown[]]))
  const names = facts.get('names')?.[0] as Names | undefined
  if (names === undefined) return null
  const shaped = parts.flatMap((part) => (facts.get(part.name) ?? []).map((fact) => part.shape(fact, names)))
  return {
    objects: shaped.flatMap(({ objects = [] }) => objects).toSorted(byPlace),
    uncompared: shaped.flatMap(({ uncompared = [] }) => uncompared).toSorted(compareText),
  }
}

/** @returns null when there is no such schema, and when nothing was answered */
export const readStructure = (answers: ReadonlyArray<readonly object[]>): Structure | null => structureOf(answers.flat().filter(isRow))

/** The same for several at once. */
export const structuresQuestions = (places: readonly Place[], serverVersion: number): readonly string[] => [settings, snapshotSql(places, serverVersion)]

export const readPlaces = (places: readonly Place[], answers: ReadonlyArray<readonly object[]>): Map<string, Structure | null> => {
  const rows = Map.groupBy(answers.flat().filter(isRow), ({ place }) => Number(place))
  return new Map(places.map(({ schema }, index) => [schema, structureOf(rows.get(index) ?? [])]))
}
