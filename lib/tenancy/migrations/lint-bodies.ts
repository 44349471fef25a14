/**
 * Bodies of functions and DO blocks. PostgreSQL keeps them as text and reads them when they run, so they are parsed here a second time; what a body puts
 * together while it runs cannot be seen by anybody before.
 */
import { parsePlPgSQLSync, parseSync, scanSync } from 'libpg-query'
import type { Statement } from '../sql/statements.ts'
import { foreignNames } from './lint-names.ts'
import type { Report, Rule } from './lint-rule.ts'
import { nodeOf } from './statement-kinds.ts'

type Tree = Readonly<Record<string, unknown>>
type Element = { readonly DefElem?: { readonly defname?: string; readonly arg?: Tree; readonly location?: number } }
type Body = { readonly language: string; readonly text: string; /** In bytes of the script. */ readonly offset: number }

/** Where `docs/connect.md` has extensions put, and PostgreSQL's own. */
const harmlessSchemas: ReadonlySet<string> = new Set(['extensions', 'pg_catalog', 'information_schema', 'pg_temp'])

const dynamic = 'runs SQL that it puts together while it runs, which nobody can check before: name no schema in it, and quote names with format(%I)'
const otherSchema = (schema: string): string =>
  `names the schema “${schema}” inside a body, which is looked up when it runs, for every tenant alike: write the name without a schema`

const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value)
const sval = (tree: unknown): string | null => (isTree(tree) && isTree(tree.String) && typeof tree.String.sval === 'string' ? tree.String.sval : null)

/** The body as written, behind its quotes. */
const bodyOf = (statement: Statement): Body | null => {
  if (statement.kind !== 'CreateFunctionStmt' && statement.kind !== 'DoStmt') return null
  const node = nodeOf(statement)
  const elements = ((node.options ?? node.args) as Element[] | undefined) ?? []
  const named = (name: string) => elements.find(({ DefElem: element }) => element?.defname === name)?.DefElem
  const as = named('as')
  if (!as) return null
  const language = sval(named('language')?.arg)?.toLowerCase() ?? (statement.kind === 'DoStmt' ? 'plpgsql' : 'sql')
  const from = (as.location ?? statement.offset) - statement.offset
  const token = scanSync(statement.text).tokens.find(({ tokenName, start }) => tokenName === 'SCONST' && start >= from)
  if (!token) return null
  const quote = /^(?:\$[^$]*\$|[eE]?')/.exec(token.text)?.[0] ?? ''
  const text = token.text.slice(quote.length, token.text.length - (quote.startsWith('$') ? quote.length : 1))
  return {
    language,
    text: quote.startsWith('$') ? text : text.replaceAll("''", "'"),
    offset: statement.offset + token.start + Buffer.byteLength(quote, 'utf8'),
  }
}

/** Schemas that a piece of SQL names; none when it cannot be read, for PostgreSQL says that itself when it runs. */
const schemasIn = (sql: string): ReadonlyArray<{ readonly schema: string; readonly at: number }> => {
  try {
    return (parseSync(sql).stmts ?? []).flatMap(({ stmt }) =>
      stmt ? foreignNames(stmt).flatMap(({ schema, offset }) => (harmlessSchemas.has(schema) ? [] : [{ schema, at: offset ?? 0 }])) : [],
    )
  } catch {
    return []
  }
}

const lineStart = (text: string, line: number): number => {
  let at = 0
  for (let left = line - 1; left > 0; left -= 1) {
    const next = text.indexOf('\n', at)
    if (next < 0) return at
    at = next + 1
  }
  return at + (/^[ \t]*/.exec(text.slice(at))?.[0].length ?? 0)
}

type Found = { readonly line: number; readonly schema: string | null }

const dynamicKinds: ReadonlySet<string> = new Set(['PLpgSQL_stmt_dynexecute', 'PLpgSQL_stmt_dynfors', 'dynquery'])
const namePart = /("(?:[^"]|"")+"|[\p{L}_][\p{L}\p{N}_$]*)(\.)?/uy

/** Of `other.mood`, `other.a%rowtype`, `other.a.b%type`, which name a schema; null: `a.b%type` is a column of the tenant's own. */
export const partsOfType = (typed: string): readonly string[] | null => {
  const parts: string[] = []
  namePart.lastIndex = 0
  for (let match = namePart.exec(typed); match; match = match[2] === undefined ? null : namePart.exec(typed)) parts.push(match[1]?.replaceAll('"', '') ?? '')
  return parts.length > (/%type/i.test(typed) ? 2 : 1) ? parts : null
}

/** `v := other.f()` and `a.b = 1` are no SQL; what stands behind the sign is. */
export const sqlOf = (query: string, mode: unknown): string => {
  if (mode === 0) return query
  return `SELECT ${typeof mode === 'number' && mode > 2 ? query.replace(/^[^:=]*:?=/, '') : query}`
}

const readExpression = ({ query, parseMode }: Tree, line: number, variables: ReadonlySet<string>): readonly Found[] => {
  if (typeof query !== 'string') return []
  const sql = sqlOf(query, parseMode)
  const bytes = Buffer.from(sql, 'utf8')
  return schemasIn(sql).flatMap(({ schema, at }) =>
    // A field of a field of a variable looks like a column of a table of a schema.
    variables.has(schema) ? [] : [{ schema, line: line + bytes.subarray(0, at).toString('utf8').split('\n').length - 1 }],
  )
}

/** What PL/pgSQL's own parser made of the body. */
const walkPlpgsql = (value: unknown, line: number, variables: Set<string>, found: Found[]): void => {
  if (Array.isArray(value)) for (const element of value) walkPlpgsql(element, line, variables, found)
  if (!isTree(value)) return
  if (typeof value.refname === 'string') variables.add(value.refname)
  const here = typeof value.lineno === 'number' ? value.lineno : line
  for (const [key, child] of Object.entries(value)) {
    const at = isTree(child) && typeof child.lineno === 'number' ? child.lineno : here
    if (dynamicKinds.has(key)) found.push({ schema: null, line: at })
    if (key === 'PLpgSQL_expr' && isTree(child)) found.push(...readExpression(child, at, variables))
    const typed = key === 'typname' && typeof child === 'string' ? (partsOfType(child)?.[0] ?? null) : null
    if (typed !== null && !harmlessSchemas.has(typed)) found.push({ schema: typed, line: at })
    walkPlpgsql(child, at, variables, found)
  }
}

const beforeExecute: ReadonlySet<string> = new Set([';', 'begin', 'then', 'else', 'loop', 'in', 'query', 'for'])
const beforeTable: ReadonlySet<string> = new Set(['from', 'join', 'insert into', 'update', 'table', 'call'])

/** A body that PL/pgSQL's parser does not take, for it lacks the catalog: then the words alone are looked at. */
const scanPlpgsql = (text: string): readonly Found[] => {
  try {
    const bytes = Buffer.from(text, 'utf8')
    const tokens = scanSync(text).tokens.filter(({ tokenName }) => !tokenName.endsWith('_COMMENT'))
    return tokens.flatMap(({ text: word, start }, index): Found[] => {
      const line = bytes.subarray(0, start).toString('utf8').split('\n').length
      const [before = ';', second] = [1, 2].map((back) => tokens[index - back]?.text.toLowerCase())
      // SELECT … INTO names variables.
      const leads = before === 'into' ? `${second} into` : before
      if (word.toLowerCase() === 'execute' && beforeExecute.has(before)) return [{ schema: null, line }]
      const schema = word.replaceAll('"', '')
      return tokens[index + 1]?.text === '.' && beforeTable.has(leads) && !harmlessSchemas.has(schema) ? [{ schema, line }] : []
    })
  } catch {
    return []
  }
}

const readPlpgsql = (statement: Statement, body: Body): readonly Found[] => {
  try {
    const found: Found[] = []
    walkPlpgsql(parsePlPgSQLSync(statement.text), 1, new Set(['new', 'old']), found)
    return found
  } catch {
    return scanPlpgsql(body.text)
  }
}

/** Of a block that runs with the migration: whether it names a schema that is not the tenant's. What it puts together while it runs nobody sees. */
export const doesOutside = (statement: Statement): boolean => {
  const body = statement.kind === 'DoStmt' ? bodyOf(statement) : null
  return body?.language === 'plpgsql' && readPlpgsql(statement, body).some(({ schema }) => schema !== null)
}

const reportAll = (body: Body, found: readonly Found[], report: Report): void => {
  const seen = new Set<string>()
  for (const { line, schema } of found) {
    const at = body.offset + Buffer.byteLength(body.text.slice(0, lineStart(body.text, line)), 'utf8')
    if (schema === null) report('dynamic_sql', 'warning', dynamic, at)
    else if (!seen.has(`${schema} ${line}`)) report('body_names_schema', 'warning', otherSchema(schema), at)
    seen.add(`${schema ?? ''} ${line}`)
  }
}

export const bodies: Rule = (_, statement, report) => {
  const body = bodyOf(statement)
  if (body?.language === 'plpgsql') reportAll(body, readPlpgsql(statement, body), report)
  if (body?.language === 'sql') {
    const bytes = Buffer.from(body.text, 'utf8')
    const found = schemasIn(body.text).map(({ schema, at }) => ({ schema, line: bytes.subarray(0, at).toString('utf8').split('\n').length }))
    reportAll(body, found, report)
  }
}
