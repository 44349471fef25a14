/**
 * New statistics of the catalogs. After mass DDL the planner takes them for as small as they were, and whoever joins them waits for minutes; autovacuum
 * comes to them late or never. A role that may not analyze them is told so by warnings alone, and the statement succeeds: that is no reason to fail, and to be said.
 */
import type { Library } from '../context.ts'
import { budgetPrefix, readInstallation } from '../control/installation.ts'
import { openUrl } from '../registry/databases.ts'
import { atServer } from '../registry/server-gate.ts'
import { connectFleet } from '../session/fleet-connection.ts'
import { quoteLiteral } from '../sql/ident.ts'
import { codeOf } from '../sql/sqlstate.ts'

const catalogs = ['pg_class', 'pg_attribute', 'pg_index', 'pg_constraint', 'pg_depend', 'pg_namespace', 'pg_type']
  .map((name) => `pg_catalog.${name}`)
  .join(', ')
const timeoutMs = 60_000
const turnMs = 60_000

/** What a superuser is to run there. */
const remedy = `
  SELECT CASE WHEN current_setting('server_version_num')::integer >= 170000
    THEN format('GRANT MAINTAIN ON %s TO %I', ${quoteLiteral(catalogs)}, current_user)
    ELSE format('ALTER DATABASE %I OWNER TO %I', current_database(), current_user) END AS remedy`

type Refusal = { readonly refused: number; readonly says: string; readonly remedy: string }

/** @returns null when they were analyzed, all of them */
const analyze = async (library: Library, url: string): Promise<Refusal | null> => {
  const warnings: string[] = []
  const connection = await connectFleet(url, {
    applicationName: `${budgetPrefix(await readInstallation(library.control.db))}analyze`,
    statementTimeoutMs: timeoutMs,
    onNotice: ({ message }) => void warnings.push(message ?? ''),
  })
  try {
    // A database may have something to say to whoever connects.
    warnings.length = 0
    await connection.query(`ANALYZE ${catalogs}`, timeoutMs)
    const [says] = warnings
    if (says === undefined) return null
    const refused = warnings.length
    const [row] = await connection.query<{ remedy: string }>(remedy)
    return { refused, says, remedy: row?.remedy ?? '' }
  } finally {
    await connection.close()
  }
}

/** Databases of which this process has said that they may not be analyzed. */
const refusing = new WeakMap<Library, Set<number>>()

const tell = (library: Library, databaseId: number, database: string, refusal: Refusal | null): void => {
  const told = refusing.get(library) ?? new Set()
  refusing.set(library, told)
  if (refusal === null) {
    told.delete(databaseId)
    return library.logger.info({ database }, 'catalogs.analyzed')
  }
  library.logger[told.has(databaseId) ? 'debug' : 'warn']({ database, ...refusal }, 'catalogs.analyze_refused')
  told.add(databaseId)
}

/** In the turn of looks at its server. What hinders it is logged: the fleet is no worse for it than before. */
export const analyzeCatalogs = async (library: Library, databaseId: number): Promise<void> => {
  const database = await library.control.db.selectFrom('database').select(['name', 'url_sealed', 'server_id']).where('id', '=', databaseId).executeTakeFirst()
  if (!database) return
  try {
    const refusal = await atServer(library, database.server_id, () => analyze(library, openUrl(library.secret, database.url_sealed).url), turnMs)
    tell(library, databaseId, database.name, refusal)
  } catch (error) {
    library.logger.warn({ database: database.name, code: codeOf(error) }, 'catalogs.not_analyzed')
  }
}
