/** One tenant's answer where the author lets NULL stand for what its structure lacks: as written first, and once more with what is lacking put in. */
import type { ReportLack } from '../../contract/reports.ts'
import type { FillTable } from '../../control/report-tables.ts'
import type { FleetConnection } from '../../session/fleet-connection.ts'
import { codeOf, sqlstate, sqlstateClass } from '../../sql/sqlstate.ts'
import { reportBounds, type Cage } from '../cage.ts'
import { checkReport } from '../check/check-report.ts'
import { readTenant, type Question, type Sink, type TenantAnswer } from '../read-tenant.ts'
import { fillText, type Filled } from './filled-text.ts'
import { readOwnStructure } from './own-structure.ts'

/** `fill` null: a tenant that lacks something is named. */
export type MixedQuestion = Question & { readonly fill: readonly FillTable[] | null }

export type MixedAnswer = TenantAnswer & {
  /** What NULL stood for. */
  readonly filled?: readonly ReportLack[]
  /** What it said with NULL in their place; the answer is what it said to the text as it was written. */
  readonly stillRefused?: { readonly filled: readonly ReportLack[]; readonly error: unknown }
}

/** Names that are not found, too few columns in a UNION, in a list of aliases: all of a sort that what is lacking may be behind. */
export const mayLack = (error: unknown): boolean => sqlstateClass(codeOf(error)) === '42' && codeOf(error) !== sqlstate.insufficientPrivilege

const goodTexts = new WeakMap<readonly FillTable[], Map<string, boolean>>()
const mostRemembered = 50

/** What the check refuses is not sent. Tenants that look alike are asked the same, so that few texts are checked. */
const isGood = async (fill: readonly FillTable[], statement: string): Promise<boolean> => {
  const known = goodTexts.get(fill) ?? new Map<string, boolean>()
  goodTexts.set(fill, known)
  const found = known.get(statement)
  if (found !== undefined) return found
  const isSo = (await checkReport(statement)).problems.length === 0
  if (known.size >= mostRemembered) known.clear()
  known.set(statement, isSo)
  return isSo
}

/** @returns null where it lacks nothing that is asked for, or does not tell */
export const fillFor = async (connection: FleetConnection, cage: Cage, statement: string, fill: readonly FillTable[], ms?: number): Promise<Filled | null> => {
  if (fill.length === 0) return null
  const own = await readOwnStructure(connection, cage, fill, ms)
  const filled = own && fillText(statement, fill, own)
  return filled !== null && (await isGood(fill, filled.statement)) ? filled : null
}

type Options = NonNullable<Parameters<typeof readTenant>[5]>

/** Its structure may change while it is asked. */
const mostRounds = 2
const come: ReadonlySet<string> = new Set([sqlstate.ambiguousColumn, sqlstate.duplicateTable])

const settled = (first: TenantAnswer, second: TenantAnswer, filled: readonly ReportLack[]): MixedAnswer => {
  if (second.kind === 'answered') return { ...second, filled }
  if (second.kind === 'refused' && mayLack(second.error)) return { ...first, stillRefused: { filled, error: second.error } }
  return second
}

const isLacking = (answer: TenantAnswer): boolean => answer.kind === 'other_columns' || (answer.kind === 'refused' && mayLack(answer.error))

/** Who answers at first costs nothing more. What was handed on cannot be taken back here: who refuses after that is not asked again. */
export const readMixed = async (
  connection: FleetConnection,
  cage: Cage,
  serverVersion: number,
  question: MixedQuestion,
  sink: Sink,
  options: Options = {},
): Promise<MixedAnswer> => {
  const until = Date.now() + (options.tenantMs ?? reportBounds.tenantMs)
  const { statement, fill } = question
  let isHandedOn = false
  const handOn: Sink = (rows) => {
    isHandedOn ||= rows.length > 0
    return sink(rows)
  }
  const ask = (as: Partial<Question> = {}): Promise<TenantAnswer> =>
    readTenant(connection, cage, serverVersion, { ...question, ...as }, handOn, { ...options, tenantMs: until - Date.now() })
  for (let round = 1; ; round += 1) {
    const first = await ask()
    if (fill === null || !isLacking(first) || isHandedOn) return first
    if (Date.now() >= until) return { kind: 'too_slow' }
    const filled = await fillFor(connection, cage, statement, fill, until - Date.now())
    if (options.calledOff?.aborted) return { kind: 'called_off' }
    if (Date.now() >= until) return { kind: 'too_slow' }
    if (filled === null) return first
    const absent = filled.lacks.flatMap(({ table, columns }) => (columns === null ? [table] : []))
    const second = await ask({ statement: filled.statement, absent, asKept: true })
    const hasCome = second.kind === 'refused' && come.has(codeOf(second.error))
    if (!hasCome || isHandedOn || round === mostRounds) return settled(first, second, filled.lacks)
    if (Date.now() >= until) return { kind: 'too_slow' }
  }
}
