/** A short look at the servers before tenants are onboarded: which of their schemas are there. Each database is asked once, whatever the number of schemas. */
import type { Library } from '../context.ts'
import { isTenancyError } from '../errors.ts'
import { lookBriefly, type KnownDatabase, type LookBounds } from '../registry/brief-look.ts'
import { within } from '../runs/within.ts'
import type { FleetConnection } from '../session/fleet-connection.ts'
import { quoteLiteral } from '../sql/ident.ts'

export type WantedSchema = { readonly databaseId: number; readonly schema: string }
/** `late`: not answered in time, which says nothing about what is there; `refused`: why the database cannot be asked. */
export type SchemaLook = { readonly there: ReadonlySet<string> } | { readonly late: true } | { readonly refused: string }
export type SeenDatabase = { readonly id: number; readonly name: string; readonly look: SchemaLook }

/** Somebody waits: over all servers together. An action returns within a second. */
export const lookMs = 800
/** For what nobody waits for any more. First: a pool that is being filled, or an observation, would outlast it. */
const bounds: LookBounds = { turnMs: 1_000, connectMs: 1_000, statementMs: 1_000, isFirst: true }
const namesAQuery = 5_000

const readSchemas = async (connection: FleetConnection, schemas: readonly string[]): Promise<ReadonlySet<string>> => {
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

const lookAt = async (library: Library, database: KnownDatabase, schemas: readonly string[]): Promise<SchemaLook> => {
  const asked = lookBriefly(library, database, (connection) => readSchemas(connection, schemas), bounds)
  if (!(await within(lookMs, asked))) return { late: true }
  try {
    return { there: await asked }
  } catch (error) {
    if (!isTenancyError(error)) throw error
    return { refused: error.message.replace(/\.$/, '') }
  }
}

/** All databases at once, in the order of their names, for never longer than `lookMs`. */
export const lookForSchemas = async (library: Library, wanted: readonly WantedSchema[]): Promise<readonly SeenDatabase[]> => {
  const byDatabase = Map.groupBy(wanted, ({ databaseId }) => databaseId)
  if (byDatabase.size === 0) return []
  const databases = await library.control.db
    .selectFrom('database')
    .select(['id', 'name', 'server_id', 'url_sealed'])
    .where('id', 'in', [...byDatabase.keys()])
    .orderBy('name')
    .execute()
  return Promise.all(
    databases.map(async (database) => {
      const schemas = (byDatabase.get(database.id) ?? []).map(({ schema }) => schema)
      return { id: database.id, name: database.name, look: await lookAt(library, database, schemas) }
    }),
  )
}
