/** What a report's text comes to: volatile functions without a name of their own in it, and stable ones that would not stay the tenant's role. */
import type { FleetConnection } from '../session/fleet-connection.ts'
import { quoteIdent, quoteLiteral } from '../sql/ident.ts'
import { setPath, type Cage } from './cage.ts'
import { firstError } from './read-tenant.ts'

/**
 * A function that may do more than compute, and by what the text comes to it; null: by itself.
 * `setting`: its text takes another role, or may. `definer`: it has another's rights.
 */
export type Reached = { readonly name: string; readonly via: string | null; readonly why: 'volatile' | 'setting' | 'definer' }

const lookMs = 20_000

/** Of all that the server found in the text, and in what that is made of; what PostgreSQL brought with it is not written down there. */
const needed = `needed (class, id, via) AS (
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
      SELECT d.refclassid, d.refobjid FROM pg_catalog.pg_depend d
      WHERE d.classid = n.class AND d.objid = n.id AND (
        n.class IN ('pg_catalog.pg_operator'::regclass, 'pg_catalog.pg_type'::regclass)
        OR (n.class = 'pg_catalog.pg_proc'::regclass AND EXISTS (SELECT FROM pg_catalog.pg_aggregate a WHERE a.aggfnoid = n.id)))
    ) m
    WHERE m.id >= 16384)`

const volatileOnes = `
  WITH RECURSIVE ${needed}
  SELECT DISTINCT p.proname AS name, n.via, 'volatile' AS why FROM needed n JOIN pg_catalog.pg_proc p ON n.class = 'pg_catalog.pg_proc'::regclass AND p.oid = n.id
  WHERE p.provolatile = 'v' ORDER BY 1, 2 LIMIT 20`

/** In its definition, as the server writes it: a call by its name, a name that is written by numbers, a role that is taken or brought along. */
const takesRole = String.raw`\mset_config\M|u&"|\m(re)?set\s+(local\s+|session\s+)?"?(role|session\s+authorization|session_authorization)\M`

/**
 * A stable function may call `set_config`, and PostgreSQL has no right that keeps it from its own session's role. No dependency is written down for what the text of a
 * body calls: whatever function it names, in whatever sense, is taken for called.
 */
const leavingOnes = (role: string): string => `
  WITH RECURSIVE ${needed},
  near AS MATERIALIZED (
    SELECT p.oid, p.proname, p.proowner, p.prosecdef, pg_catalog.pg_get_functiondef(p.oid) AS text FROM pg_catalog.pg_proc p
    WHERE p.oid >= 16384 AND p.prokind IN ('f', 'w')
      AND EXISTS (SELECT FROM needed n WHERE n.class = 'pg_catalog.pg_proc'::regclass)
      AND (p.pronamespace = ANY (ARRAY(SELECT s.oid FROM pg_catalog.pg_namespace s WHERE s.nspname = ANY (pg_catalog.current_schemas(false))))
        OR p.oid IN (SELECT n.id FROM needed n WHERE n.class = 'pg_catalog.pg_proc'::regclass))
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e WHERE e.classid = 'pg_catalog.pg_proc'::regclass AND e.objid = p.oid AND e.deptype = 'e')),
  called (id, via) AS (
    SELECT n.id, n.via FROM needed n WHERE n.class = 'pg_catalog.pg_proc'::regclass
    UNION
    SELECT other.oid, coalesce(c.via, (own.proname || '()') COLLATE "default") FROM called c JOIN near own ON own.oid = c.id
    JOIN near other ON other.oid <> own.oid AND CASE WHEN other.proname ~ '^\\w+$'
      THEN own.text ~* ('\\m' || other.proname || '\\M') ELSE pg_catalog.strpos(own.text, other.proname) > 0 END)
  SELECT DISTINCT o.proname AS name, c.via, CASE WHEN o.text ~* '${takesRole}' THEN 'setting' ELSE 'definer' END AS why
  FROM called c JOIN near o ON o.oid = c.id
  WHERE o.text ~* '${takesRole}' OR (o.prosecdef AND o.proowner <> ${quoteLiteral(quoteIdent(role))}::regrole)
  ORDER BY 1, 2 LIMIT 20`

/**
 * The server itself takes the text apart, as a view that nobody ever sees or reads: nothing of the text is run for it. By the console's own user, since a tenant's
 * role need not be allowed to make one.
 * @param text as it is asked
 * @throws the server's error
 */
export const reachedFrom = async (
  connection: FleetConnection,
  place: Pick<Cage, 'schema' | 'role' | 'extensionSchemas'>,
  text: string,
): Promise<readonly Reached[]> => {
  const outcomes = await connection.flight(
    [
      `BEGIN READ WRITE; ${setPath(place)}`,
      { text: `CREATE TEMPORARY VIEW tenantry_asked AS SELECT 1 AS one FROM (${text}\n) AS asked`, how: 'single' },
      volatileOnes,
      leavingOnes(place.role),
      'ROLLBACK',
    ],
    lookMs,
  )
  const error = firstError(outcomes)
  if (error !== null) throw error
  return [outcomes[2], outcomes[3]].flatMap((found) => (found?.ok ? (found.rows as readonly Reached[]) : []))
}
