/** What of a schema names it in a way that renaming does not carry: texts that were made of its name when it was built. */
import type { FleetConnection } from '../session/fleet-connection.ts'
import { quoteIdent, quoteLiteral, quoteQualified } from '../sql/ident.ts'
import { historyTable } from '../migrations/history.ts'

export type Named = {
  /** Functions that can be made anew with the other name. */
  readonly functions: readonly number[]
  /** The first thing that cannot, for people; null: there is none. */
  readonly unfit: string | null
}

/** Definitions are printed with the schema first in the path, so that its own objects stand there without its name. */
const texts = (withBodies: boolean): string => `
  SELECT 'the comment on ' || pg_describe_object(d.classoid, d.objoid, d.objsubid) AS thing, d.description AS words FROM own o JOIN pg_description d ON d.classoid = o.class AND d.objoid = o.id
  UNION ALL SELECT 'the name of ' || pg_describe_object(o.class, o.id, 0), o.name FROM own o WHERE o.class <> 'pg_namespace'::regclass
  UNION ALL SELECT 'the name of column ' || a.attname || ' of ' || c.relname, a.attname::text FROM rel c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
  UNION ALL SELECT 'the default of ' || c.relname || '.' || a.attname, pg_get_expr(f.adbin, f.adrelid) FROM rel c JOIN pg_attrdef f ON f.adrelid = c.oid JOIN pg_attribute a ON a.attrelid = f.adrelid AND a.attnum = f.adnum
  UNION ALL SELECT 'constraint ' || k.conname, pg_get_constraintdef(k.oid) FROM pg_constraint k WHERE k.connamespace = here
  UNION ALL SELECT 'index ' || c.relname, concat_ws(' ', pg_get_expr(i.indexprs, i.indrelid), pg_get_expr(i.indpred, i.indrelid)) FROM rel c JOIN pg_index i ON i.indexrelid = c.oid
  UNION ALL SELECT 'view ' || c.relname, pg_get_viewdef(c.oid) FROM rel c WHERE c.relkind IN ('v', 'm')
  UNION ALL SELECT 'the settings of ' || c.relname, array_to_string(c.reloptions, ' ') FROM rel c
  UNION ALL SELECT 'the bounds of partition ' || c.relname, pg_get_expr(c.relpartbound, c.oid) FROM rel c WHERE c.relpartbound IS NOT NULL
  UNION ALL SELECT 'rule ' || r.rulename || ' of ' || c.relname, pg_get_ruledef(r.oid, true) FROM rel c JOIN pg_rewrite r ON r.ev_class = c.oid WHERE r.rulename <> '_RETURN'
  UNION ALL SELECT 'trigger ' || t.tgname || ' of ' || c.relname, t.tgname || ' ' || pg_get_triggerdef(t.oid, true) FROM rel c JOIN pg_trigger t ON t.tgrelid = c.oid WHERE NOT t.tgisinternal
  UNION ALL SELECT 'policy ' || p.polname || ' of ' || c.relname, concat_ws(' ', p.polname, pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)) FROM rel c JOIN pg_policy p ON p.polrelid = c.oid
  UNION ALL SELECT 'type ' || t.typname, t.typdefault FROM pg_type t WHERE t.typnamespace = here
  UNION ALL SELECT 'a label of type ' || t.typname, e.enumlabel FROM pg_type t JOIN pg_enum e ON e.enumtypid = t.oid WHERE t.typnamespace = here
  UNION ALL SELECT 'the arguments of function ' || p.proname, pg_get_function_arguments(p.oid) FROM pg_proc p WHERE p.pronamespace = here
  ${
    withBodies
      ? `UNION ALL SELECT 'function ' || p.proname, pg_get_function_sqlbody(p.oid) FROM pg_proc p WHERE p.pronamespace = here AND p.prosqlbody IS NOT NULL
  UNION ALL SELECT 'statistics ' || s.stxname, array_to_string(pg_get_statisticsobjdef_expressions(s.oid), ' ') FROM pg_statistic_ext s WHERE s.stxnamespace = here`
      : ''
  }`

const query = (schema: string, withBodies: boolean): string => {
  const name = quoteLiteral(schema)
  return `WITH place AS MATERIALIZED (SELECT oid AS here FROM pg_namespace WHERE nspname = ${name}),
  rel AS MATERIALIZED (SELECT c.* FROM pg_class c JOIN place ON c.relnamespace = here),
  own AS MATERIALIZED (
    SELECT 'pg_class'::regclass AS class, oid AS id, relname::text AS name FROM rel
    UNION ALL SELECT 'pg_proc'::regclass, p.oid, p.proname::text FROM pg_proc p JOIN place ON p.pronamespace = here
    UNION ALL SELECT 'pg_type'::regclass, t.oid, t.typname::text FROM pg_type t JOIN place ON t.typnamespace = here
    UNION ALL SELECT 'pg_constraint'::regclass, k.oid, k.conname::text FROM pg_constraint k JOIN place ON k.connamespace = here
    UNION ALL SELECT 'pg_trigger'::regclass, t.oid, t.tgname::text FROM pg_trigger t JOIN rel ON rel.oid = t.tgrelid WHERE NOT t.tgisinternal
    UNION ALL SELECT 'pg_policy'::regclass, p.oid, p.polname::text FROM pg_policy p JOIN rel ON rel.oid = p.polrelid
    UNION ALL SELECT 'pg_namespace'::regclass, here, ${name} FROM place)
  SELECT x.thing FROM place, LATERAL (${texts(withBodies)}) x WHERE position(${name} IN x.words) > 0 LIMIT 1`
}

/** Set-returning, aggregate and C functions have no text of their own; a function whose source cannot be printed cannot be made anew. */
const functionsQuery = (schema: string): string => {
  const name = quoteLiteral(schema)
  return `SELECT p.oid::text AS oid, p.proname AS name, p.prokind IN ('f', 'p', 'w') AS fit FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
  WHERE n.nspname = ${name} AND (position(${name} IN p.prosrc) > 0 OR position(${name} IN coalesce(array_to_string(p.proconfig, ' '), '')) > 0) ORDER BY p.oid`
}

const tablesQuery = (schema: string): string =>
  `SELECT c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = ${quoteLiteral(schema)} AND c.relkind IN ('r', 'm') AND c.relname <> ${quoteLiteral(historyTable)} ORDER BY c.relname`

/** The table as a row's name would be hidden by a column of that name. */
const rowsQuery = (schema: string, tables: readonly string[]): string =>
  tables
    .map(
      (table) =>
        `(SELECT ${quoteLiteral(table)} AS name FROM ${quoteQualified(schema, table)} AS one_row WHERE position(${quoteLiteral(schema)} IN to_jsonb(one_row)::text) > 0 LIMIT 1)`,
    )
    .join(' UNION ALL ')

const tablesAtOnce = 50

const inRows = async (connection: FleetConnection, schema: string): Promise<string | null> => {
  const tables = (await connection.query<{ name: string }>(tablesQuery(schema))).map(({ name }) => name)
  for (let index = 0; index < tables.length; index += tablesAtOnce) {
    const [row] = await connection.query<{ name: string }>(rowsQuery(schema, tables.slice(index, index + tablesAtOnce)))
    if (row) return `a row of table ${row.name}`
  }
  return null
}

type FunctionRow = { readonly oid: string; readonly name: string; readonly fit: boolean | string }

/** @throws the connection's and PostgreSQL's errors */
export const scanForName = async (connection: FleetConnection, schema: string): Promise<Named> => {
  const [version] = await connection.query<{ number: string }>(`SELECT current_setting('server_version_num') AS number`)
  const outcomes = await connection.flight(
    ['BEGIN', `SET LOCAL search_path = ${quoteIdent(schema)}`, query(schema, Number(version?.number) >= 140_000), 'COMMIT'],
    60_000,
  )
  const failed = outcomes.find((outcome) => !outcome.ok)
  if (failed && !failed.ok) {
    await connection.query('ROLLBACK')
    throw failed.error
  }
  const found = outcomes[2]
  const [thing] = found?.ok ? (found.rows as Array<{ readonly thing: string }>) : []
  const functions = await connection.query<FunctionRow>(functionsQuery(schema))
  const bad = functions.find(({ fit }) => fit !== true && fit !== 't')
  const unfit = thing?.thing ?? (bad ? `function ${bad.name}` : await inRows(connection, schema))
  return { functions: functions.map(({ oid }) => Number(oid)), unfit }
}
