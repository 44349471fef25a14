/** Lines of a trace for tables, views and sequences, with all that hangs on them. */
import { comment, isNotHistory, since, tablespace } from './catalog.ts'
import { firstOther, numberOrName, privilegeMarks, roleMark } from './trace-fragments.ts'

const sequence = `CASE WHEN rel.relkind = 'S' THEN ROW(
      (SELECT ROW(format_type(s.seqtypid, NULL), s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcycle, s.seqcache)::text FROM pg_sequence s WHERE s.seqrelid = rel.oid),
      (SELECT array_agg(ROW(d.deptype, d.refobjid::regclass, d.refobjsubid)::text ORDER BY d.deptype, d.refobjsubid)
        FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = rel.oid AND d.refclassid = 'pg_class'::regclass))::text END`

const columnType = `CASE WHEN a.atttypid < ${firstOther} THEN a.atttypid::text
      ELSE (SELECT ROW(format_type(a.atttypid, a.atttypmod), t.typstorage, t.typcollation::regcollation)::text FROM pg_type t WHERE t.oid = a.atttypid) END`

const columns = (
  version: number,
): string => `(SELECT array_agg(ROW(a.attnum, a.attname, ${columnType}, a.atttypmod, a.attnotnull, a.attidentity, a.attgenerated,
      ${numberOrName('a.attcollation', 'regcollation')}, a.attinhcount > 0, a.attislocal, a.attfdwoptions, a.attstorage, ${version >= since.compression ? 'a.attcompression' : 'NULL'},
      a.attstattarget, a.attoptions, ${privilegeMarks('a.attacl')},
      CASE WHEN a.atthasdef THEN (SELECT pg_get_expr(f.adbin, f.adrelid) FROM pg_attrdef f WHERE f.adrelid = a.attrelid AND f.adnum = a.attnum) END)::text ORDER BY a.attnum)
    FROM pg_attribute a WHERE a.attrelid = rel.oid AND a.attnum > 0 AND NOT a.attisdropped)`

/** Only these say something of their columns: B-trees have no options, and statistics are those of the table where there is no expression. */
const indexColumns = `CASE WHEN c.relam <> 403 OR i.indexprs IS NOT NULL THEN (
        SELECT array_agg(ROW(a.attnum, a.attstattarget, a.attoptions)::text ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = c.oid) END`

const isBuiltIn = `c.relam < ${firstOther} AND ${firstOther} > ALL (i.indclass::oid[]) AND ${firstOther} > ALL (i.indcollation::oid[])`

const indexes = (
  version: number,
): string => `CASE WHEN rel.relhasindex THEN (SELECT array_agg(ROW(c.relname, c.relam, c.reloptions, ${tablespace('NULLIF(c.reltablespace, 0)')},
      i.indisunique, i.indisprimary, i.indisexclusion, i.indisvalid, i.indisready, i.indislive, i.indisclustered, i.indisreplident,
      ${version >= since.nullsNotDistinct ? 'i.indnullsnotdistinct' : 'NULL'}, i.indnkeyatts, i.indkey,
      CASE WHEN ${isBuiltIn} THEN ROW(i.indclass, i.indcollation, i.indoption)::text ELSE pg_get_indexdef(c.oid, 0, true) END,
      CASE WHEN i.indexprs IS NOT NULL THEN pg_get_expr(i.indexprs, i.indrelid) END, CASE WHEN i.indpred IS NOT NULL THEN pg_get_expr(i.indpred, i.indrelid) END, ${indexColumns},
      CASE WHEN c.relispartition THEN (SELECT h.inhparent::regclass::text FROM pg_inherits h WHERE h.inhrelid = c.oid) END, ${comment('pg_class', 'c.oid')})::text ORDER BY c.relname COLLATE "C")
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indrelid = rel.oid) END`

/** Of keys the rest is said by their index, of NOT NULL by its columns. */
const constraintBody = (version: number): string => `CASE k.contype
        WHEN 'f' THEN ROW(k.confrelid::regclass, k.confkey, k.confupdtype, k.confdeltype, k.confmatchtype, ${version >= since.deletedColumns ? 'k.confdelsetcols' : 'NULL'})::text
        WHEN 'c' THEN pg_get_expr(k.conbin, k.conrelid) WHEN 'p' THEN NULL WHEN 'u' THEN NULL WHEN 'n' THEN NULL ELSE pg_get_constraintdef(k.oid) END`

const constraints = (version: number): string => `(SELECT array_agg(ROW(k.conname, k.contype, k.condeferrable, k.condeferred, k.convalidated,
      ${version >= since.notEnforced ? 'k.conenforced, k.conperiod' : 'NULL'}, k.conislocal, k.coninhcount > 0, k.connoinherit, k.conkey, ${constraintBody(version)},
      CASE WHEN k.contype = 'f' OR k.condeferrable THEN (SELECT array_agg(DISTINCT g.tgenabled) FROM pg_trigger g WHERE g.tgconstraint = k.oid AND g.tgisinternal AND g.tgenabled <> 'O') END,
      ${comment('pg_constraint', 'k.oid')})::text ORDER BY k.conname COLLATE "C", k.contype)
    FROM pg_constraint k WHERE k.conrelid = rel.oid)`

const triggers = `CASE WHEN rel.relhastriggers THEN (
      SELECT array_agg(ROW(g.tgname, pg_get_triggerdef(g.oid, true), g.tgenabled, g.tgparentid <> 0, ${comment('pg_trigger', 'g.oid')})::text ORDER BY g.tgname COLLATE "C")
      FROM pg_trigger g WHERE g.tgrelid = rel.oid AND NOT g.tgisinternal) END`

const rules = `CASE WHEN rel.relhasrules THEN (
      SELECT array_agg(ROW(w.rulename, CASE WHEN w.rulename = '_RETURN' AND rel.relkind IN ('v', 'm') THEN pg_get_viewdef(rel.oid) ELSE pg_get_ruledef(w.oid, true) END, w.ev_enabled,
        ${comment('pg_rewrite', 'w.oid')})::text ORDER BY w.rulename COLLATE "C")
      FROM pg_rewrite w WHERE w.ev_class = rel.oid) END`

const policies = `(SELECT array_agg(ROW(y.polname, y.polcmd, y.polpermissive, (SELECT array_agg(${roleMark('role')}) FROM unnest(y.polroles) AS role),
      pg_get_expr(y.polqual, y.polrelid), pg_get_expr(y.polwithcheck, y.polrelid), ${comment('pg_policy', 'y.oid')})::text ORDER BY y.polname COLLATE "C")
    FROM pg_policy y WHERE y.polrelid = rel.oid)`

const parents = (version: number): string =>
  `(SELECT array_agg(ROW(h.inhparent::regclass${version >= since.detaching ? ', h.inhdetachpending' : ''})::text ORDER BY h.inhseqno) FROM pg_inherits h WHERE h.inhrelid = rel.oid)`

/** One lookup for a table and its columns. */
const comments = `(SELECT array_agg(ROW(d.objsubid, d.description)::text ORDER BY d.objsubid) FROM pg_description d WHERE d.objoid = rel.oid AND d.classoid = 'pg_class'::regclass)`

export const relationLines = (
  version: number,
): string => `SELECT ROW('relation', rel.relname, rel.relkind, rel.relpersistence, ${roleMark('rel.relowner')}, ${privilegeMarks('rel.relacl')},
    rel.reloptions, CASE WHEN rel.reltoastrelid <> 0 THEN (SELECT o.reloptions FROM pg_class o WHERE o.oid = rel.reltoastrelid) END, ${tablespace('NULLIF(rel.reltablespace, 0)')},
    CASE WHEN rel.relam < ${firstOther} THEN rel.relam::text ELSE (SELECT m.amname::text FROM pg_am m WHERE m.oid = rel.relam) END,
    rel.relrowsecurity, rel.relforcerowsecurity, rel.relreplident, rel.relispopulated, CASE WHEN rel.reloftype <> 0 THEN format_type(rel.reloftype, NULL) END,
    CASE WHEN rel.relispartition THEN pg_get_expr(rel.relpartbound, rel.oid) END, CASE WHEN rel.relkind = 'p' THEN pg_get_partkeydef(rel.oid) END, ${parents(version)},
    CASE WHEN rel.relkind = 'f' THEN (SELECT ROW(s.srvname, f.ftoptions)::text FROM pg_foreign_table f JOIN pg_foreign_server s ON s.oid = f.ftserver WHERE f.ftrelid = rel.oid) END,
    ${comments}, ${sequence}, ${columns(version)}, ${indexes(version)}, ${constraints(version)}, ${triggers}, ${rules}, ${policies})::text AS line
  FROM here, rel WHERE rel.relkind IN ('r', 'p', 'f', 'v', 'm', 'S') AND ${isNotHistory('rel')}`
