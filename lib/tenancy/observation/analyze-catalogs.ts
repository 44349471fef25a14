/**
 * New statistics of the catalogs. After mass DDL the planner takes them for as small as they were, and whoever joins them waits for minutes; autovacuum
 * comes to them late or never. A role that may not analyze them is told so by a warning of the server, which is no reason to fail.
 */
import type { Library } from '../context.ts'
import { budgetPrefix, readInstallation } from '../control/installation.ts'
import { openUrl } from '../registry/databases.ts'
import { atServer } from '../registry/server-gate.ts'
import { connectFleet } from '../session/fleet-connection.ts'
import { codeOf } from '../sql/sqlstate.ts'

const catalogs = ['pg_class', 'pg_attribute', 'pg_index', 'pg_constraint', 'pg_depend', 'pg_namespace', 'pg_type']
const timeoutMs = 60_000
const turnMs = 60_000

const analyze = async (library: Library, url: string): Promise<void> => {
  const connection = await connectFleet(url, {
    applicationName: `${budgetPrefix(await readInstallation(library.control.db))}analyze`,
    statementTimeoutMs: timeoutMs,
  })
  try {
    await connection.query(`ANALYZE ${catalogs.map((name) => `pg_catalog.${name}`).join(', ')}`, timeoutMs)
  } finally {
    await connection.close()
  }
}

/** In the turn of looks at its server. What hinders it is logged: the fleet is no worse for it than before. */
export const analyzeCatalogs = async (library: Library, databaseId: number): Promise<void> => {
  const database = await library.control.db.selectFrom('database').select(['name', 'url_sealed', 'server_id']).where('id', '=', databaseId).executeTakeFirst()
  if (!database) return
  try {
    await atServer(library, database.server_id, () => analyze(library, openUrl(library.secret, database.url_sealed).url), turnMs)
    library.logger.info({ database: database.name }, 'catalogs.analyzed')
  } catch (error) {
    library.logger.warn({ database: database.name, code: codeOf(error) }, 'catalogs.not_analyzed')
  }
}
