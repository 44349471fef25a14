/** Places in a report's text: where problems stand, as an editor counts, and what a refusal says of them. */
import { fieldProblems } from '@/lib/client/field-problems'
import { describeReadError, RefusedError } from '@/lib/client/fetch-json'
import type { ErrorDocument, ReportProblem } from '@/lib/tenancy/contract'

export type Span = { readonly from: number; readonly to: number }

const wordAt = /^[\p{L}\p{N}_$]+|^:[\p{L}_][\p{L}\p{N}_]*|^\S/u

/** Offset of a 1-based line and column, which count characters where a string counts halves of some. */
export const offsetOf = (text: string, line: number, column: number): number => {
  const lines = text.split('\n')
  const index = Math.min(Math.max(1, line), lines.length) - 1
  const before = lines.slice(0, index).reduce((sum, one) => sum + one.length + 1, 0)
  const characters = Array.from(lines[index] ?? '')
  return before + characters.slice(0, Math.max(0, column - 1)).join('').length
}

/** What to underline for a problem: the word that stands there; at the end of a line the character before it. */
export const spanOf = (text: string, { line, column }: Pick<ReportProblem, 'line' | 'column'>): Span => {
  const from = offsetOf(text, line, column)
  const word = wordAt.exec(text.slice(from))?.[0]
  if (word !== undefined) return { from, to: from + word.length }
  return from > 0 && text[from - 1] !== '\n' ? { from: from - 1, to: from } : { from, to: from }
}

const isProblem = (value: unknown): value is ReportProblem =>
  typeof value === 'object' &&
  value !== null &&
  'line' in value &&
  'column' in value &&
  'message' in value &&
  typeof value.line === 'number' &&
  typeof value.column === 'number' &&
  typeof value.message === 'string'

/** Where a line says what PostgreSQL names in quotes; at its first word where it does not. */
const columnIn = (text: string, line: number, message: string): number => {
  const written = text.split('\n')[line - 1] ?? ''
  const name = /["“]([^"”]+)["”]/.exec(message)?.[1]
  const at = name === undefined ? -1 : written.indexOf(name)
  return Array.from(written.slice(0, at === -1 ? written.search(/\S|$/) : at)).length + 1
}

/** What a refusal of a report says about places in its text; empty where it names none. */
export const problemsIn = (error: ErrorDocument | null, text: string): readonly ReportProblem[] => {
  if (error === null) return []
  const { problems, problem, line, column, slug } = error.details
  if (error.code === 'report.refused' && Array.isArray(problems)) return problems.filter(isProblem)
  if ((error.code !== 'report.probe' && error.code !== 'report.combine') || typeof line !== 'number') return []
  // The place stands in front of it already.
  const said = (typeof problem === 'string' ? problem : error.message).replace(/^line \d+(, column \d+)?: /, '')
  const message = typeof slug === 'string' ? `${slug} was asked first: ${said}` : said
  return [{ code: error.code, line, column: typeof column === 'number' ? column : columnIn(text, line, said), message }]
}

/** What it says about one parameter. */
export const paramProblemIn = (error: ErrorDocument | null): { readonly name: string; readonly sentence: string } | null => {
  if (error?.code !== 'report.params' || typeof error.details.name !== 'string') return null
  const { name, problem } = error.details
  return { name, sentence: [typeof problem === 'string' ? `It ${problem}` : error.message, error.hint ?? ''].filter((part) => part !== '').join(' ') }
}

/** Why a text was not looked at: what is wrong with it as a whole, or with the way there. */
export const describeFailedCheck = (error: Error): string => {
  const ofText = error instanceof RefusedError ? (fieldProblems(error.document).find(({ field }) => field === 'sql')?.sentence ?? null) : null
  if (ofText !== null) return `The text cannot be asked: ${ofText.charAt(0).toLowerCase()}${ofText.slice(1)}`
  const { title, hint } = describeReadError(error)
  return ['The text was not looked at.', title, hint ?? ''].join(' ').trim()
}

/** A report's first words, for where it has no name. */
export const firstLine = (sql: string): string => {
  const words = sql
    .replaceAll(/--[^\n]*/g, ' ')
    .replaceAll(/\/\*[\s\S]*?\*\//g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim()
  return words.length > 140 ? `${words.slice(0, 139)}…` : words
}
