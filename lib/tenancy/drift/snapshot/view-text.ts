/**
 * Up to 15 PostgreSQL prints each column of a view with its table's name or alias; from 16 on not where the view is over a single relation. What stands in a subquery
 * is printed with it by both.
 */
type Token = { readonly text: string; readonly depth: number; readonly inSubquery: boolean }

const pattern = /\s+|"(?:[^"]|"")*"|(?:[EBXU]&?)?'(?:[^']|'')*'|[\p{L}_][\p{L}\p{N}_$]*|\d[\w.]*|./gsu
const isName = (text: string | undefined): text is string => text !== undefined && /^["\p{L}_]/u.test(text) && !text.endsWith("'")

const tokensOf = (definition: string): readonly Token[] => {
  const texts = definition.match(pattern) ?? []
  const opened: boolean[] = []
  return texts.map((text, index): Token => {
    if (text === ')') opened.pop()
    const token = { text, depth: opened.length, inSubquery: opened.includes(true) }
    if (text === '(') {
      const next = texts.slice(index + 1).find((one) => one.trim() !== '')
      opened.push(next === 'SELECT' || next === 'WITH' || next === 'VALUES')
    }
    return token
  })
}

const afterFrom: ReadonlySet<string> = new Set(['WHERE', 'GROUP', 'HAVING', 'WINDOW', 'ORDER', 'LIMIT', 'OFFSET', 'FETCH', 'FOR', ';'])
const setOperations: ReadonlySet<string> = new Set(['UNION', 'INTERSECT', 'EXCEPT'])

/** What is named in FROM, when it is one thing: `customer c`, `other.customer`, `(SELECT …) x`, `f(…) x(a, b)`. */
const aliasOf = (tokens: readonly Token[]): string | undefined => {
  const from = tokens.findIndex(({ text, depth }) => depth === 0 && text === 'FROM')
  if (from === -1 || tokens.some(({ text, depth }) => depth === 0 && setOperations.has(text))) return undefined
  const rest = tokens.slice(from + 1)
  const end = rest.findIndex(({ text, depth }) => depth === 0 && afterFrom.has(text))
  const items = (end === -1 ? rest : rest.slice(0, end)).filter(({ text }) => text.trim() !== '' && text !== 'ONLY' && text !== 'LATERAL')
  const isSeveral = items.some(({ text, depth, inSubquery }) => (text === ',' && depth === 0) || (text === 'JOIN' && !inSubquery))
  if (isSeveral) return undefined
  const top = items.filter(({ depth, text }) => depth === 0 && text !== '(' && text !== ')').map(({ text }) => text)
  let at = 0
  while (isName(top[at]) && top[at + 1] === '.') at += 2
  const name = items[0]?.text === '(' ? undefined : top[at]
  const behind = top.slice(name === undefined ? 0 : at + 1).find((text) => text !== 'WITH' && text !== 'ORDINALITY')
  return isName(behind) && behind !== 'TABLESAMPLE' ? behind : name
}

/** @param version server_version_num */
export const viewText = (definition: string, version: number): string => {
  if (version >= 160_000) return definition
  const tokens = tokensOf(definition)
  const alias = aliasOf(tokens)
  if (alias === undefined) return definition
  const isPrefix = (index: number): boolean => {
    const [before, name, dot, column] = [tokens[index - 1], tokens[index], tokens[index + 1], tokens[index + 2]]
    return name?.text === alias && !name.inSubquery && before?.text !== '.' && dot?.text === '.' && isName(column?.text) && tokens[index + 3]?.text !== '('
  }
  return tokens.flatMap(({ text }, index) => (isPrefix(index) || (text === '.' && isPrefix(index - 1)) ? [] : [text])).join('')
}
