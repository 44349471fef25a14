/** What a report's text calls without a name of its own in it: by an operator, an attribute, a view, an aggregate, a domain. */
import type { FleetConnection } from '../session/fleet-connection.ts'
import { setPath, type Cage } from './cage.ts'
import { firstError } from './read-tenant.ts'

/** A function that may do more than compute, and by what the text comes to it; null: by itself. */
export type Reached = { readonly name: string; readonly via: string | null }

const lookMs = 20_000

/** Of all that the server found in the text, and in what that is made of; what PostgreSQL brought with it is not written down there. */
const volatileOnes = `
  WITH RECURSIVE needed (class, id, via) AS (
    SELECT d.refclassid, d.refobjid, NULL::text
    FROM pg_catalog.pg_rewrite r JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.objid = r.oid
    WHERE r.ev_class = 'pg_temp.tenantry_asked'::regclass
    UNION
    SELECT m.class, m.id, coalesce(n.via, pg_catalog.pg_describe_object(n.class, n.id, 0))
    FROM needed n CROSS JOIN LATERAL (
      SELECT d.refclassid AS class, d.refobjid AS id
      FROM pg_catalog.pg_rewrite r JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.objid = r.oid
      WHERE n.class = 'pg_catalog.pg_class'::regclass AND r.ev_class = n.id
      UNION ALL
      SELECT d.refclassid, d.refobjid
      FROM pg_catalog.pg_constraint c JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_constraint'::regclass AND d.objid = c.oid
      WHERE n.class = 'pg_catalog.pg_type'::regclass AND c.contypid = n.id
      UNION ALL
      SELECT d.refclassid, d.refobjid FROM pg_catalog.pg_depend d
      WHERE d.classid = n.class AND d.objid = n.id AND (
        n.class IN ('pg_catalog.pg_operator'::regclass, 'pg_catalog.pg_type'::regclass)
        OR (n.class = 'pg_catalog.pg_proc'::regclass AND EXISTS (SELECT FROM pg_catalog.pg_aggregate a WHERE a.aggfnoid = n.id)))
    ) m
    WHERE m.id >= 16384)
  SELECT DISTINCT p.proname AS name, n.via FROM needed n JOIN pg_catalog.pg_proc p ON n.class = 'pg_catalog.pg_proc'::regclass AND p.oid = n.id
  WHERE p.provolatile = 'v' ORDER BY 1, 2 LIMIT 20`

/**
 * The server itself takes the text apart, as a view that nobody ever sees or reads: nothing of the text is run for it. By the console's own user, since a tenant's
 * role need not be allowed to make one.
 * @param text as it is asked
 * @throws the server's error
 */
export const volatileReached = async (
  connection: FleetConnection,
  place: Pick<Cage, 'schema' | 'extensionSchemas'>,
  text: string,
): Promise<readonly Reached[]> => {
  const outcomes = await connection.flight(
    [
      `BEGIN READ WRITE; ${setPath(place)}`,
      { text: `CREATE TEMPORARY VIEW tenantry_asked AS SELECT 1 AS one FROM (${text}\n) AS asked`, how: 'single' },
      volatileOnes,
      'ROLLBACK',
    ],
    lookMs,
  )
  const error = firstError(outcomes)
  if (error !== null) throw error
  const found = outcomes[2]
  return found?.ok ? (found.rows as readonly Reached[]) : []
}
