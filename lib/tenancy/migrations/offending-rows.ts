import { quoteIdent, quoteQualified } from '../sql/ident.ts'
import type { Statement } from '../sql/statements.ts'

/**
 * A SELECT that shows the rows which made `ALTER TABLE … ADD CONSTRAINT`, `SET NOT NULL` or `CREATE UNIQUE INDEX` fail; null where none can be derived.
 * It is text for a person to run, so it names the schema.
 */
export const offendingRowsQuery = (code: string, schema: string, constraint: string | null, statement: Statement): string | null => {
  const node = Object.values(statement.node)[0] as Record<string, unknown>
  const table = (node.relation as { relname?: string } | undefined)?.relname
  if (!table) return null
  const from = quoteQualified(schema, table)
  if (statement.kind === 'IndexStmt' && code === '23505') return duplicates(from, (node.indexParams as NamedNode[] | undefined) ?? [])
  if (statement.kind !== 'AlterTableStmt') return null
  for (const { AlterTableCmd: command } of (node.cmds as Array<{ AlterTableCmd?: AlterCommand }> | undefined) ?? []) {
    if (!command) continue
    if (code === '23502' && command.subtype === 'AT_SetNotNull' && command.name)
      return `SELECT * FROM ${from} WHERE ${quoteIdent(command.name)} IS NULL LIMIT 50`
    const added = command.def?.Constraint
    if (!added || (constraint !== null && added.conname !== undefined && added.conname !== constraint)) continue
    const query = forConstraint(code, from, schema, added, statement.text)
    if (query) return query
  }
  return null
}

type NamedNode = { IndexElem?: { name?: string } }
type Constraint = {
  conname?: string
  contype?: string
  location?: number
  keys?: Array<{ String?: { sval?: string } }>
  fk_attrs?: Array<{ String?: { sval?: string } }>
  pk_attrs?: Array<{ String?: { sval?: string } }>
  pktable?: { relname?: string; schemaname?: string }
}
type AlterCommand = { subtype?: string; name?: string; def?: { Constraint?: Constraint } }

const names = (list: Array<{ String?: { sval?: string } }> | undefined): string[] => (list ?? []).flatMap(({ String: text }) => (text?.sval ? [text.sval] : []))

const forConstraint = (code: string, from: string, schema: string, added: Constraint, text: string): string | null => {
  if (code === '23514' && added.contype === 'CONSTR_CHECK') {
    const condition = checkCondition(text, added.conname)
    return condition === null ? null : `SELECT * FROM ${from} WHERE NOT (${condition}) LIMIT 50`
  }
  if (code === '23503' && added.contype === 'CONSTR_FOREIGN') {
    const own = names(added.fk_attrs)
    const theirs = names(added.pk_attrs)
    const parent = added.pktable?.relname
    if (!parent || own.length === 0 || own.length !== theirs.length) return null
    const match = own.map((column, index) => `p.${quoteIdent(theirs[index] ?? column)} = c.${quoteIdent(column)}`).join(' AND ')
    const set = own.map((column) => `c.${quoteIdent(column)} IS NOT NULL`).join(' AND ')
    return `SELECT c.* FROM ${from} c WHERE ${set} AND NOT EXISTS (SELECT FROM ${quoteQualified(added.pktable?.schemaname ?? schema, parent)} p WHERE ${match}) LIMIT 50`
  }
  if (code === '23505') return duplicatesOf(from, names(added.keys))
  return null
}

const duplicates = (from: string, elements: readonly NamedNode[]): string | null => {
  const columns = elements.flatMap(({ IndexElem: element }) => (element?.name ? [element.name] : []))
  return columns.length === elements.length ? duplicatesOf(from, columns) : null
}

const duplicatesOf = (from: string, columns: readonly string[]): string | null => {
  if (columns.length === 0) return null
  const list = columns.map(quoteIdent).join(', ')
  return `SELECT ${list}, count(*) FROM ${from} GROUP BY ${list} HAVING count(*) > 1 LIMIT 50`
}

/** The text between the parentheses of the CHECK, by counting them: the tree has no way back to text. */
const checkCondition = (text: string, name: string | undefined): string | null => {
  const start = name === undefined ? 0 : Math.max(0, text.indexOf(name))
  const match = /\bcheck\s*\(/i.exec(text.slice(start))
  if (!match) return null
  const from = start + match.index + match[0].length
  let depth = 1
  let quote: string | null = null
  for (let index = from; index < text.length; index += 1) {
    const character = text[index]
    if (quote) {
      if (character === quote) quote = null
    } else if (character === "'" || character === '"') quote = character
    else if (character === '(') depth += 1
    else if (character === ')') depth -= 1
    if (depth === 0) return text.slice(from, index).trim()
  }
  return null
}
