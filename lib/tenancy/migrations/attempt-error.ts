import type { AttemptError } from '../contract/views.ts'
import { codeOf } from '../sql/sqlstate.ts'
import type { Statement } from '../sql/statements.ts'
import { offendingRowsQuery } from './offending-rows.ts'

/** Where in a set an error happened. */
export type ErrorPlace = { readonly version: string | null; readonly file: string | null; readonly statement: Statement | null }

const nowhere: ErrorPlace = { version: null, file: null, statement: null }

const field = (error: unknown, name: string): string | null => {
  if (typeof error !== 'object' || error === null) return null
  const value: unknown = Reflect.get(error, name)
  return typeof value === 'string' && value !== '' ? value : null
}

/** The statement's own line, or the line inside it that PostgreSQL's error position points to. */
const lineOf = (statement: Statement, error: unknown): number => {
  const position = Number(field(error, 'position') ?? Number.NaN)
  if (!Number.isFinite(position)) return statement.line
  return (
    statement.line +
    [...statement.text]
      .slice(0, position - 1)
      .join('')
      .split('\n').length -
    1
  )
}

/** Keeps all that PostgreSQL said, with the statement, its file and line. */
export const attemptError = (error: unknown, place: ErrorPlace = nowhere, schema: string | null = null): AttemptError => {
  const base = {
    code: codeOf(error),
    message: error instanceof Error ? error.message : String(error),
    detail: field(error, 'detail'),
    hint: field(error, 'hint'),
    schema: field(error, 'schema_name') ?? schema,
    table: field(error, 'table_name'),
    constraint: field(error, 'constraint_name'),
  }
  return {
    ...base,
    version: place.version,
    file: place.file,
    line: place.statement ? lineOf(place.statement, error) : null,
    statement: place.statement?.text ?? null,
    statementLine: place.statement?.line ?? null,
    offendingRowsQuery: place.statement && base.schema ? offendingRowsQuery(base.code, base.schema, base.constraint, place.statement) : null,
  }
}

/** An outcome that PostgreSQL has no SQLSTATE for. */
export const ownError = (code: string, message: string, place: ErrorPlace = nowhere, hint: string | null = null): AttemptError => ({
  code,
  message,
  detail: null,
  hint,
  schema: null,
  table: null,
  constraint: null,
  version: place.version,
  file: place.file,
  line: place.statement?.line ?? null,
  statement: place.statement?.text ?? null,
  statementLine: place.statement?.line ?? null,
  offendingRowsQuery: null,
})
