/** Statements that ask what their schema is called: what is made of the answer, such as a hash of it, would stay when a ready schema gets its tenant's name. */
import { scanSync } from 'libpg-query'
import type { Statement } from '../sql/statements.ts'

export type Asked = { readonly word: string; readonly line: number }

const words = /current_schemas?|search_path/i

/** They keep their text, and ask when they are called; a path that is set for one is put right by the claim. */
const ofFunctions: ReadonlySet<string> = new Set(['CreateFunctionStmt', 'AlterFunctionStmt'])

const isString = (token: string): boolean => token === 'SCONST' || token === 'USCONST'

const findIn = (text: string, line: number, isBody: boolean): Asked | null => {
  const bytes = Buffer.from(text, 'utf8')
  for (const { text: token, tokenName, start } of scanSync(text).tokens) {
    if (tokenName.endsWith('_COMMENT')) continue
    // A block may put SQL together of its strings; elsewhere a string is data, unless it is the name of the setting.
    const word = isString(tokenName) && !isBody ? /^'search_path'$/i.exec(token)?.[0].slice(1, -1) : words.exec(token)?.[0]
    if (word === undefined) continue
    const before = token.slice(0, Math.max(0, token.search(words)))
    return { word: word.toLowerCase(), line: line + [...`${bytes.subarray(0, start).toString('utf8')}${before}`.matchAll(/\n/g)].length }
  }
  return null
}

/** The body of a block, without its comments. */
const findInBlock = ({ text, line }: Statement): Asked | null => {
  const bytes = Buffer.from(text, 'utf8')
  const body = scanSync(text).tokens.find(({ tokenName }) => isString(tokenName))
  if (!body) return null
  const quote = /^(?:\$[^$]*\$|[eE]?')/.exec(body.text)?.[0] ?? ''
  const first = line + [...bytes.subarray(0, body.start).toString('utf8').matchAll(/\n/g)].length
  return findIn(body.text.slice(quote.length, body.text.length - (quote.startsWith('$') ? quote.length : 1)), first, true)
}

const findInStatement = (statement: Statement): Asked | null => {
  if (ofFunctions.has(statement.kind)) return null
  return statement.kind === 'DoStmt' ? findInBlock(statement) : findIn(statement.text, statement.line, false)
}

export const asksForName = (statements: readonly Statement[]): Asked | null => {
  for (const statement of statements) {
    const asked = findInStatement(statement)
    if (asked) return asked
  }
  return null
}
