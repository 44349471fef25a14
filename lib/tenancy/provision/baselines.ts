/**
 * Before existing schemas are adopted: are the versions the set's, and are the schemas there. Each database is asked once, whatever the number of tenants, and all
 * together for as long as whoever started the adoption waits.
 */
import type { Library } from '../context.ts'
import type { ControlDb } from '../control/db.ts'
import { isTenancyError, TenancyError } from '../errors.ts'
import { lookBriefly, type KnownDatabase, type LookBounds } from '../registry/brief-look.ts'
import { within } from '../runs/within.ts'
import type { FleetConnection } from '../session/fleet-connection.ts'
import { quoteLiteral } from '../sql/ident.ts'

export type Adoption = { readonly slug: string; readonly databaseId: number; readonly schema: string; readonly baseline: string | null }
type Problem = { readonly slug: string; readonly message: string }

const namesAQuery = 5_000
/** An action returns within a second. */
const askMs = 800
/** For what nobody waits for any more. */
const bounds: LookBounds = { turnMs: 1_000, connectMs: 1_000, statementMs: 1_000 }
const shownInWords = 10
const mostListed = 1_000

/** @throws onboard.baseline naming every tenant that cannot be adopted, with the reason */
export const refuseProblems = (problems: readonly Problem[]): void => {
  if (problems.length === 0) return
  const shown = problems.slice(0, shownInWords).map(({ slug, message }) => `“${slug}”: ${message}`)
  const more = problems.length > shown.length ? `; and ${problems.length - shown.length} more` : ''
  const count = new Set(problems.map(({ slug }) => slug)).size
  throw new TenancyError('onboard.baseline', { count, problem: `${shown.join('; ')}${more}`, problems: problems.slice(0, mostListed) })
}

/** Baselines that are no version of the set. */
export const unknownBaselines = (rows: readonly Adoption[], set: string, versions: ReadonlySet<string>): readonly Problem[] =>
  rows.flatMap(({ slug, baseline }) =>
    baseline === null || versions.has(baseline) ? [] : [{ slug, message: `set “${set}” has no version ${baseline} to adopt it at` }],
  )

const schemasThere = async (connection: FleetConnection, schemas: readonly string[]): Promise<ReadonlySet<string>> => {
  const found = new Set<string>()
  for (let index = 0; index < schemas.length; index += namesAQuery) {
    const names = schemas.slice(index, index + namesAQuery).map(quoteLiteral)
    const rows = await connection.query<{ nspname: string }>(
      `SELECT nspname FROM pg_namespace WHERE nspname = ANY (ARRAY[${names.join(', ')}]::name[])`,
      bounds.statementMs * 2,
    )
    for (const { nspname } of rows) found.add(nspname)
  }
  return found
}

const lookAt = async (library: Library, database: KnownDatabase, rows: readonly Adoption[]): Promise<readonly Problem[]> => {
  const schemas = rows.map(({ schema }) => schema)
  const asked = lookBriefly(library, database, (connection) => schemasThere(connection, schemas), bounds)
  // One that takes longer is no reason against it: the item of each tenant looks again, and says what it finds.
  if (!(await within(askMs, asked))) return []
  try {
    const there = await asked
    return rows
      .filter(({ schema }) => !there.has(schema))
      .map(({ slug, schema }) => ({ slug, message: `there is no schema “${schema}” in database “${database.name}”` }))
  } catch (error) {
    if (!isTenancyError(error)) throw error
    const why = error.message.replace(/\.$/, '')
    return rows.map(({ slug }) => ({
      slug,
      message: `database “${database.name}” could not be asked whether its schema is there. ${why}. Try again when it answers`,
    }))
  }
}

const databasesOf = (db: ControlDb, rows: readonly Adoption[]) =>
  db
    .selectFrom('database')
    .select(['id', 'name', 'server_id', 'url_sealed'])
    .where('id', 'in', [...new Set(rows.map(({ databaseId }) => databaseId))])
    .orderBy('name')
    .execute()

/** Schemas that are not there, in the order of the input. A database that refuses to be asked is a reason as well. */
export const missingSchemas = async (library: Library, rows: readonly Adoption[]): Promise<readonly Problem[]> => {
  const adopted = rows.filter(({ baseline }) => baseline !== null)
  if (adopted.length === 0) return []
  const databases = await databasesOf(library.control.db, adopted)
  const looks = databases.map((database) =>
    lookAt(
      library,
      database,
      adopted.filter(({ databaseId }) => databaseId === database.id),
    ),
  )
  const problems = (await Promise.all(looks)).flat()
  const places = new Map(adopted.map(({ slug }, index) => [slug, index]))
  return problems.toSorted((one, other) => (places.get(one.slug) ?? 0) - (places.get(other.slug) ?? 0))
}
