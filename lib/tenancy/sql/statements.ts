import { setFlagsFromString } from 'node:v8'
import { loadModule, parseSync, scanSync, hasSqlDetails, type ParseResult, type ScanResult } from 'libpg-query'

type Node = NonNullable<NonNullable<ParseResult['stmts']>[number]['stmt']>

/** One statement of a script as PostgreSQL's own parser sees it. */
export type Statement = {
  /** As written, without the semicolon and without comments before it. */
  readonly text: string
  /** 1-based, of its first character. */
  readonly line: number
  readonly column: number
  /** The parser's kind, such as `IndexStmt`. */
  readonly kind: string
  readonly node: Node
  /** Offset in bytes of the statement in its script: positions in the tree count from the script's start. */
  readonly offset: number
}

export class SqlSyntaxError extends Error {
  override readonly name = 'SqlSyntaxError'
  readonly line: number
  readonly column: number
  constructor(message: string, line: number, column: number) {
    super(message)
    this.line = line
    this.column = column
  }
}

/** 1-based line and column of a byte offset. */
export const placeOf = (script: Buffer, offset: number): { line: number; column: number } => {
  const before = script.subarray(0, offset).toString('utf8')
  const lineStart = before.lastIndexOf('\n') + 1
  return { line: before.split('\n').length, column: Array.from(before.slice(lineStart)).length + 1 }
}

const skipBlank = (text: string): number => {
  const match = /^(?:\s+|--[^\n]*(?:\n|$)|\/\*(?:[^*]|\*(?!\/))*\*\/)*/.exec(text)
  return match ? match[0].length : 0
}

// V8 would optimise the parser's one huge function after a few files: 600 MB and half a second of a core for what is parsed once a file.
for (const flag of ['--no-wasm-tier-up', '--no-wasm-dynamic-tiering']) setFlagsFromString(flag)

const syntaxError = (script: string, error: unknown): SqlSyntaxError => {
  const position = hasSqlDetails(error) ? (error.sqlDetails?.cursorPosition ?? 0) : 0
  const before = [...script].slice(0, position).join('')
  const { line, column } = placeOf(Buffer.from(script, 'utf8'), Buffer.byteLength(before, 'utf8'))
  return new SqlSyntaxError(error instanceof Error ? error.message : String(error), line, column)
}

/**
 * Splits a script with PostgreSQL's parser.
 * @throws SqlSyntaxError with line and column
 */
export const parseStatements = async (script: string): Promise<Statement[]> => {
  await loadModule()
  const bytes = Buffer.from(script, 'utf8')
  // The parser answers an empty script with an error of its own kind.
  if (skipBlank(script) === script.length) return []
  let tree: ParseResult
  try {
    tree = parseSync(script)
  } catch (error) {
    throw syntaxError(script, error)
  }
  return (tree.stmts ?? []).flatMap(({ stmt, stmt_location: start = 0, stmt_len: length = 0 }) => {
    if (!stmt) return []
    const raw = bytes.subarray(start, length === 0 ? bytes.length : start + length).toString('utf8')
    const blank = skipBlank(raw)
    const offset = start + Buffer.byteLength(raw.slice(0, blank), 'utf8')
    const text = raw.slice(blank).trimEnd()
    return [{ text, ...placeOf(bytes, offset), kind: Object.keys(stmt)[0] ?? 'Unknown', node: stmt, offset }]
  })
}

/** What PostgreSQL's scanner reads, comments included; offsets in bytes. `name` is the scanner's word: `IDENT`, `PARAM`, `SQL_COMMENT`. */
export type Token = { readonly text: string; readonly name: string; readonly start: number; readonly end: number }

/** @throws SqlSyntaxError with line and column, where a string or a comment has no end */
export const scanTokens = async (script: string): Promise<Token[]> => {
  await loadModule()
  let scanned: ScanResult
  try {
    scanned = scanSync(script)
  } catch (error) {
    throw syntaxError(script, error)
  }
  return scanned.tokens.map(({ text, tokenName: name, start, end }) => ({ text, name, start, end }))
}

export type Visit = (key: string, value: Record<string, unknown>) => void

/** Walks every object of a parse tree with the key under which it stands. */
export const walk = (value: unknown, visit: Visit, key = ''): void => {
  if (Array.isArray(value)) {
    for (const element of value) walk(element, visit, key)
    return
  }
  if (typeof value !== 'object' || value === null) return
  visit(key, value as Record<string, unknown>)
  for (const [childKey, child] of Object.entries(value)) walk(child, visit, childKey)
}
