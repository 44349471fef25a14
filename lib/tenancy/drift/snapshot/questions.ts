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

/** The names are those of this schema: reading needs nothing but the answers. */
const namesSql = ({ role }: Place): string =>
  `SELECT json_build_object('schema', here.nspname, 'owner', pg_get_userbyid(here.nspowner), 'role', ${role === null ? 'NULL' : `${quoteLiteral(role)}::text`}) AS fact FROM here`

/**
 * Messages for a transaction that is open: catalogs are read, and no table of the schema. Afterwards its `search_path` and some settings of the planner are changed
 * until it ends.
 * @param serverVersion server_version_num: 150018
 */
export const structureQuestions = (place: Place, serverVersion: number): readonly string[] => {
  const asked = [{ name: 'names', sql: () => namesSql(place) }, ...parts].map(
    ({ name, sql }) => `SELECT '${name}' AS part, coalesce(json_agg(x.fact), '[]')::text AS facts FROM (${sql(serverVersion)}) x`,
  )
  return [`SET LOCAL search_path = pg_catalog; ${planSettings}`, `WITH ${prelude(place.schema)}\n${asked.join('\nUNION ALL ')}`]
}

type Row = { readonly part: string; readonly facts: string }

const isRow = (row: object): row is Row => 'part' in row && 'facts' in row

const kindRank = new Map(objectKinds.map((kind, index) => [kind, index]))
const compareText = (one: string, other: string): number => (one < other ? -1 : Number(one > other))

const byPlace = (one: StructureObject, other: StructureObject): number =>
  (kindRank.get(one.kind) ?? 0) - (kindRank.get(other.kind) ?? 0) || compareText(one.of, other.of) || compareText(one.name, other.name)

/** @returns null when there is no such schema, and when nothing was answered */
export const readStructure = (answers: ReadonlyArray<readonly object[]>): Structure | null => {
  const facts = new Map<string, readonly unknown[]>()
  for (const row of answers.flat()) if (isRow(row)) facts.set(row.part, JSON.parse(row.facts) as unknown[])
  const names = facts.get('names')?.[0] as Names | undefined
  if (names === undefined) return null
  const shaped = parts.flatMap((part) => (facts.get(part.name) ?? []).map((fact) => part.shape(fact, names)))
  return {
    objects: shaped.flatMap(({ objects = [] }) => objects).toSorted(byPlace),
    uncompared: shaped.flatMap(({ uncompared = [] }) => uncompared).toSorted(compareText),
  }
}
