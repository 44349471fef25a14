/** Before existing schemas are adopted: are the versions the set's, and are the schemas there. Each server is asked once a database, whatever the number of tenants. */
import type { Library } from '../context.ts'
import type { ControlDb } from '../control/db.ts'
import { isTenancyError, TenancyError } from '../errors.ts'
import { lookBriefly, type KnownDatabase } from '../registry/brief-look.ts'
import type { FleetConnection } from '../session/fleet-connection.ts'
import { quoteLiteral } from '../sql/ident.ts'

export type Adoption = { readonly slug: string; readonly databaseId: number; readonly schema: string; readonly baseline: string | null }
type Problem = { readonly slug: string; readonly message: string }

const namesAQuery = 5_000
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
    const rows = await connection.query<{ nspname: string }>(`SELECT nspname FROM pg_namespace WHERE nspname = ANY (ARRAY[${names.join(', ')}]::name[])`)
    for (const { nspname } of rows) found.add(nspname)
  }
  return found
}

const lookAt = async (library: Library, database: KnownDatabase, rows: readonly Adoption[]): Promise<readonly Problem[]> => {
  try {
    const there = await lookBriefly(library, database, (connection) =>
      schemasThere(
        connection,
        rows.map(({ schema }) => schema),
      ),
    )
    return rows
      .filter(({ schema }) => !there.has(schema))
      .map(({ slug, schema }) => ({ slug, message: `there is no schema “${schema}” in database “${database.name}”` }))
  } catch (error) {
    if (!isTenancyError(error)) throw error
    return rows.map(({ slug }) => ({ slug, message: `whether its schema is there could not be seen. ${error.message.replace(/\.$/, '')}` }))
  }
}

const databasesOf = (db: ControlDb, rows: readonly Adoption[]) =>
  db
    .selectFrom('database')
    .select(['id', 'name', 'server_id', 'url_sealed'])
    .where('id', 'in', [...new Set(rows.map(({ databaseId }) => databaseId))])
    .orderBy('name')
    .execute()

/** Schemas that are not there, in the order of the input. A database that does not answer in time is a reason as well. */
export const missingSchemas = async (library: Library, rows: readonly Adoption[]): Promise<readonly Problem[]> => {
  const adopted = rows.filter(({ baseline }) => baseline !== null)
  if (adopted.length === 0) return []
  const databases = await databasesOf(library.control.db, adopted)
  const problems: Problem[] = []
  // One look after the other at a server, and the servers beside each other.
  const lookAtServer = async (ofServer: typeof databases): Promise<void> => {
    for (const database of ofServer)
      problems.push(
        ...(await lookAt(
          library,
          database,
          adopted.filter(({ databaseId }) => databaseId === database.id),
        )),
      )
  }
  await Promise.all([...Map.groupBy(databases, ({ server_id: serverId }) => serverId).values()].map(lookAtServer))
  const places = new Map(adopted.map(({ slug }, index) => [slug, index]))
  return problems.toSorted((one, other) => (places.get(one.slug) ?? 0) - (places.get(other.slug) ?? 0))
}
