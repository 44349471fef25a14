/** Reads a report's text: its parameters, what is wrong with it, and what of it is sent to each tenant. */
import type { ReportCheck, ReportProblem } from '../../contract/reports.ts'
import { TenancyError } from '../../errors.ts'
import { quoteLiteral } from '../../sql/ident.ts'
import { parseStatements, placeOf, scanTokens, SqlSyntaxError, type Statement, type Token } from '../../sql/statements.ts'
import { judgeValue } from './param-types.ts'
import { idleFault, mostProblems, placeParams } from './params.ts'
import { judgeStatements, nestedMessage, type CalledFunction } from './rules.ts'

export type CheckedReport = ReportCheck & {
  /** With `$1` in the places of parameters; empty where it could not be read. */
  readonly select: string
  /** Offset in bytes of the SELECT in the text. */
  readonly offset: number
  readonly source: Buffer
  /** Functions that may be the tenant's own. */
  readonly called: readonly CalledFunction[]
}

const byPlace = (one: ReportProblem, other: ReportProblem): number => one.line - other.line || one.column - other.column

const syntaxProblem = (error: unknown): ReportProblem => {
  if (!(error instanceof SqlSyntaxError)) throw error
  // The parser's own bounds.
  if (/call stack|stack depth|memory exhausted/.test(error.message)) return { code: 'nested', line: error.line, column: error.column, message: nestedMessage }
  return { code: 'syntax', line: error.line, column: error.column, message: `PostgreSQL cannot read it: ${error.message}.` }
}

/** @param tables the only ones that may be named; absent: all that have no schema's name */
export const checkReport = async (text: string, tables?: ReadonlySet<string>): Promise<CheckedReport> => {
  const source = Buffer.from(text, 'utf8')
  const unread = { params: [], select: '', offset: 0, source, called: [] }
  let tokens: readonly Token[]
  try {
    tokens = await scanTokens(text)
  } catch {
    // A string or a comment without an end; the parser says where it begins.
    const problem = await parseStatements(text).then(() => null, syntaxProblem)
    return { ...unread, problems: problem === null ? [] : [problem] }
  }
  const placed = placeParams(source, tokens)
  let statements: readonly Statement[]
  try {
    statements = await parseStatements(placed.text.toString('utf8'))
  } catch (error) {
    return { ...unread, params: placed.params, problems: [...placed.problems, syntaxProblem(error)].toSorted(byPlace) }
  }
  const { faults, called } = judgeStatements(statements, tokens, tables)
  const problems = [...placed.problems, ...faults.slice(0, mostProblems).map(({ offset, ...fault }) => ({ ...fault, ...placeOf(source, offset) }))]
  return {
    params: placed.params,
    problems: problems.toSorted(byPlace),
    select: statements[0]?.text ?? '',
    offset: statements[0]?.offset ?? 0,
    source,
    called,
  }
}

/** What a default is worth is judged with the values. @throws report.refused when anything else is wrong with it */
export const requireGood = ({ problems: all }: Pick<ReportCheck, 'problems'>): void => {
  const problems = all.filter(({ code }) => code !== idleFault)
  const [first] = problems
  if (first)
    throw new TenancyError('report.refused', { count: problems.length, problem: `Line ${first.line}, column ${first.column}: ${first.message}`, problems })
}

const isTooLarge = (type: string, value: string): boolean => /^(big)?int(eger|4|8)?$/.test(type) && /^[+-]?\d+$/.test(value)

/** What is given belongs to the report and is what it is declared to be. @throws report.params */
export const requireValues = ({ params }: Pick<ReportCheck, 'params'>, given: Readonly<Record<string, string>>): void => {
  const declared = params.length === 0 ? 'The report declares none.' : `It declares ${params.map(({ name }) => name).join(', ')}.`
  for (const [name, value] of Object.entries(given)) {
    const param = params.find((one) => one.name === name)
    if (!param) throw new TenancyError('report.params', { name, problem: 'is not one of the report’s.', remedy: declared })
    const { instead } = judgeValue(param.type, value)
    if (instead !== null)
      throw new TenancyError('report.params', {
        name,
        value,
        problem: `is “${value.slice(0, 100)}”, which is ${isTooLarge(param.type, value) ? 'out of the range of' : 'no'} ${param.type}.`,
        remedy: `It takes ${instead}.`,
      })
  }
}

/** A value for each parameter. @throws report.params */
export const valuesOf = ({ params }: ReportCheck, given: Readonly<Record<string, string>>): Readonly<Record<string, string>> => {
  requireValues({ params }, given)
  const values = Object.fromEntries(
    params.map(({ name, type, default: usual }) => {
      const value = given[name] ?? usual
      if (value === null)
        throw new TenancyError('report.params', { name, problem: `has no value; it is to be ${type}.`, remedy: `Give it one: --param ${name}=…` })
      return [name, value]
    }),
  )
  requireValues({ params }, values)
  return values
}

const isParam = ({ name }: Token): boolean => name === 'PARAM'

/** A part of what is sent. `at`: the byte of the SELECT as it is written at which it begins, or at which a parameter stands for it. */
export type BoundPiece = { readonly text: string; readonly at: number; readonly isValue: boolean }

/** @param sent bytes into what is sent @returns the byte of the SELECT as it is written that stands there */
export const writtenAt = (pieces: readonly BoundPiece[], sent: number): number => {
  let begins = 0
  for (const [index, { text, at, isValue }] of pieces.entries()) {
    const ends = begins + Buffer.byteLength(text)
    if (sent < ends || index === pieces.length - 1) return isValue ? at : at + sent - begins
    begins = ends
  }
  return sent
}

/** The SELECT as it is sent, with typed literals in the places of parameters: in pieces, one after the other. */
export const bindValues = async ({ params, select }: CheckedReport, values: Readonly<Record<string, string>>): Promise<readonly BoundPiece[]> => {
  const bytes = Buffer.from(select, 'utf8')
  const pieces: BoundPiece[] = []
  let end = 0
  for (const token of (await scanTokens(select)).filter(isParam)) {
    const param = params[Number(token.text.slice(1)) - 1]
    if (!param) throw new Error(`${token.text} is none of the report's parameters`)
    const literal = quoteLiteral(values[param.name] ?? '').trim()
    pieces.push({ text: bytes.subarray(end, token.start).toString('utf8'), at: end, isValue: false })
    pieces.push({ text: `CAST(${literal} AS pg_catalog.${judgeValue(param.type, '').sql})`, at: token.start, isValue: true })
    end = token.end
  }
  return [...pieces, { text: bytes.subarray(end).toString('utf8'), at: end, isValue: false }]
}
