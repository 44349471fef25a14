/** Which tables a SELECT names, and which of their columns it asks for: read from PostgreSQL's own tree, scope by scope. */

type Node = Readonly<Record<string, unknown>>

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && !Array.isArray(value)

/** One mention of a table. */
type Mention = {
  readonly name: string
  readonly alias: string
  /** Without the tables that inherit from it. */
  readonly isOnly: boolean
  /** Of a sample of it, which only a table itself has. */
  readonly isSampled: boolean
  /** `*`, columns by their place, or by what two tables have in common: all of them are asked for. */
  isWhole: boolean
}

/** One SELECT, without those inside of it. */
type Scope = { readonly mentions: Mention[]; hasStar: boolean }

type Reading = {
  readonly mentions: Mention[]
  /** Every name by which a column may be asked for. */
  readonly names: Set<string>
  /** What stands before a `*`, or alone where a whole row may be meant. */
  readonly rows: Set<string>
}

const textsOf = (list: unknown): string[] =>
  Array.isArray(list)
    ? list.flatMap((part: unknown) => (isNode(part) && isNode(part.String) && typeof part.String.sval === 'string' ? [part.String.sval] : []))
    : []

const isStar = (part: unknown): boolean => isNode(part) && 'A_Star' in part

const readColumn = ({ names, rows }: Reading, scope: Scope, fields: unknown): void => {
  const parts = textsOf(fields)
  for (const name of parts) names.add(name)
  const last = Array.isArray(fields) ? fields.at(-1) : undefined
  if (isStar(last) && parts.length === 0) scope.hasStar = true
  else if (isStar(last) || parts.length === 1) rows.add(parts.at(-1) ?? '')
}

const readTable = (reading: Reading, scope: Scope, node: Node, isSampled: boolean): void => {
  const name = String(node.relname)
  const alias = isNode(node.alias) ? node.alias : {}
  const mention = {
    name,
    alias: typeof alias.aliasname === 'string' ? alias.aliasname : name,
    isOnly: node.inh !== true,
    isSampled,
    isWhole: textsOf(alias.colnames).length > 0,
  }
  reading.mentions.push(mention)
  scope.mentions.push(mention)
}

type Shadow = ReadonlySet<string>

const ctesOf = (withClause: unknown): readonly Node[] => {
  const list: unknown = isNode(withClause) ? withClause.ctes : undefined
  return Array.isArray(list) ? list.flatMap((each: unknown) => (isNode(each) && isNode(each.CommonTableExpr) ? [each.CommonTableExpr] : [])) : []
}

/** Each CTE sees those before it; where they are recursive, all. */
const readCtes = (reading: Reading, withClause: unknown, outside: Shadow): Shadow => {
  const ctes = ctesOf(withClause)
  const names = ctes.map(({ ctename }) => String(ctename))
  const isRecursive = isNode(withClause) && withClause.recursive === true
  for (const [index, cte] of ctes.entries())
    read(reading, { mentions: [], hasStar: false }, cte.ctequery, new Set([...outside, ...(isRecursive ? names : names.slice(0, index))]))
  return new Set([...outside, ...names])
}

const readSelect = (reading: Reading, node: Node, outside: Shadow): void => {
  const { withClause, ...rest } = node
  const shadow = withClause === undefined ? outside : readCtes(reading, withClause, outside)
  const scope: Scope = { mentions: [], hasStar: false }
  for (const [key, child] of Object.entries(rest)) read(reading, scope, child, shadow, key)
  if (scope.hasStar) for (const mention of scope.mentions) mention.isWhole = true
}

const readNode = (reading: Reading, scope: Scope, node: Node, shadow: Shadow, key: string): void => {
  if ('limitOption' in node) return readSelect(reading, node, shadow)
  if (key === 'ColumnRef') readColumn(reading, scope, node.fields)
  if (key === 'A_Indirection') for (const name of textsOf(node.indirection)) reading.names.add(name)
  if (key === 'JoinExpr') {
    for (const name of textsOf(node.usingClause)) reading.names.add(name)
    if (node.isNatural === true || node.alias !== undefined) scope.hasStar = true
  }
  const sampled: unknown = key === 'RangeTableSample' && isNode(node.relation) ? node.relation.RangeVar : undefined
  if (isNode(sampled)) readTable(reading, scope, sampled, true)
  else if (key === 'RangeVar' && node.schemaname === undefined && !shadow.has(String(node.relname))) readTable(reading, scope, node, false)
  for (const [childKey, child] of Object.entries(node)) if (!(isNode(sampled) && childKey === 'relation')) read(reading, scope, child, shadow, childKey)
}

const read = (reading: Reading, scope: Scope, value: unknown, shadow: Shadow, key = ''): void => {
  if (Array.isArray(value)) for (const element of value) read(reading, scope, element, shadow, key)
  else if (isNode(value)) readNode(reading, scope, value, shadow, key)
}

export type NamedTable = { readonly name: string; readonly isOnly: boolean; readonly asksFor: (column: string) => boolean }

/**
 * Tables by their names alone, in whose place something else may stand: not those of which a sample is taken, nor those that are named both with and without the
 * tables that inherit from them.
 * @param statement its tree
 */
export const namedTables = (statement: unknown): readonly NamedTable[] => {
  const reading: Reading = { mentions: [], names: new Set(), rows: new Set() }
  read(reading, { mentions: [], hasStar: false }, statement, new Set())
  return [...Map.groupBy(reading.mentions, ({ name }) => name)].flatMap(([name, mentions]) => {
    const isOnly = mentions.every((mention) => mention.isOnly)
    if (mentions.some((mention) => mention.isSampled || mention.isOnly !== isOnly)) return []
    const isWhole = mentions.some(({ isWhole: all, alias }) => all || reading.rows.has(alias))
    return [{ name, isOnly, asksFor: (column: string) => isWhole || reading.names.has(column) }]
  })
}
