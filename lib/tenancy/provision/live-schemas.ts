/** A short look at the servers for a file that somebody is about to send: are the schemas there, or not there, as their rows need it. */
import { setTimeout as wait } from 'node:timers/promises'
import type { Library } from '../context.ts'
import { isTenancyError } from '../errors.ts'
import { lookBriefly, type KnownDatabase } from '../registry/brief-look.ts'
import { quoteLiteral } from '../sql/ident.ts'

export type WantedSchema = { readonly databaseId: number; readonly schema: string }
export type LiveSchemas = {
  /** What is there, by database; a database that could not be looked at has none. */
  readonly there: ReadonlyMap<number, ReadonlySet<string>>
  /** For people: which databases could not be looked at, and why. */
  readonly unseen: readonly string[]
}

/** Somebody waits for the preview: over all servers together. */
const lookMs = 800
const bounds = { turnMs: lookMs, connectMs: lookMs, statementMs: lookMs }

const schemasThere = (library: Library, database: KnownDatabase, schemas: readonly string[]): Promise<ReadonlySet<string>> =>
  lookBriefly(
    library,
    database,
    async (connection) => {
      const names = schemas.map(quoteLiteral).join(', ')
      const rows = await connection.query<{ nspname: string }>(`SELECT nspname FROM pg_namespace WHERE nspname = ANY (ARRAY[${names}]::name[])`, lookMs)
      return new Set(rows.map(({ nspname }) => nspname))
    },
    bounds,
  )

type Seen = { readonly id: number; readonly there: ReadonlySet<string> } | { readonly problem: string }

/** Never longer than `lookMs`; a look that is given up ends by bounds of its own. */
export const lookForSchemas = async (library: Library, wanted: readonly WantedSchema[]): Promise<LiveSchemas> => {
  const byDatabase = Map.groupBy(wanted, ({ databaseId }) => databaseId)
  if (byDatabase.size === 0) return { there: new Map(), unseen: [] }
  const databases = await library.control.db
    .selectFrom('database')
    .select(['id', 'name', 'server_id', 'url_sealed'])
    .where('id', 'in', [...byDatabase.keys()])
    .orderBy('name')
    .execute()
  const over = new AbortController()
  const late = wait(lookMs, null, { signal: over.signal }).catch(() => null)
  const lookAt = async (database: (typeof databases)[number]): Promise<Seen> => {
    const look = async (): Promise<Seen> => {
      try {
        const schemas = (byDatabase.get(database.id) ?? []).map(({ schema }) => schema)
        return { id: database.id, there: await schemasThere(library, database, schemas) }
      } catch (error) {
        if (!isTenancyError(error)) throw error
        return { problem: error.message.replace(/\.$/, '') }
      }
    }
    const seen = (await Promise.race([look(), late])) ?? { problem: `no answer within ${lookMs / 1000} seconds` }
    return 'problem' in seen ? { problem: `database “${database.name}”: ${seen.problem}` } : seen
  }
  try {
    const seen = await Promise.all(databases.map(lookAt))
    return {
      there: new Map(seen.flatMap((one) => ('there' in one ? [[one.id, one.there]] : []))),
      unseen: seen.flatMap((one) => ('problem' in one ? [one.problem] : [])),
    }
  } finally {
    over.abort()
  }
}
