import { codeOf, sqlstate } from '../sql/sqlstate.ts'

/** What the server said to a look, over a connection that stands: its text and code, with what it means for the look. */
export const sqlProblem = (error: unknown): string => {
  const code = codeOf(error)
  if (code === sqlstate.queryCanceled) return `The server was reached, but reading took longer than the look may, or was cancelled (${code}).`
  return `The server was reached, but refused to be read: ${error instanceof Error ? error.message : String(error)} (${code}).`
}
