import type { FleetConnection } from './fleet-connection.ts'

export type PlaceFacts = {
  /** server_version_num: 150018 */
  readonly serverVersion: number
  /** Schemas of extensions, which stand behind a tenant's own in the path; never `public`. */
  readonly extensionSchemas: readonly string[]
}

const query = `SELECT current_setting('server_version_num') AS version,
  coalesce(json_agg(DISTINCT n.nspname ORDER BY n.nspname) FILTER (WHERE n.nspname NOT IN ('pg_catalog', 'public')), '[]')::text AS schemas
  FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace`

/** What a database is like, for whoever builds, replays or compares in it. @throws the server's error */
export const readPlaceFacts = async (connection: FleetConnection): Promise<PlaceFacts> => {
  const [row] = await connection.query<{ version: string; schemas: string }>(query)
  const extensionSchemas: string[] = JSON.parse(row?.schemas ?? '[]')
  return { serverVersion: Number(row?.version), extensionSchemas }
}
