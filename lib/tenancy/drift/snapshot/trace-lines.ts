/**
 * What a trace is made of: for each object of a schema a line that says at least all that a full snapshot says of it. Catalogs as they are where all numbers in them are
 * PostgreSQL's, else names and definitions as printed. Each line is a record or an array in PostgreSQL's own writing, so that no two different ones read the same.
 */
import { collation, comment, pathOf, since } from './catalog.ts'
import { aggregate } from './routines.ts'
import { uncompared } from './surroundings.ts'
import { aclMarks, firstOther, numberOrName, privilegeMarks, roleMark, settingMarks } from './trace-fragments.ts'
import { relationLines, traceRelations } from './trace-relations.ts'

/** What is in the schema, also what belongs to an extension: more than a snapshot says is harmless. @param p alias of schema, role and what `databaseSql` answers */
export const tracePrelude = `
  here AS MATERIALIZED (SELECT n.*, p.extensions, to_regrole(quote_ident(p.role))::oid AS role_oid, ${aclMarks}, set_config('search_path', ${pathOf('n')}, true) AS path
    FROM pg_namespace n WHERE n.nspname = p.schema),
  dep AS MATERIALIZED (SELECT d.classid, d.objid FROM here JOIN pg_depend d ON d.refclassid = 'pg_namespace'::regclass AND d.refobjid = here.oid),
  rel AS MATERIALIZED (${traceRelations}),
  typ AS MATERIALIZED (SELECT t.* FROM dep JOIN pg_type t ON t.oid = dep.objid WHERE dep.classid = 'pg_type'::regclass),
  pro AS MATERIALIZED (SELECT f.* FROM dep JOIN pg_proc f ON f.oid = dep.objid WHERE dep.classid = 'pg_proc'::regclass)`

/** What is asked once for all. Which extension a schema lives on follows from what is printed of it. */
export const databaseSql = `SELECT
    (SELECT array_agg(ROW(e.extname, e.extversion, n.nspname,
        (SELECT count(*) FROM pg_depend d WHERE d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e'))::text ORDER BY e.extname)::text
      FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace) AS extensions`

const schemaLines = `SELECT ROW('schema', ${roleMark('here.nspowner')}, ${privilegeMarks('here.nspacl')}, ${comment('pg_namespace', 'here.oid')}, here.extensions)::text AS line FROM here
  UNION ALL SELECT ROW('default', ${roleMark('f.defaclrole')}, f.defaclobjtype, ${privilegeMarks('f.defaclacl')})::text FROM here, dep JOIN pg_default_acl f ON f.oid = dep.objid WHERE dep.classid = 'pg_default_acl'::regclass
  UNION ALL SELECT ROW('extension', e.extname)::text FROM dep JOIN pg_extension e ON e.oid = dep.objid WHERE dep.classid = 'pg_extension'::regclass
  UNION ALL SELECT ROW('statistics', s.stxname, ${roleMark('s.stxowner')}, s.stxstattarget, ${comment('pg_statistic_ext', 's.oid')},
      substr(pg_get_statisticsobjdef(s.oid), length('CREATE STATISTICS ' || quote_ident(here.nspname) || '.' || quote_ident(s.stxname)) + 1))::text
    FROM here, dep JOIN pg_statistic_ext s ON s.oid = dep.objid WHERE dep.classid = 'pg_statistic_ext'::regclass`

const typeLines = (
  version: number,
): string => `SELECT ROW('type', typ.typname, typ.typtype, ${roleMark('typ.typowner')}, ${privilegeMarks('typ.typacl')}, ${comment('pg_type', 'typ.oid')},
    typ.typstorage, format_type(NULLIF(typ.typbasetype, 0), typ.typtypmod), typ.typnotnull, pg_get_expr(typ.typdefaultbin, 0), ${collation('typ.typcollation', 'typ.typbasetype')},
    CASE WHEN typ.typtype = 'e' THEN (SELECT array_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = typ.oid) END,
    CASE WHEN typ.typtype = 'd' THEN (SELECT array_agg(ROW(k.conname, pg_get_constraintdef(k.oid), ${comment('pg_constraint', 'k.oid')})::text ORDER BY k.conname COLLATE "C") FROM pg_constraint k WHERE k.contypid = typ.oid) END,
    CASE WHEN typ.typtype = 'c' THEN (SELECT array_agg(ROW(a.attname, format_type(a.atttypid, a.atttypmod), ${collation('a.attcollation', 'a.atttypid')}, ${comment('pg_class', 'a.attrelid', 'a.attnum')})::text ORDER BY a.attnum)
      FROM pg_attribute a WHERE a.attrelid = typ.typrelid AND a.attnum > 0 AND NOT a.attisdropped) END,
    CASE WHEN typ.typtype = 'r' THEN (SELECT ROW(format_type(r.rngsubtype, NULL), ${collation('r.rngcollation', 'r.rngsubtype')}, (SELECT ROW(o.opcname, o.opcdefault)::text FROM pg_opclass o WHERE o.oid = r.rngsubopc),
      r.rngcanonical, r.rngsubdiff, ${version >= since.multiranges ? 'format_type(r.rngmultitypid, NULL)' : 'NULL'})::text FROM pg_range r WHERE r.rngtypid = typ.oid) END)::text AS line
  FROM here, typ`

/** What a body means that holds the schema's own name is left to the full snapshot: with the name no other schema has this trace. */
const namedInBody = `CASE WHEN here.nspname ~ '[-_0-9]' AND strpos(pro.prosrc, here.nspname) > 0 THEN here.nspname END`

const routineLines = (
  version: number,
): string => `SELECT ROW('routine', pro.proname, pro.prokind, oidvectortypes(pro.proargtypes), ${roleMark('pro.proowner')}, ${privilegeMarks('pro.proacl')}, ${comment('pg_proc', 'pro.oid')},
    pg_get_function_arguments(pro.oid), pg_get_function_result(pro.oid), CASE WHEN pro.prolang < ${firstOther} THEN pro.prolang::text ELSE (SELECT l.lanname::text FROM pg_language l WHERE l.oid = pro.prolang) END,
    pro.prosrc, ${namedInBody}, pro.probin, ${version >= since.sqlBodies ? 'CASE WHEN pro.prosqlbody IS NOT NULL THEN pg_get_function_sqlbody(pro.oid) END' : 'NULL'},
    pro.provolatile, pro.proisstrict, pro.prosecdef, pro.proleakproof, pro.proparallel, pro.procost, pro.prorows, pro.proretset, ${settingMarks('pro.proconfig')},
    ${numberOrName('pro.prosupport::oid', 'regproc')}, (SELECT array_agg(format_type(t, NULL)) FROM unnest(pro.protrftypes) AS t), (${aggregate})::text)::text AS line
  FROM here, pro`

export const traceLines = (version: number): string =>
  [
    ...relationLines(version),
    schemaLines,
    typeLines(version),
    routineLines(version),
    `SELECT ROW('uncompared', u.fact)::text AS line FROM (${uncompared.sql(version)}) u`,
  ].join('\nUNION ALL ')
