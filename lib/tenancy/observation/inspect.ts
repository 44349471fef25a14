/** One target, read live from its database: the tenant's page. */
import type { HistoryEntry, TargetInspection } from '../contract/views.ts'
import type { Library } from '../context.ts'
import { budgetPrefix, readInstallation } from '../control/installation.ts'
import { TenancyError } from '../errors.ts'
import { readHistory, readTarget, type FullHistoryRow } from '../migrations/history.ts'
import { connectionProblemAt } from '../registry/connection-problem.ts'
import { openUrl } from '../registry/databases.ts'
import { connectFleet, type FleetConnection } from '../session/fleet-connection.ts'
import { classify, codeOf } from '../sql/sqlstate.ts'
import { sqlProblem } from './sql-problem.ts'
import { atServer, ServerBusy } from '../registry/server-gate.ts'
import { readTableSizes } from './sizes.ts'

const matchOf = (row: FullHistoryRow, checksums: ReadonlyMap<string, string>): HistoryEntry['match'] => {
  if (row.finishedAt === null) return 'half_done'
  const known = checksums.get(row.version)
  return known === undefined ? 'unknown' : known === row.checksum ? 'same' : 'edited'
}

const entryOf = (row: FullHistoryRow, checksums: ReadonlyMap<string, string>): HistoryEntry => ({
  version: row.version,
  name: row.name,
  checksum: row.checksum,
  appliedAt: row.appliedAt,
  finishedAt: row.finishedAt,
  // One transaction has one moment; only a migration of several steps has a length.
  durationMs: row.finishedAt === null || row.finishedAt === row.appliedAt ? null : Math.max(0, Date.parse(row.finishedAt) - Date.parse(row.appliedAt)),
  run: row.run,
  baseline: row.baseline,
  match: matchOf(row, checksums),
  statementsDone: row.finishedAt === null ? row.statementsDone : null,
})

const findTarget = async ({ control }: Library, slug: string, set: string) => {
  const row = await control.db
    .selectFrom('placement')
    .innerJoin('tenant', 'tenant.id', 'placement.tenant_id')
    .innerJoin('migration_set', 'migration_set.id', 'placement.set_id')
    .innerJoin('target', 'target.id', 'placement.target_id')
    .innerJoin('database', 'database.id', 'target.database_id')
    .select(['target.schema_name as schema', 'target.set_id as setId', 'database.url_sealed as sealed', 'database.server_id as serverId'])
    .where('tenant.slug', '=', slug)
    .where('migration_set.name', '=', set)
    .executeTakeFirst()
  if (!row) throw new TenancyError('tenant.unknown', { slug, set })
  return row
}

/** A page waits no longer for its turn. */
const turnMs = 10_000
/** Of a locked target its page says so soon, and who is in the way can be asked. */
const lockTimeoutMs = 1_000

const read = async (connection: FleetConnection, schema: string, checksums: ReadonlyMap<string, string>) => {
  const summary = await readTarget(connection, schema)
  if (summary === null) return null
  const history = summary.history === null ? [] : await readHistory(connection, schema)
  return { history: history.map((row) => entryOf(row, checksums)), tables: await readTableSizes(connection, schema) }
}

/** @throws tenant.unknown when the tenant has no place in the set; the control database's errors */
export const inspectTarget = async (library: Library, slug: string, set: string): Promise<TargetInspection> => {
  const { db } = library.control
  const { schema, setId, sealed, serverId } = await findTarget(library, slug, set)
  const stored = await db.selectFrom('migration').select(['version', 'checksum']).where('set_id', '=', setId).execute()
  const checksums = new Map(stored.map(({ version, checksum }) => [version, checksum]))
  const installation = await readInstallation(db)
  const readAt = library.clock().toISOString()
  const at = openUrl(library.secret, sealed)
  const look = async (): Promise<TargetInspection> => {
    let connection: FleetConnection | null = null
    try {
      connection = await connectFleet(at.url, {
        applicationName: `${budgetPrefix(installation)}inspect`,
        connectTimeoutMs: 5_000,
        statementTimeoutMs: 10_000,
        lockTimeoutMs,
      })
      const seen = await read(connection, schema, checksums)
      return seen ? { reachable: true, readAt, ...seen } : { reachable: false, readAt, reason: `There is no schema “${schema}” in the database.` }
    } catch (error) {
      if (codeOf(error) === 'unknown') throw error
      const reason = connection && classify(codeOf(error)) !== 'connection' ? sqlProblem(error) : (await connectionProblemAt(error, at)).message
      return { reachable: false, readAt, reason }
    } finally {
      await connection?.close()
    }
  }
  try {
    return await atServer(library, serverId, look, turnMs)
  } catch (error) {
    if (!(error instanceof ServerBusy)) throw error
    return { reachable: false, readAt, reason: `The server is busy: another look at it has not ended within ${turnMs / 1000} seconds. Try again in a moment.` }
  }
}
