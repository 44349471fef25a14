/**
 * Lines of a trace for tables, views and sequences, and for what hangs on them. What most of them do not have costs nothing where it is not there, and what many
 * have in common is said once.
 */
import { comment, isNotHistory, since, tablespace } from './catalog.ts'
import { firstOther, privilegeMarks, roleMark } from './trace-fragments.ts'

export const traceRelations = `SELECT c.* FROM dep JOIN pg_class c ON c.oid = dep.objid
    WHERE dep.classid = 'pg_class'::regclass AND c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S') AND ${isNotHistory('c')}`

const method = (oid: string): string => `CASE WHEN ${oid} < ${firstOther} THEN ${oid}::text ELSE (SELECT m.amname::text FROM pg_am m WHERE m.oid = ${oid}) END`

/** Whose they are and who may use them is the same for most. Privileges can be hashed, not sorted, and therefore names are sorted before. */
const groups = `SELECT ROW('relations', g.relkind, ${method('g.relam')}, ${roleMark('g.relowner')}, ${privilegeMarks('g.relacl')}, g.names)::text AS line
  FROM here, (SELECT relkind, relam, relowner, relacl, array_agg(relname) AS names FROM (SELECT * FROM rel ORDER BY relname) r GROUP BY relkind, relam, relowner, relacl) g`

const foreign = `(SELECT ROW(s.srvname, f.ftoptions)::text FROM pg_foreign_table f JOIN pg_foreign_server s ON s.oid = f.ftserver WHERE f.ftrelid = rel.oid)`

const unusual = `SELECT ROW('relation', rel.relname, rel.reloptions, ${tablespace('rel.reltablespace')}, rel.relpersistence, rel.relrowsecurity, rel.relforcerowsecurity, rel.relreplident, rel.relispopulated,
    CASE WHEN rel.reloftype <> 0 THEN format_type(rel.reloftype, NULL) END, CASE WHEN rel.relispartition THEN pg_get_expr(rel.relpartbound, rel.oid) END,
    CASE rel.relkind WHEN 'p' THEN pg_get_partkeydef(rel.oid) WHEN 'f' THEN ${foreign} END)::text
  FROM rel WHERE rel.relkind IN ('p', 'f', 'm') OR rel.reloptions IS NOT NULL OR rel.reltablespace <> 0 OR rel.relispartition OR rel.relrowsecurity OR rel.relforcerowsecurity
    OR rel.relreplident NOT IN ('d', 'n') OR (rel.relreplident = 'n' AND rel.relkind = 'r') OR rel.reloftype <> 0 OR rel.relpersistence <> 'p'`

const toast = `SELECT ROW('toast', rel.relname, o.reloptions)::text FROM rel JOIN pg_class o ON o.oid = rel.reltoastrelid WHERE rel.reltoastrelid <> 0 AND o.reloptions IS NOT NULL`

const parents = (version: number): string =>
  `SELECT ROW('parent', rel.relname, h.inhseqno, h.inhparent::regclass${version >= since.detaching ? ', h.inhdetachpending' : ''})::text FROM rel JOIN pg_inherits h ON h.inhrelid = rel.oid WHERE rel.relkind IN ('r', 'p', 'f')`

/** The sequence of an identity and that of a default belong to a column of the schema, seldom of another. */
const sequences = `SELECT ROW('sequence', rel.relname, s.seqtypid,
    CASE WHEN s.seqstart = 1 AND s.seqincrement = 1 AND s.seqmin = 1 AND s.seqcache = 1 AND NOT s.seqcycle THEN NULL ELSE ROW(s.seqstart, s.seqincrement, s.seqmin, s.seqcache, s.seqcycle)::text END, s.seqmax,
    (SELECT ROW(d.deptype, d.refobjid::regclass, d.refobjsubid)::text FROM pg_depend d
      WHERE d.classid = 'pg_class'::regclass AND d.objid = rel.oid AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i') LIMIT 1))::text
  FROM rel JOIN pg_sequence s ON s.seqrelid = rel.oid WHERE rel.relkind = 'S'`

/** One lookup for a table and its columns. */
const comments = `SELECT ROW('comment', rel.relname, d.objsubid, d.description)::text FROM rel JOIN pg_description d ON d.objoid = rel.oid AND d.classoid = 'pg_class'::regclass`

/** Of types of PostgreSQL's own these collations are what they have, and what is of a fixed length is stored in one way. */
const isPlain = (version: number): string =>
  `a.atttypid < ${firstOther} AND a.attcollation IN (0, 100) AND (a.attstorage = 'x' OR a.attlen > 0) AND a.attidentity = '' AND a.attgenerated = '' AND a.attinhcount = 0 AND a.attacl IS NULL
        AND a.attoptions IS NULL AND a.attfdwoptions IS NULL AND coalesce(a.attstattarget, -1) = -1` +
  (version >= since.compression ? ` AND a.attcompression = ''` : '')

const unusualColumn = (version: number): string => `ROW(a.attnum, CASE WHEN a.atttypid >= ${firstOther}
          THEN (SELECT ROW(format_type(a.atttypid, NULL), t.typstorage, t.typcollation::regcollation)::text FROM pg_type t WHERE t.oid = a.atttypid) END,
        a.attcollation::regcollation, a.attstorage, a.attidentity, a.attgenerated, a.attinhcount > 0, a.attislocal, a.attfdwoptions, ${version >= since.compression ? 'a.attcompression' : 'NULL'},
        a.attstattarget, a.attoptions, ${privilegeMarks('a.attacl')})::text`

/** A list for each of what all columns have, and one of what few have. */
const columns = (version: number): string => `SELECT ROW('columns', rel.relname, x.numbers, x.names, x.types, x.modifiers, x.nullables, x.unusual)::text
  FROM here, rel, LATERAL (
    SELECT array_agg(y.attnum) AS numbers, array_agg(y.attname) AS names, array_agg(y.type) AS types, array_agg(y.atttypmod) AS modifiers, array_agg(y.attnotnull) AS nullables,
      array_agg(y.unusual) FILTER (WHERE y.unusual IS NOT NULL) AS unusual
    FROM (SELECT a.attnum, a.attname, CASE WHEN a.atttypid < ${firstOther} THEN a.atttypid ELSE 0 END AS type, a.atttypmod, a.attnotnull,
        CASE WHEN ${isPlain(version)} THEN NULL ELSE ${unusualColumn(version)} END AS unusual
      FROM pg_attribute a WHERE a.attrelid = rel.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum) y) x
  WHERE rel.relkind <> 'S'`

const defaults = `SELECT ROW('default', rel.relname, f.adnum, pg_get_expr(f.adbin, f.adrelid))::text FROM rel JOIN pg_attrdef f ON f.adrelid = rel.oid WHERE rel.relkind <> 'S'`

const isBuiltIn = `${firstOther} > ALL (i.indclass::oid[]) AND ${firstOther} > ALL (i.indcollation::oid[])`

/** B-trees have no options of their columns, and statistics are those of the table where there is no expression. */
const unusualIndex = (
  version: number,
): string => `CASE WHEN c.relam = 403 AND c.reloptions IS NULL AND c.reltablespace = 0 AND NOT c.relispartition AND i.indisvalid AND i.indisready AND i.indislive
        AND NOT i.indisclustered AND NOT i.indisreplident AND i.indexprs IS NULL AND i.indpred IS NULL ${version >= since.nullsNotDistinct ? 'AND NOT i.indnullsnotdistinct' : ''} THEN NULL
      ELSE ROW(${method('c.relam')}, c.reloptions, ${tablespace('c.reltablespace')}, i.indisvalid AND i.indisready AND i.indislive, i.indisclustered, i.indisreplident,
        ${version >= since.nullsNotDistinct ? 'i.indnullsnotdistinct' : 'NULL'}, pg_get_expr(i.indexprs, i.indrelid), pg_get_expr(i.indpred, i.indrelid),
        (SELECT array_agg(ROW(a.attnum, a.attstattarget, a.attoptions)::text ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = c.oid),
        (SELECT h.inhparent::regclass::text FROM pg_inherits h WHERE h.inhrelid = c.oid))::text END`

const indexes = (version: number): string => `SELECT ROW('index', rel.relname, c.relname, i.indisunique, i.indisprimary, i.indnkeyatts, i.indkey,
    CASE WHEN ${isBuiltIn} THEN i.indclass::text || '/' || i.indcollation::text || '/' || i.indoption::text ELSE pg_get_indexdef(c.oid, 0, true) END,
    ${unusualIndex(version)}, ${comment('pg_class', 'c.oid')})::text
  FROM rel JOIN pg_index i ON i.indrelid = rel.oid JOIN pg_class c ON c.oid = i.indexrelid WHERE rel.relhasindex`

/** Numbers of columns mean something where the columns are in the trace; another schema's table stands there with that schema's name. */
const elsewhere = `CASE WHEN k.confrelid::regclass::text LIKE '%.%' THEN ROW(
        (SELECT array_agg(a.attname ORDER BY n.place) FROM unnest(k.confkey) WITH ORDINALITY AS n(key, place) JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = n.key),
        (SELECT array_agg(DISTINCT g.tgenabled) FROM pg_trigger g WHERE g.tgconstraint = k.oid))::text END`

/** Of keys the rest is said by their index, of NOT NULL by its column. */
const constraintBody = (version: number): string => `CASE k.contype
      WHEN 'f' THEN ROW(k.confrelid::regclass, k.confkey, ${elsewhere}, k.confupdtype, k.confdeltype, k.confmatchtype, ${version >= since.deletedColumns ? 'k.confdelsetcols' : 'NULL'})::text
      WHEN 'c' THEN pg_get_expr(k.conbin, k.conrelid) WHEN 'p' THEN NULL WHEN 'u' THEN NULL WHEN 'n' THEN NULL ELSE pg_get_constraintdef(k.oid) END`

const isPlainConstraint = (version: number): string =>
  `k.conislocal AND k.coninhcount = 0 AND k.convalidated AND NOT k.condeferrable${version >= since.notEnforced ? ' AND k.conenforced AND NOT k.conperiod' : ''}`

const constraints = (
  version: number,
): string => `SELECT ROW('constraint', rel.relname, k.conname, k.contype, k.connoinherit, k.conkey, ${constraintBody(version)},
    CASE WHEN ${isPlainConstraint(version)} THEN NULL ELSE ROW(k.condeferrable, k.condeferred, k.convalidated, k.conislocal, k.coninhcount > 0,
      ${version >= since.notEnforced ? 'k.conenforced, k.conperiod' : 'NULL'})::text END, ${comment('pg_constraint', 'k.oid')})::text
  FROM rel JOIN pg_constraint k ON k.conrelid = rel.oid WHERE rel.relkind IN ('r', 'p', 'f')`

/** Those that a constraint lives by are said where somebody has switched them off: by its table, too, for several may have one name and refer to the same table. */
const triggers = `SELECT ROW('trigger', rel.relname, g.tgenabled, CASE WHEN g.tgisinternal
    THEN ROW((SELECT ROW(k.conrelid::regclass, k.conname)::text FROM pg_constraint k WHERE k.oid = g.tgconstraint), g.tgtype)::text
    ELSE ROW(g.tgname, pg_get_triggerdef(g.oid, true), g.tgparentid <> 0, ${comment('pg_trigger', 'g.oid')})::text END)::text
  FROM rel JOIN pg_trigger g ON g.tgrelid = rel.oid WHERE rel.relhastriggers AND (NOT g.tgisinternal OR g.tgenabled <> 'O')`

const rules = `SELECT ROW('rule', rel.relname, w.rulename, CASE WHEN w.rulename = '_RETURN' AND rel.relkind IN ('v', 'm') THEN pg_get_viewdef(rel.oid) ELSE pg_get_ruledef(w.oid, true) END,
    w.ev_enabled, ${comment('pg_rewrite', 'w.oid')})::text
  FROM rel JOIN pg_rewrite w ON w.ev_class = rel.oid WHERE rel.relhasrules`

const policies = `SELECT ROW('policy', rel.relname, y.polname, y.polcmd, y.polpermissive, (SELECT array_agg(${roleMark('role')}) FROM unnest(y.polroles) AS role),
    pg_get_expr(y.polqual, y.polrelid), pg_get_expr(y.polwithcheck, y.polrelid), ${comment('pg_policy', 'y.oid')})::text
  FROM here, rel JOIN pg_policy y ON y.polrelid = rel.oid WHERE rel.relkind IN ('r', 'p')`

export const relationLines = (version: number): readonly string[] => [
  groups,
  unusual,
  toast,
  parents(version),
  sequences,
  comments,
  columns(version),
  defaults,
  indexes(version),
  constraints(version),
  triggers,
  rules,
  policies,
]
