/** Where a schema's name stands before an object's in the body of a function, as PostgreSQL's own parsers read it. */
import { parsePlPgSQLSync, parseSync, scanSync } from 'libpg-query'
import { partsOfType, sqlOf } from '../migrations/lint-bodies.ts'
import { walk } from '../sql/statements.ts'

/** What a function is besides its body. */
export type Routine = { readonly language: string; readonly arguments: string; readonly returns: string | null }

type Named = {
  /** In bytes, with the name behind the dot. */
  readonly qualified: Array<{ readonly at: number; readonly name: string }>
  /** Two names with a dot that are a column of a table, or a field of a variable, and no object of a schema. */
  readonly columns: Set<string>
}

const textOf = (part: unknown): string => {
  if (typeof part !== 'object' || part === null || !('String' in part)) return '*'
  const { String: string }: { String: unknown } = part
  return typeof string === 'object' && string !== null && 'sval' in string && typeof string.sval === 'string' ? string.sval : ''
}

const namesOf = (list: unknown): readonly string[] => (Array.isArray(list) ? list.map(textOf) : [])

/** @throws what the parser says */
const readSql = (sql: string, schema: string, named: Named): void => {
  walk(parseSync(sql), (_, value) => {
    // The first byte of a text is left out of the tree.
    const at = typeof value.location === 'number' ? value.location : 0
    const add = (name: string): void => void named.qualified.push({ at, name })
    if (value.schemaname === schema && value.catalogname === undefined && typeof value.relname === 'string') add(value.relname)
    for (const list of [value.funcname, value.names]) {
      const [first, second, third] = namesOf(list)
      if (first === schema && second !== undefined && third === undefined) add(second)
    }
    const [first, second, third] = namesOf(value.fields)
    if (first !== schema || second === undefined) return
    if (third === undefined) named.columns.add(second)
    else add(second)
  })
}

/** Those of its expressions that can be read; what a body puts together while it runs is text to it. */
const readPlpgsql = (value: unknown, schema: string, named: Named, variables: Set<string>): void => {
  walk(value, (key, node) => {
    if (typeof node.refname === 'string') variables.add(node.refname)
    if (typeof node.typname === 'string') {
      const parts = partsOfType(node.typname)
      if (parts?.[0] === schema) named.qualified.push({ at: -1, name: parts[1] ?? '' })
    }
    if (key !== 'PLpgSQL_expr' || typeof node.query !== 'string') return
    try {
      readSql(sqlOf(node.query, node.parseMode), schema, named)
    } catch {
      // PostgreSQL says that itself when it runs.
    }
  })
}

/** PL/pgSQL's parser takes a whole statement only. */
const statementOf = (body: string, { arguments: args, returns }: Routine): string => {
  let tag = 'body'
  while (body.includes(`$${tag}$`)) tag += '_'
  return `CREATE ${returns === null ? 'PROCEDURE' : 'FUNCTION'} f(${args})${returns === null ? '' : ` RETURNS ${returns}`} LANGUAGE plpgsql AS $${tag}$${body}$${tag}$`
}

const folded = (word: string): string => (word.startsWith('"') ? word.slice(1, -1).replaceAll('""', '"') : word.toLowerCase())

type Span = readonly [start: number, end: number]

const find = (body: string, schema: string, routine: Routine): readonly Span[] => {
  const named: Named = { qualified: [], columns: new Set() }
  const tokens = scanSync(body).tokens.filter(({ tokenName }) => !tokenName.endsWith('_COMMENT'))
  const chains = tokens.flatMap(({ text, start, end }, index) =>
    folded(text) === schema && tokens[index + 1]?.text === '.' && tokens[index - 1]?.text !== '.'
      ? [{ start, end, name: folded(tokens[index + 2]?.text ?? '') }]
      : [],
  )
  if (chains.length === 0) return []
  if (routine.language === 'sql') {
    readSql(body, schema, named)
    const places = new Set(named.qualified.map(({ at }) => at))
    return chains.flatMap(({ start, end }): Span[] => (places.has(start) ? [[start, end]] : []))
  }
  const variables = new Set<string>()
  readPlpgsql(parsePlPgSQLSync(statementOf(body, routine)), schema, named, variables)
  if (variables.has(schema)) return []
  const names = new Set(named.qualified.map(({ name }) => name))
  return chains.flatMap(({ start, end, name }): Span[] => (names.has(name) && !named.columns.has(name) ? [[start, end]] : []))
}

/**
 * In bytes, in order. None in a body of another language, or that cannot be read. The parser of PL/pgSQL does not say where in the body an expression stands: there a name counts
 * where the same two names are nowhere in the body a column of a table or a field.
 */
export const qualifiersIn = (body: string, schema: string, routine: Routine): readonly Span[] => {
  if (routine.language !== 'sql' && routine.language !== 'plpgsql') return []
  try {
    return find(body, schema, routine)
  } catch {
    return []
  }
}
