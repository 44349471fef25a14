import { scanSync } from 'libpg-query'
import { walk, type Statement } from '../sql/statements.ts'

/** The statement's own node, without the wrapper that carries its kind. */
export const nodeOf = (statement: Pick<Statement, 'node'>): Record<string, unknown> => {
  const inner: unknown = Object.values(statement.node)[0]
  return typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>) : {}
}

const readConcurrent = (statement: Statement): boolean => {
  const node = nodeOf(statement)
  if (statement.kind === 'IndexStmt' || statement.kind === 'DropStmt') return node.concurrent === true
  if (statement.kind === 'ReindexStmt') return JSON.stringify(node.params ?? []).includes('"concurrently"')
  if (statement.kind === 'AlterTableStmt') return JSON.stringify(node).includes('"concurrent":true')
  return false
}

const concurrent = new WeakMap<Statement, boolean>()

/** Statements that say CONCURRENTLY: they cannot run in a transaction. Known of each once: a tenant more asks the same of all. */
export const isConcurrent = (statement: Statement): boolean => {
  const known = concurrent.get(statement)
  if (known !== undefined) return known
  const is = readConcurrent(statement)
  concurrent.set(statement, is)
  return is
}

export type IndexName = { readonly name: string; readonly table: string }

/** The index that a CREATE INDEX makes; null for other statements and for an index whose name PostgreSQL chooses. */
export const indexOf = (statement: Statement): IndexName | null => {
  if (statement.kind !== 'IndexStmt') return null
  const node = nodeOf(statement)
  const table = (node.relation as { relname?: string } | undefined)?.relname
  return typeof node.idxname === 'string' && table ? { name: node.idxname, table } : null
}

/** The indexes that a DROP INDEX names; none for other statements. */
export const droppedIndexes = (statement: Statement): readonly string[] => {
  const node = nodeOf(statement)
  if (statement.kind !== 'DropStmt' || node.removeType !== 'OBJECT_INDEX') return []
  const objects = (node.objects as Array<{ List?: { items?: Array<{ String?: { sval?: string } }> } }> | undefined) ?? []
  return objects.flatMap(({ List: list }) => {
    const name = list?.items?.at(-1)?.String?.sval
    return name === undefined ? [] : [name]
  })
}

/**
 * The statement as it can run inside the transaction that builds a new tenant, where every table is empty and nobody else looks:
 * without CONCURRENTLY. null: nothing to do there (REINDEX of what was just built).
 */
export const insideTransaction = (statement: Statement): string | null => {
  if (!isConcurrent(statement)) return statement.text
  if (statement.kind === 'ReindexStmt') return null
  const token = scanSync(statement.text).tokens.find(({ text }) => text.toLowerCase() === 'concurrently')
  if (!token) return statement.text
  const bytes = Buffer.from(statement.text, 'utf8')
  return Buffer.concat([bytes.subarray(0, token.start), bytes.subarray(token.end)]).toString('utf8')
}

/** They touch the catalog alone: no trigger fires, and no function is called that is not written there. */
const catalogKinds: ReadonlySet<string> = new Set([
  'AlterDomainStmt',
  'AlterEnumStmt',
  'AlterOwnerStmt',
  'AlterPolicyStmt',
  'AlterSeqStmt',
  'AlterTableStmt',
  'CommentStmt',
  'CompositeTypeStmt',
  'CreateDomainStmt',
  'CreateEnumStmt',
  'CreateFunctionStmt',
  'CreatePolicyStmt',
  'CreateSeqStmt',
  'CreateStmt',
  'CreateTrigStmt',
  'DropStmt',
  'GrantStmt',
  'IndexStmt',
  'RenameStmt',
  'ViewStmt',
])

const leaving = new WeakMap<Statement, boolean>()

/** Whether a statement may leave something in the session that ran it, itself or by what it calls: temporary tables, locks, settings, prepared statements. */
export const mayLeaveState = (statement: Statement): boolean => {
  const known = leaving.get(statement)
  if (known !== undefined) return known
  let may = !catalogKinds.has(statement.kind)
  walk(statement.node, (key, value) => {
    may ||= key === 'FuncCall' || value.relpersistence === 't' || value.schemaname === 'pg_temp' || value.sval === 'pg_temp'
  })
  leaving.set(statement, may)
  return may
}

const setting = new WeakMap<Statement, boolean>()

/** Whether a statement may change a setting of the session as far as it shows: what a function or a trigger sets inside of itself does not. */
export const maySet = (statement: Statement): boolean => {
  const known = setting.get(statement)
  if (known !== undefined) return known
  let may = statement.kind === 'VariableSetStmt' || statement.kind === 'DoStmt' || statement.kind === 'CallStmt'
  walk(statement.node, (key, value) => {
    may ||= key === 'FuncCall' && JSON.stringify(value.funcname).includes('"set_config"')
  })
  setting.set(statement, may)
  return may
}
