/** What every part of a snapshot reads from: the schema, what is in it by `pg_depend`, and fragments of SQL that all parts use. */
import { historyTable } from '../../migrations/history.ts'
import { quoteLiteral } from '../../sql/ident.ts'

/** First server that has it, as server_version_num. */
export const since = {
  sqlBodies: 140_000,
  compression: 140_000,
  multiranges: 140_000,
  detaching: 140_000,
  publishedSchemas: 150_000,
  nullsNotDistinct: 150_000,
  deletedColumns: 150_000,
  notEnforced: 180_000,
}

/**
 * The path under which PostgreSQL prints: the schema first, so that all that is its own stands without its name, also what is named as something of PostgreSQL's. It is
 * set when the query runs, long after its own names were resolved. The functions that print a view ask with an equals sign of their own, though, and where somebody
 * has made an operator of that name in the schema, PostgreSQL's comes first.
 * @param namespace alias of pg_namespace
 */
export const pathOf = (namespace: string): string =>
  `CASE WHEN EXISTS (SELECT FROM pg_operator o WHERE o.oprname = '=' AND o.oprnamespace = ${namespace}.oid)
    THEN 'pg_catalog, ' || quote_ident(${namespace}.nspname) ELSE quote_ident(${namespace}.nspname) || ', pg_catalog' END`

/** Indexes lead from a schema to all that is in it; a plan made of the statistics of a fleet that is young would rather read whole catalogs, for each schema anew. */
export const planSettings = 'SET LOCAL jit = off; SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off'

/** Whatever belongs to an extension is the extension's. */
export const isNotOfExtension = (dependency: string): string =>
  `NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = ${dependency}.classid AND e.objid = ${dependency}.objid AND e.deptype = 'e')`

/** PostgreSQL makes constructors of a range type, and casts, by itself. */
export const isNotMadeBy = (object: string): string =>
  `NOT EXISTS (SELECT FROM pg_depend i WHERE i.classid = ${object}.classid AND i.objid = ${object}.objid AND i.deptype = 'i')`

export const isNotHistory = (relation: string): string => `NOT (${relation}.relname = ${quoteLiteral(historyTable)} AND ${relation}.relkind IN ('r', 'p'))`

/** @param p alias of the schema's name and the tenant's role */
export const prelude = `
  here AS MATERIALIZED (SELECT n.*, set_config('search_path', ${pathOf('n')}, true) AS path FROM pg_namespace n WHERE n.nspname = p.schema),
  dep AS MATERIALIZED (
    SELECT d.classid, d.objid FROM here JOIN pg_depend d ON d.refclassid = 'pg_namespace'::regclass AND d.refobjid = here.oid
    WHERE ${isNotOfExtension('d')} GROUP BY d.classid, d.objid),
  rel AS MATERIALIZED (SELECT c.* FROM dep JOIN pg_class c ON c.oid = dep.objid WHERE dep.classid = 'pg_class'::regclass AND ${isNotHistory('c')}),
  typ AS MATERIALIZED (SELECT t.* FROM dep JOIN pg_type t ON t.oid = dep.objid WHERE dep.classid = 'pg_type'::regclass),
  pro AS MATERIALIZED (
    SELECT p.* FROM dep JOIN pg_proc p ON p.oid = dep.objid WHERE dep.classid = 'pg_proc'::regclass
      AND NOT EXISTS (SELECT FROM pg_depend i WHERE i.classid = 'pg_proc'::regclass AND i.objid = p.oid AND i.deptype = 'i')),
  ind AS MATERIALIZED (
    SELECT i.*, c.relname AS index_name, c.reloptions, c.reltablespace, rel.relname AS table_name, rel.oid AS table_oid
    FROM rel JOIN pg_index i ON i.indrelid = rel.oid JOIN pg_class c ON c.oid = i.indexrelid WHERE rel.relkind IN ('r', 'p', 'm')),
  con AS MATERIALIZED (SELECT k.*, rel.relname AS table_name FROM rel JOIN pg_constraint k ON k.conrelid = rel.oid WHERE rel.relkind IN ('r', 'p', 'f'))`

export const comment = (catalog: string, oid: string, part = '0'): string =>
  `(SELECT d.description FROM pg_description d WHERE d.objoid = ${oid} AND d.classoid = '${catalog}'::regclass AND d.objsubid = ${part})`

const exploded = (acl: string): string =>
  `(SELECT json_agg(json_build_array(CASE x.grantee WHEN 0 THEN NULL ELSE pg_get_userbyid(x.grantee) END, x.privilege_type, x.is_grantable)) FROM aclexplode(${acl}) x)`

/** @param kind letter of `acldefault` */
export const rights = (acl: string, kind: string, owner: string): string =>
  `CASE WHEN ${acl} IS NOT NULL THEN json_build_object('is', ${exploded(acl)}, 'usual', ${exploded(`acldefault('${kind}', ${owner})`)}) END`

export const grantsIn = exploded

/** Fields of `Common`. */
export const common = (owner: string, acl: string | null, kind: string, said: string): string =>
  `'owner', pg_get_userbyid(${owner}), 'rights', ${acl === null ? 'NULL::json' : rights(acl, kind, owner)}, 'comment', ${said}`

export const tablespace = (oid: string): string => `(SELECT s.spcname FROM pg_tablespace s WHERE s.oid = ${oid})`

/** Nothing where it is the type's own. */
export const collation = (oid: string, type: string): string =>
  `CASE WHEN ${oid} <> 0 AND ${oid} IS DISTINCT FROM (SELECT t.typcollation FROM pg_type t WHERE t.oid = ${type}) THEN ${oid}::regcollation::text END`
