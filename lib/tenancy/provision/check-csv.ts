import type { CheckOnboardingInput } from '../contract/commands.ts'
import type { CsvPreview, CsvProblem, OnboardingCheck } from '../contract/csv.ts'
import { defaultSchemaName } from '../contract/slug.ts'
import type { Library } from '../context.ts'
import { TenancyError } from '../errors.ts'
import { takenHosts } from '../registry/taken-hosts.ts'
import { takenProblem, takenSlugs } from '../registry/taken-slugs.ts'
import { findSet, type SetRow } from '../runs/freeze.ts'
import { mostCsvProblems, readOnboardCsv, type CsvClaim } from './csv.ts'
import { lookForSchemas, lookMs, type SeenDatabase } from './live-schemas.ts'
import { findPlaces, findTwice, ownSchemas, takenSchemas, type Place, type Places } from './places.ts'

/** What is wanted of the server: slug, database and schema are told and can be. */
type Placed = CsvClaim & { readonly slug: string; readonly schema: string; readonly place: Place }

const shownNames = 5

const listOf = (names: readonly string[]): string =>
  names.length > shownNames ? `${names.slice(0, shownNames).join(', ')} and ${names.length - shownNames} more` : names.join(', ')

const placeProblems = (claims: readonly CsvClaim[], set: SetRow, { byName, fallback }: Places): readonly CsvProblem[] =>
  claims.flatMap(({ line, database }) => {
    const problem = (message: string): readonly CsvProblem[] => [{ line, column: 'database', message }]
    if (database === null) return []
    if (database !== undefined)
      return byName.has(database)
        ? []
        : problem(`“${database}” is no database here; ${byName.size === 0 ? 'there is none yet' : `these are: ${listOf([...byName.keys()])}`}`)
    return fallback ? [] : problem(`is missing: set “${set.name}” has no default database; name one of ${listOf([...byName.keys()]) || 'those that you add'}`)
  })

const placeClaims = (claims: readonly CsvClaim[], { byName, fallback }: Places): readonly Placed[] =>
  claims.flatMap((claim) => {
    const { slug, schema, database } = claim
    const place = database === undefined ? fallback : database === null ? undefined : byName.get(database)
    return slug === null || schema === null || place === undefined ? [] : [{ ...claim, slug, schema, place }]
  })

const baselineProblems = async ({ control }: Library, claims: readonly CsvClaim[], set: SetRow): Promise<readonly CsvProblem[]> => {
  const rows = await control.db.selectFrom('migration').select('version').where('set_id', '=', set.id).orderBy('position').execute()
  const head = rows.at(-1)?.version
  if (head === undefined) return [{ line: 1, column: null, message: `set “${set.name}” has no migrations yet, so nothing can be onboarded into it` }]
  const versions = new Set(rows.map(({ version }) => version))
  return claims.flatMap(({ line, baseline }) =>
    baseline === undefined || versions.has(baseline)
      ? []
      : [{ line, column: 'baseline', message: `“${baseline}” is no version of set “${set.name}”, whose newest is ${head}` }],
  )
}

const keyOf = ({ databaseId, schema }: { readonly databaseId: number; readonly schema: string }): string => `${databaseId} ${schema}`
const wantedOf = ({ slug, schema, place }: Placed) => ({ slug, schema, databaseId: place.id })

const hostProblems = async ({ control }: Library, claims: readonly CsvClaim[]): Promise<readonly CsvProblem[]> => {
  const twice = findTwice(claims, ({ hosts }) => hosts).map(({ row, earlier, key }) => ({
    line: row.line,
    column: 'hosts',
    message: `“${key}” is there already in line ${earlier.line}; a host leads to one tenant`,
  }))
  const taken = new Map(
    (
      await takenHosts(
        control.db,
        claims.map(({ slug, hosts }) => ({ slug: slug ?? '', hosts })),
      )
    ).map((one) => [one.host, one]),
  )
  const ofOthers = claims.flatMap(({ line, slug, hosts }) =>
    hosts.flatMap((host) => {
      const owner = taken.get(host)
      return owner === undefined || owner.owner === slug
        ? []
        : [{ line, column: 'hosts', message: `“${host}” belongs to tenant “${owner.owner}” (${owner.state})` }]
    }),
  )
  return [...twice, ...ofOthers]
}

const noteOf = ({ name, look }: SeenDatabase): readonly string[] => {
  if ('there' in look) return []
  const problem = 'late' in look ? `no answer within ${lookMs / 1000} seconds` : look.refused
  return [`Which schemas are there already could not be looked at in database “${name}”: ${problem}. A tenant that this stops will be told of in its run.`]
}

const schemaProblems = async (
  library: Library,
  claims: readonly Placed[],
  set: SetRow,
  taken: ReadonlySet<string>,
): Promise<{ readonly problems: readonly CsvProblem[]; readonly notes: readonly string[] }> => {
  const twice = findTwice(claims, (claim) => [keyOf(wantedOf(claim))])
    // A slug that is there twice has been told of.
    .filter(({ row, earlier }) => row.slug !== earlier.slug)
    .map(({ row, earlier }) => ({
      line: row.line,
      column: 'schema',
      message: `“${row.schema}” in database “${row.place.name}” is claimed in line ${earlier.line} already; two tenants never share a schema`,
    }))
  const owned = new Map((await takenSchemas(library.control.db, set.id, claims.map(wantedOf))).map((one) => [keyOf(one), one.slug]))
  const own = new Set((await ownSchemas(library.control.db, set.id, claims.map(wantedOf))).map(keyOf))
  const free = claims.filter((claim) => !taken.has(claim.slug) && !owned.has(keyOf(wantedOf(claim))))
  const ofOthers = claims.flatMap((claim) => {
    const owner = owned.get(keyOf(wantedOf(claim)))
    return owner === undefined || taken.has(claim.slug)
      ? []
      : [{ line: claim.line, column: 'schema', message: `“${claim.schema}” in database “${claim.place.name}” belongs to tenant “${owner}”` }]
  })
  const databases = await lookForSchemas(library, free.map(wantedOf))
  const looks = new Map(databases.map(({ id, look }) => [id, look]))
  const live = free.flatMap(({ line, schema, place, baseline }) => {
    const look = looks.get(place.id)
    if (look === undefined || !('there' in look) || look.there.has(schema) === (baseline !== undefined)) return []
    if (baseline === undefined && own.has(keyOf({ databaseId: place.id, schema }))) return []
    const message =
      baseline === undefined
        ? `“${schema}” is there already in database “${place.name}”; choose another name, or adopt it with the version that it is at (baseline)`
        : `“${schema}” is not there in database “${place.name}”, so there is nothing to adopt`
    return [{ line, column: 'schema', message }]
  })
  return { problems: [...twice, ...ofOthers, ...live], notes: databases.flatMap(noteOf) }
}

/** @throws database.unknown */
const placesFor = async ({ control }: Library, set: SetRow, database: string | undefined): Promise<Places> => {
  const places = await findPlaces(control.db, set)
  if (database === undefined) return places
  const fallback = places.byName.get(database)
  if (!fallback) throw new TenancyError('database.unknown', { database })
  return { ...places, fallback }
}

const checkClaims = async (library: Library, claims: readonly CsvClaim[], set: SetRow, places: Places, taken: ReadonlySet<string>) => {
  const schemas = await schemaProblems(library, placeClaims(claims, places), set, taken)
  const problems = [
    ...placeProblems(claims, set, places),
    ...schemas.problems,
    ...(await hostProblems(library, claims)),
    ...(await baselineProblems(library, claims, set)),
  ]
  return { problems, notes: schemas.notes }
}

/**
 * What onboarding this file into a set would refuse, by its lines: what is wrong in the file, and what the registry and the servers have against it.
 * No problem of a line hides another one.
 * @param database for lines that name none; absent: the set's
 * @throws set.unknown, database.unknown
 */
export const checkOnboardCsv = async (library: Library, csv: string, setName: string, database?: string): Promise<Omit<CsvPreview, 'total'>> => {
  const set = await findSet(library.control.db, setName)
  const places = await placesFor(library, set, database)
  const { rows, problems, lines, claims } = readOnboardCsv(csv)
  const taken = lines.size === 0 ? [] : await takenSlugs(library, [...lines.keys()], setName)
  const found = claims.length === 0 ? { problems: [], notes: [] } : await checkClaims(library, claims, set, places, new Set(taken))
  const slugs = taken.map((slug) => ({ line: lines.get(slug) ?? 1, column: 'slug', message: `“${slug}” ${takenProblem}` }))
  const all = [...problems, ...slugs, ...found.problems].toSorted((a, b) => a.line - b.line)
  return { rows: all.length > 0 ? [] : rows, problemCount: all.length, problems: all.slice(0, mostCsvProblems), notes: found.notes }
}

/**
 * The same for one tenant that is being typed: what the registry and the server have against its place, hosts and version. Whether its slug is taken is asked by itself.
 * @throws set.unknown
 */
export const checkOnboarding = async (
  library: Library,
  { set: setName, slug, hosts, database, schema, baseline }: CheckOnboardingInput,
): Promise<OnboardingCheck> => {
  const set = await findSet(library.control.db, setName)
  const claim: CsvClaim = { line: 1, slug, hosts: hosts.map((host) => host.toLowerCase()), database, schema: schema ?? defaultSchemaName(slug), baseline }
  const taken = await takenSlugs(library, [slug], setName)
  const { problems, notes } = await checkClaims(library, [claim], set, await findPlaces(library.control.db, set), new Set(taken))
  return { problems: problems.map(({ column, message }) => ({ field: column, message })), notes }
}
