/** Names as PostgreSQL itself writes them in definitions, so that what is printed here and there reads alike. */
import { quoteIdent, quoteLiteral } from '../../sql/ident.ts'

/** Of PostgreSQL 18, all that `quote_ident` quotes: reserved words, and those that are names only of some things. */
const keywords: ReadonlySet<string> = new Set(
  `all analyse analyze and any array as asc asymmetric authorization between bigint binary bit boolean both case cast char character check coalesce collate collation
  column concurrently constraint create cross current_catalog current_date current_role current_schema current_time current_timestamp current_user dec decimal default
  deferrable desc distinct do else end except exists extract false fetch float for foreign freeze from full grant greatest group grouping having ilike in initially inner
  inout int integer intersect interval into is isnull join json json_array json_arrayagg json_exists json_object json_objectagg json_query json_scalar json_serialize
  json_table json_value lateral leading least left like limit localtime localtimestamp merge_action national natural nchar none normalize not notnull null nullif numeric
  offset on only or order out outer overlaps overlay placing position precision primary real references returning right row select session_user setof similar smallint some
  substring symmetric system_user table tablesample then time timestamp to trailing treat trim true union unique user using values varchar variadic verbose when where
  window with xmlattributes xmlconcat xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable`.split(/\s+/),
)

export const nameOf = (name: string): string => (/^[a-z_][a-z0-9_]*$/.test(name) && !keywords.has(name) ? name : quoteIdent(name))

/** `add(integer, integer)` with its name quoted where it must be; no type of an argument has a parenthesis of its own. */
export const routineName = (signature: string): string => {
  const start = signature.lastIndexOf('(')
  return start === -1 ? nameOf(signature) : `${nameOf(signature.slice(0, start))}${signature.slice(start)}`
}

/** A literal as in a definition that is read by people: in dollars where it has lines or quotes. */
export const textOf = (text: string): string => (text.includes("'") || text.includes('\\') ? dollars(text, 'text') : quoteLiteral(text))

export const dollars = (text: string, word = 'body'): string => {
  let tag = text.includes('$$') || text.endsWith('$') ? `$${word}$` : '$$'
  for (let number = 1; text.includes(tag); number += 1) tag = `$${word}${number}$`
  return `${tag}${text}${tag}`
}

const words = /"(?:[^"]|"")+"|[\p{L}_][\p{L}\p{N}_$]*/gu

/** What stands in quotes is data, unless it is a name: nextval('customer_id_seq'::regclass). The text of a function in dollars is SQL. */
const withoutData = (sql: string): string =>
  sql.replaceAll(/(\$\w*\$)[\s\S]*?\1|'(?:[^']|'')*'(::reg)?/g, (text, dollars: string | undefined, name: string | undefined) =>
    dollars === undefined && name === undefined ? ' ' : text,
  )

/** All that a piece of SQL may name. It may hold too much, never too little. */
export const mentions = (sql: string): ReadonlySet<string> =>
  new Set(Array.from(withoutData(sql).matchAll(words), ([word]) => (word.startsWith('"') ? word.slice(1, -1).replaceAll('""', '"') : word.toLowerCase())))
