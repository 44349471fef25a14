/** Names in a parse tree that carry another schema than the tenant's. */
import type { Statement } from '../sql/statements.ts'
import { nodeOf } from './statement-kinds.ts'

type Node = Statement['node']

const allowedSchemas: ReadonlySet<string> = new Set(['pg_catalog', 'information_schema', 'pg_temp'])

export type ForeignName = { readonly schema: string; readonly reads: boolean; readonly isTable: boolean; readonly offset: number | undefined }

/** Under these a name is looked up, not changed. */
const readingNodes: ReadonlySet<string> = new Set([
  'SelectStmt',
  'fromClause',
  'usingClause',
  'pktable',
  'FuncCall',
  'TypeName',
  'typeName',
  'ColumnRef',
  'inhRelations',
  'TableLikeClause',
])
const changingTypes: ReadonlySet<string> = new Set(['AlterEnumStmt', 'CreateEnumStmt', 'CompositeTypeStmt', 'AlterDomainStmt'])
const nameLists: ReadonlySet<string> = new Set(['funcname', 'names', 'defnames', 'typeName', 'domainname', 'objname'])
/** Named by their table first, so a schema stands before two other names. */
const partsOfTables: ReadonlySet<string> = new Set([
  'OBJECT_COLUMN',
  'OBJECT_TRIGGER',
  'OBJECT_POLICY',
  'OBJECT_RULE',
  'OBJECT_TABCONSTRAINT',
  'OBJECT_ATTRIBUTE',
])

/** Every name in a tree that carries another schema than the tenant's. */
export const foreignNames = (node: Node): ForeignName[] => {
  const found: ForeignName[] = []
  const root = nodeOf({ node })
  const add = (schema: string, reads: boolean, value: Record<string, unknown>, isTable = false) => {
    if (!allowedSchemas.has(schema)) found.push({ schema, reads, isTable, offset: typeof value.location === 'number' ? value.location : undefined })
  }
  const visit = (value: unknown, reads: boolean, parent: string): void => {
    if (Array.isArray(value)) {
      for (const element of value) visit(element, reads, parent)
      return
    }
    if (typeof value !== 'object' || value === null) return
    const record = value as Record<string, unknown>
    if (typeof record.schemaname === 'string' && record.schemaname !== '') add(record.schemaname, reads, record, true)
    for (const [key, child] of Object.entries(record)) {
      if (nameLists.has(key)) {
        const schema = firstOfQualified(child)
        if (schema !== null) add(schema, reads || key === 'names', record)
      }
      if (key === 'items' && (root.removeType !== undefined || root.objtype !== undefined)) {
        const length = partsOfTables.has(String(root.removeType ?? root.objtype)) ? 3 : 2
        const schema = firstOfQualified(child, length)
        if (schema !== null) add(schema, false, record)
      }
      if (key === 'fields' && Array.isArray(child) && child.length > 2) add(firstOfQualified(child) ?? '', true, record)
      visit(child, reads || (readingNodes.has(key) && !changingTypes.has(parent)), key)
    }
  }
  visit(node, false, '')
  return found.filter(({ schema }) => schema !== '')
}

/** Functions, types and dropped objects are named by lists of strings: schema and name where there are two. */
const firstOfQualified = (list: unknown, length = 2): string | null => {
  if (!Array.isArray(list) || list.length < length) return null
  const strings = list.map((part: unknown) =>
    typeof part === 'object' && part !== null && 'String' in part ? ((part.String as { sval?: string }).sval ?? null) : null,
  )
  return strings.every((part) => part !== null) ? (strings[0] ?? null) : null
}
