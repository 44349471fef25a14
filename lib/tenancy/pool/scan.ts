/** What of a schema names it in a way that renaming does not carry: texts that were made of its name when it was built. */
import type { FleetConnection } from '../session/fleet-connection.ts'
import { quoteIdent, quoteLiteral, quoteQualified } from '../sql/ident.ts'
import { historyTable } from '../migrations/history.ts'
import { markOf } from './names.ts'
import type { Connect } from './place.ts'

export type Named = {
  /** Functions that can be made anew with the other name. */
  readonly functions: readonly number[]
  /** Why it cannot be pooled, for people: the first thing that cannot; null: there is none. */
  readonly unfit: string | null
}

/** SQL that says whether a text holds the part of the name that is its own, however it is written: in capitals, cut off, or as bytes. */
const holds = (schema: string, text: string): string => {
  const mark = markOf(schema)
  const written = [mark, Buffer.from(mark, 'utf8').toString('hex'), Buffer.from(mark.toUpperCase(), 'utf8').toString('hex')]
  return `lower(${text}) LIKE ANY (ARRAY[${written.map((one) => quoteLiteral(`%${one}%`)).join(', ')}])`
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
  SELECT x.thing AS name FROM place, LATERAL (${texts(withBodies)}) x WHERE ${holds(schema, 'x.words')} LIMIT 1`
}

/** A function whose source cannot be printed, as an aggregate's, cannot be made anew; nor can one that holds the name otherwise than whole. */
const functionsQuery = (schema: string): string => {
  const name = quoteLiteral(schema)
  const words = `concat_ws(' ', p.prosrc, array_to_string(p.proconfig, ' '))`
  return `SELECT p.oid::text AS oid, p.proname AS name, p.prokind IN ('f', 'p', 'w') AND NOT ${holds(schema, `replace(${words}, ${name}, '')`)} AS fit
  FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = ${name} AND ${holds(schema, words)} ORDER BY p.oid`
}

/** What has no page has no rows, whoever may see them. */
const tablesQuery = (schema: string): string =>
  `SELECT c.relname AS name, row_security_active(c.oid) AS hidden FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = ${quoteLiteral(schema)} AND c.relkind IN ('r', 'm') AND c.relname <> ${quoteLiteral(historyTable)} AND pg_relation_size(c.oid) > 0 ORDER BY c.relname`

/** The table as a row's name would be hidden by a column of that name. */
const rowsQuery = (schema: string, tables: readonly string[]): string =>
  tables
    .map(
      (table) =>
        `(SELECT ${quoteLiteral(table)} AS name FROM ${quoteQualified(schema, table)} AS one_row WHERE ${holds(schema, 'to_jsonb(one_row)::text')} LIMIT 1)`,
    )
    .join(' UNION ALL ')

const tablesAtOnce = 50

/** In a transaction of its own; with row security off, PostgreSQL refuses to leave rows out instead of doing so. */
const inTransaction = async (connection: FleetConnection, settings: string, text: string): Promise<readonly object[]> => {
  const outcomes = await connection.flight([`BEGIN; ${settings}; SET LOCAL row_security = off; SET LOCAL bytea_output = 'hex'`, text, 'COMMIT'], 60_000)
  const failed = outcomes.find((outcome) => !outcome.ok)
  if (failed && !failed.ok) {
    if (!connection.dead) await connection.query('ROLLBACK')
    throw failed.error
  }
  return outcomes[1]?.ok ? outcomes[1].rows : []
}

const nameOf = (row: object | undefined): string | null => {
  const name: unknown = row && Reflect.get(row, 'name')
  return typeof name === 'string' ? name : null
}

const holdsIt = (thing: string): string => `${thing} holds the name of the schema that it was made in, which a rename would not change`

type TableRow = { readonly name: string; readonly hidden: boolean | string }

const inRows = async (next: Connect, schema: string): Promise<string | null> => {
  const tables = await (await next()).query<TableRow>(tablesQuery(schema))
  const hidden = tables.find((table) => isTrue(table.hidden))
  if (hidden) return `row-level security hides rows of table ${hidden.name} from its own owner, so nobody can tell whether they hold the name of the schema`
  for (let index = 0; index < tables.length; index += tablesAtOnce) {
    const some = tables.slice(index, index + tablesAtOnce).map(({ name }) => name)
    const found = nameOf((await inTransaction(await next(), 'SET LOCAL search_path = pg_catalog', rowsQuery(schema, some)))[0])
    if (found !== null) return holdsIt(`a row of table ${found}`)
  }
  return null
}

type FunctionRow = { readonly oid: string; readonly name: string; readonly fit: boolean | string }
/** The simple protocol answers in text. */
const isTrue = (value: boolean | string): boolean => value === true || value === 't'

/** @throws the connection's and PostgreSQL's errors */
export const scanForName = async (next: Connect, schema: string): Promise<Named> => {
  const connection = await next()
  const [version] = await connection.query<{ number: string }>(`SELECT current_setting('server_version_num') AS number`)
  const [thing] = await inTransaction(connection, `SET LOCAL search_path = ${quoteIdent(schema)}`, query(schema, Number(version?.number) >= 140_000))
  const functions = await connection.query<FunctionRow>(functionsQuery(schema))
  const bad = functions.find(({ fit }) => !isTrue(fit))
  const named = nameOf(thing) ?? (bad ? `function ${bad.name}` : null)
  const unfit = named === null ? await inRows(next, schema) : holdsIt(named)
  return { functions: functions.map(({ oid }) => Number(oid)), unfit }
}
