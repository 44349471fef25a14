/** What a report's statement may not be or name, each with its place and a sentence of its own. */
import { walk, type Statement, type Token } from '../../sql/statements.ts'
import { isForeignFunction, isListedFunction, isReadableCatalog } from './functions.ts'

export type Fault = { readonly code: string; readonly offset: number; readonly message: string }
/** A function that is not listed: it may be the tenant's own. */
export type CalledFunction = { readonly name: string; readonly offset: number }
export type Judged = { readonly faults: readonly Fault[]; readonly called: readonly CalledFunction[] }

type Node = Readonly<Record<string, unknown>>

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && !Array.isArray(value)

/** The first place that is told anywhere below; no more is looked at than that takes. */
const locationIn = (value: unknown): number | null => {
  if (!Array.isArray(value) && !isNode(value)) return null
  if (isNode(value) && typeof value.location === 'number' && value.location >= 0) return value.location
  for (const child of Object.values(value)) {
    const found = locationIn(child)
    if (found !== null) return found
  }
  return null
}

/** Far more than anybody writes, and what every walk below bears. */
const deepest = 2_000

/** Level by level: what is too deep to be walked is never walked. */
const isTooDeep = (root: unknown): boolean => {
  let level: readonly unknown[] = [root]
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > deepest) return true
    level = level.flatMap((value) => (Array.isArray(value) || isNode(value) ? Object.values(value) : []))
  }
  return false
}

/** `pg_catalog.lower` as its parts. */
const nameParts = (list: unknown): string[] =>
  Array.isArray(list)
    ? list.flatMap((part: unknown) => {
        if (!isNode(part) || !isNode(part.String)) return []
        return [typeof part.String.sval === 'string' ? part.String.sval : '']
      })
    : []

const verbs: Readonly<Record<string, string>> = {
  InsertStmt: 'INSERT',
  UpdateStmt: 'UPDATE',
  DeleteStmt: 'DELETE',
  MergeStmt: 'MERGE',
}

/** "SET", "COPY": as it is typed. */
const typedWord = ({ text }: Statement): string => (/^[a-z]+/i.exec(text)?.[0] ?? text.slice(0, 20)).toUpperCase()

const lockingWords = new Set(['update', 'share', 'no', 'key'])
const lockingOffset = (tokens: readonly Token[]): number =>
  tokens.find(({ text }, index) => text.toLowerCase() === 'for' && lockingWords.has(tokens[index + 1]?.text.toLowerCase() ?? ''))?.start ?? 0

/** Where tables stand that all tenants share: whose role has not been granted one is refused by the server. */
const sharedSchema = 'public'

const tableFault = (node: Node, tables: ReadonlySet<string> | null): Omit<Fault, 'offset'> | null => {
  const name = String(node.relname)
  const schema = typeof node.schemaname === 'string' ? node.schemaname : null
  if (typeof node.catalogname === 'string')
    return {
      code: 'table',
      message: `${node.catalogname}.${schema ?? ''}.${name} names a database; a report reads the tenant’s own tables, by their names alone.`,
    }
  if (tables !== null && (schema !== null || !tables.has(name)))
    return { code: 'table', message: `${schema === null ? '' : `${schema}.`}${name} is not there; rows are combined from results and tenants.` }
  if (schema !== null && schema !== 'pg_catalog' && schema !== sharedSchema)
    return {
      code: 'table',
      message: `${schema}.${name} names a schema; write ${name} alone, and each tenant answers from its own. Only what all share may be named by its schema: ${sharedSchema}.${name}.`,
    }
  if (name.startsWith('pg_') || schema === 'pg_catalog')
    return isReadableCatalog(name) ? null : { code: 'catalog', message: `${name} is a catalog that reports may not read.` }
  return name === 'tenantry_history' ? { code: 'table', message: 'tenantry_history is Tenantry’s own; the table of tenants tells versions.' } : null
}

const functionFault = (parts: readonly string[]): string | null => {
  const name = parts.at(-1) ?? ''
  if (parts.length > 2 || (parts.length === 2 && parts[0] !== 'pg_catalog'))
    return `${parts.join('.')}() names a schema; only functions of PostgreSQL and the tenant’s own may be called, without one.`
  const isRefused = parts.length === 2 ? !isListedFunction(name) : isForeignFunction(name)
  return isRefused ? `${name}() may not be called in a report: it does more than compute from what it is given.` : null
}

const cteNames = (node: unknown): string[] => {
  const names: string[] = []
  walk(node, (_, { ctename }) => typeof ctename === 'string' && names.push(ctename))
  return names
}

export const nestedMessage = 'It is nested too deeply; write fewer terms in one expression, or put parts of it into WITH.'

const bodyFaults = (node: unknown, tokens: readonly Token[], tables: ReadonlySet<string> | null): Judged => {
  const faults: Fault[] = []
  const called: CalledFunction[] = []
  walk(node, (key, value) => {
    const add = (fault: Omit<Fault, 'offset'>): void => void faults.push({ ...fault, offset: locationIn(value) ?? 0 })
    const verb = verbs[key]
    if (verb !== undefined) add({ code: 'writes', message: `${verb} changes rows; a report only reads.` })
    if (key === 'intoClause') add({ code: 'into', message: 'SELECT INTO makes a table; a report only reads.' })
    if (key === 'LockingClause')
      faults.push({ code: 'locking', offset: lockingOffset(tokens), message: 'FOR UPDATE, FOR SHARE and the like lock rows; a report is in nobody’s way.' })
    if (typeof value.relname === 'string' && typeof value.relpersistence === 'string' && key !== 'rel') {
      const fault = tableFault(value, tables)
      if (fault) add(fault)
    }
    if (key === 'FuncCall') {
      const parts = nameParts(value.funcname)
      const place = typeof value.location === 'number' ? value.location : (locationIn(value) ?? 0)
      const message = functionFault(parts)
      if (message !== null) faults.push({ code: 'function', offset: place, message })
      else if (parts.length === 1 && !isListedFunction(parts[0] ?? '')) called.push({ name: parts[0] ?? '', offset: place })
    }
    if (key === 'A_Expr') {
      const parts = nameParts(value.name)
      if (parts.length > 1 && parts[0] !== 'pg_catalog') add({ code: 'operator', message: `The operator ${parts.join('.')} names a schema; write it without.` })
    }
    if (key === 'typeName' || key === 'TypeName') {
      const parts = nameParts(value.names)
      if (parts.length > 1 && parts[0] !== 'pg_catalog')
        add({ code: 'type', message: `The type ${parts.join('.')} names a schema; write ${parts.at(-1)} alone.` })
    }
  })
  return { faults, called }
}

export const judgeStatements = (statements: readonly Statement[], tokens: readonly Token[], tables?: ReadonlySet<string>): Judged => {
  const [first, second] = statements
  if (!first) return { faults: [{ code: 'empty', offset: 0, message: 'There is no SELECT in it.' }], called: [] }
  if (second) return { faults: [{ code: 'several', offset: second.offset, message: `${statements.length} statements; a report is one SELECT.` }], called: [] }
  if (first.kind !== 'SelectStmt')
    return { faults: [{ code: 'statement', offset: first.offset, message: `${typedWord(first)} is no SELECT; a report is one SELECT.` }], called: [] }
  if (isTooDeep(first.node)) return { faults: [{ code: 'nested', offset: first.offset, message: nestedMessage }], called: [] }
  return bodyFaults(first.node, tokens, tables === undefined ? null : new Set([...tables, ...cteNames(first.node)]))
}
