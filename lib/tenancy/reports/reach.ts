/** What a report's text calls without a name of its own in it: by an operator, an attribute, a view, an aggregate, a domain, a row security policy. */
import type { FleetConnection } from '../session/fleet-connection.ts'
import { isListedFunction } from './check/functions.ts'
import { setPath, type Cage } from './cage.ts'
import { firstError } from './read-tenant.ts'

/** A function that may do more than compute, and by what the text comes to it; null: by itself. */
export type Reached = { readonly name: string; readonly via: string | null }

const lookMs = 20_000

/**
 * All that the server found in the text, and in what that is made of. What PostgreSQL brought with it is not written down in its dependencies: such functions are read
 * out of the trees that views, domains and policies are kept as, and out of aggregates.
 */
const volatileOnes = `
  WITH RECURSIVE needed (class, id, via) AS (
    SELECT d.refclassid, d.refobjid, NULL::text
    FROM pg_catalog.pg_rewrite r JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.objid = r.oid
    WHERE r.ev_class = 'pg_temp.tenantry_asked'::regclass AND d.refobjid <> r.ev_class
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
      SELECT d.refclassid, d.refobjid
      FROM pg_catalog.pg_policy y JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_policy'::regclass AND d.objid = y.oid
      WHERE n.class = 'pg_catalog.pg_class'::regclass AND y.polrelid = n.id
      UNION ALL
      SELECT d.refclassid, d.refobjid FROM pg_catalog.pg_depend d
      WHERE d.classid = n.class AND d.objid = n.id AND (
        n.class IN ('pg_catalog.pg_operator'::regclass, 'pg_catalog.pg_type'::regclass)
        OR (n.class = 'pg_catalog.pg_proc'::regclass AND EXISTS (SELECT FROM pg_catalog.pg_aggregate a WHERE a.aggfnoid = n.id)))
    ) m
    WHERE m.id >= 16384),
  trees (tree, via) AS (
    SELECT r.ev_action::text, pg_catalog.pg_describe_object(n.class, n.id, 0) FROM needed n JOIN pg_catalog.pg_rewrite r ON r.ev_class = n.id WHERE n.class = 'pg_catalog.pg_class'::regclass
    UNION ALL
    SELECT c.conbin::text, pg_catalog.pg_describe_object(n.class, n.id, 0) FROM needed n JOIN pg_catalog.pg_constraint c ON c.contypid = n.id WHERE n.class = 'pg_catalog.pg_type'::regclass
    UNION ALL
    SELECT pg_catalog.concat(y.polqual::text, y.polwithcheck::text), pg_catalog.pg_describe_object('pg_catalog.pg_policy'::regclass, y.oid, 0)
    FROM needed n JOIN pg_catalog.pg_policy y ON y.polrelid = n.id WHERE n.class = 'pg_catalog.pg_class'::regclass),
  brought (id, via) AS (
    SELECT found[1]::oid, t.via FROM trees t CROSS JOIN LATERAL pg_catalog.regexp_matches(t.tree, ':(?:funcid|opfuncid|aggfnoid|winfnoid) ([0-9]+)', 'g') AS found
    UNION
    SELECT part, pg_catalog.pg_describe_object(n.class, n.id, 0) FROM needed n JOIN pg_catalog.pg_aggregate a ON a.aggfnoid = n.id
    CROSS JOIN LATERAL unnest(ARRAY[a.aggtransfn, a.aggfinalfn, a.aggcombinefn, a.aggserialfn, a.aggdeserialfn, a.aggmtransfn, a.aggminvtransfn, a.aggmfinalfn]::oid[]) AS part
    WHERE n.class = 'pg_catalog.pg_proc'::regclass)
  SELECT p.proname AS name, n.via, false AS brought FROM needed n JOIN pg_catalog.pg_proc p ON n.class = 'pg_catalog.pg_proc'::regclass AND p.oid = n.id
  WHERE p.provolatile = 'v'
  UNION
  SELECT p.proname, b.via, true FROM brought b JOIN pg_catalog.pg_proc p ON p.oid = b.id WHERE p.provolatile = 'v' AND p.oid < 16384
  ORDER BY 1, 2 LIMIT 100`

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
  const rows = found?.ok ? (found.rows as ReadonlyArray<Reached & { readonly brought: boolean }>) : []
  // PostgreSQL's own that a text may call may stand behind it as well.
  return rows.filter(({ name, brought }) => !brought || !isListedFunction(name))
}
