/** Asks one tenant what columns a report has, before all are asked: in the same cage, and without its rows. */
import type { ReportProblem } from '../contract/reports.ts'
import { budgetPrefix, readInstallation } from '../control/installation.ts'
import type { CollectedColumn, FillTable } from '../control/report-tables.ts'
import type { Library } from '../context.ts'
import { isTenancyError, TenancyError } from '../errors.ts'
import { openUrl } from '../registry/databases.ts'
import { firstAtServer, ServerBusy } from '../registry/server-gate.ts'
import { connectFleet, type FleetConnection, type FlightOutcome, type RawColumn } from '../session/fleet-connection.ts'
import { readPlaceFacts } from '../session/place-facts.ts'
import { quoteLiteral } from '../sql/ident.ts'
import { classify, codeOf, sqlstate, sqlstateClass } from '../sql/sqlstate.ts'
import { placeOf } from '../sql/statements.ts'
import { closeCage, declareCursor, fetchRows, openCage, settleSession, type Cage } from './cage.ts'
import { requireGood, writtenAt, type BoundPiece, type CheckedReport } from './check/check-report.ts'
import { collectedColumn, hasValues, keptAsText } from './column-types.ts'
import { fillFor, mayLack } from './missing/read-mixed.ts'
import { takenColumns } from './place.ts'
import { volatileReached, type Reached } from './reach.ts'
import { becomeRole, firstError, isRoleRefused } from './read-tenant.ts'

export type Candidate = {
  readonly slug: string
  readonly schema: string
  readonly role: string
  readonly serverId: number
  readonly databaseId: number
  /** In the set; null: not on its track. */
  readonly position: number | null
  readonly sealed: Buffer
}

const turnMs = 10_000
const probeMs = 20_000
const mostColumns = 500

/** What is asked, and what may stand in place of what a tenant lacks; null: nothing. */
export type Probed = {
  readonly checked: CheckedReport
  readonly statement: string
  /** What the statement was put together from. */
  readonly pieces: readonly BoundPiece[]
  readonly fill: readonly FillTable[] | null
}

type Asked = {
  readonly outcomes: readonly FlightOutcome[]
  /** What stood in front of the text. */
  readonly lead: string
  readonly own: ReadonlyMap<string, boolean>
  readonly reached: readonly Reached[]
}

/** Whether each of the tenant's own functions is stable; one that is not in the map is none of its own. */
const ownFunctions = async (connection: FleetConnection, schema: string, names: readonly string[]): Promise<ReadonlyMap<string, boolean>> => {
  if (names.length === 0) return new Map()
  const rows = await connection.query<{ name: string; stable: boolean }>(
    `SELECT p.proname AS name, bool_and(p.provolatile <> 'v' AND p.prokind <> 'p') AS stable FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
     WHERE n.nspname = ${quoteLiteral(schema)} AND p.proname IN (${names.map(quoteLiteral).join(', ')}) GROUP BY 1`,
  )
  return new Map(rows.map(({ name, stable }) => [name, stable]))
}

const calledNames = ({ called }: CheckedReport): readonly string[] => [...new Set(called.map(({ name }) => name))]

/** @throws report.probe where the console's user may not look, and the server's error */
const reachedBy = async (connection: FleetConnection, { slug }: Candidate, cage: Cage, text: string): Promise<readonly Reached[]> => {
  try {
    return await volatileReached(connection, cage, text)
  } catch (error) {
    if (codeOf(error) !== sqlstate.insufficientPrivilege) throw error
    const problem = `what it calls cannot be seen (${messageOf(error)}): GRANT TEMPORARY ON DATABASE … TO the console’s user, in its database.`
    throw new TenancyError('report.probe', { slug, code: codeOf(error), problem }, error)
  }
}

const ask = async (connection: FleetConnection, candidate: Candidate, { checked, statement, fill }: Probed): Promise<Asked> => {
  const { serverVersion, extensionSchemas } = await readPlaceFacts(connection)
  const cage: Cage = { schema: candidate.schema, role: candidate.role, extensionSchemas, applicationName: 'tenantry report' }
  await connection.query(settleSession)
  const fly = (text = statement) => connection.flight([openCage(cage), declareCursor(text), fetchRows(0), closeCage], probeMs)
  let outcomes = await fly()
  if (isRoleRefused(outcomes[0])) {
    const error = await becomeRole(connection, cage, serverVersion)
    if (error !== null)
      throw new TenancyError('report.probe', { slug: candidate.slug, problem: `the console may not become its role (${messageOf(error)}).` }, error)
    outcomes = await fly()
  }
  const filled = fill !== null && mayLack(firstError(outcomes)) ? await fillFor(connection, cage, statement, fill) : null
  let lead = ''
  let asked = statement
  if (filled !== null) {
    const second = await fly(filled.statement)
    const error = firstError(second)
    // With NULL put in, what it says is of the text alone.
    if (error === null || mayLack(error)) [outcomes, lead, asked] = [second, filled.lead, filled.statement]
  }
  const own = await ownFunctions(connection, candidate.schema, calledNames(checked))
  return { outcomes, lead, own, reached: firstError(outcomes) === null ? await reachedBy(connection, candidate, cage, asked) : [] }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

const functionProblems = ({ called, source }: CheckedReport, own: ReadonlyMap<string, boolean>): readonly ReportProblem[] =>
  called.flatMap(({ name, offset }) => {
    const isStable = own.get(name)
    if (isStable === true) return []
    const message =
      isStable === false
        ? `${name}() is the tenant’s own, and volatile: it may do more than compute. Only stable and immutable ones may be called.`
        : `${name}() is none of the functions that a report may call, and none of the tenant’s own.`
    return [{ code: 'function', ...placeOf(source, offset), message }]
  })

/** What the text calls by name is told by its place; the rest has none. */
const reachProblems = ({ source, offset }: CheckedReport, { reached, own }: Pick<Asked, 'reached' | 'own'>): readonly ReportProblem[] =>
  reached
    .filter(({ name, via }) => via !== null || !own.has(name))
    .map(({ name, via }) => ({
      code: 'function',
      ...placeOf(source, offset),
      message: `It calls ${name}()${via === null ? '' : `, by way of ${via}`}, which is volatile: it may do more than compute. Only stable and immutable ones may be called.`,
    }))

const columnProblem = (column: RawColumn, index: number, all: readonly RawColumn[]): string | null => {
  const before = all.findIndex(({ name }) => name === column.name)
  if (column.name === '?column?') return 'has no name.'
  if (takenColumns.has(column.name)) return `is called “${column.name}”, which is the name of a column of Tenantry’s own.`
  if (before < index) return `is called “${column.name}” like column ${before + 1}.`
  return hasValues(column) ? null : `(“${column.name}”) has a type that no table can hold.`
}

/** More in one sentence nobody reads. */
const mostTold = 10

/** @throws report.columns with all that is wrong with them */
const judgeColumns = (columns: readonly RawColumn[], slug: string): readonly CollectedColumn[] => {
  if (columns.length === 0) throw new TenancyError('report.columns', { slug, position: 1, problem: 'is missing: there is none.' })
  if (columns.length > mostColumns)
    throw new TenancyError('report.columns', { slug, position: mostColumns + 1, problem: `is one too many: a report has at most ${mostColumns}.` })
  const wrong = columns.flatMap((column, index) => {
    const problem = columnProblem(column, index, columns)
    return problem === null ? [] : [{ position: index + 1, column: column.name, problem }]
  })
  const [first, ...others] = wrong
  if (!first) return columns.map(collectedColumn)
  const told = others.slice(0, mostTold - 1).map(({ position, problem }) => ` Column ${position} ${problem}`)
  const more = others.length === told.length ? '' : ` And there is more like it, with ${others.length - told.length} of the others.`
  throw new TenancyError('report.columns', { slug, position: first.position, column: first.column, problem: `${first.problem}${told.join('')}${more}` })
}

type Place = { readonly line: number; readonly column: number }

type Sent = Pick<Probed, 'checked' | 'statement' | 'pieces'> & Pick<Asked, 'lead'>

/** In the text as it was written. */
const placeIn = ({ checked, statement, pieces, lead }: Sent, error: unknown): Place | null => {
  const { source, offset } = checked
  const said: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, 'position') : null
  const position = Number(said) - Array.from(declareCursor(lead).text).length
  const written = Array.from(statement)
  if (!(position > 0) || position > written.length + 1) return null
  return placeOf(source, offset + writtenAt(pieces, Buffer.byteLength(written.slice(0, position - 1).join(''))))
}

const refusalBy = (error: unknown, sent: Sent, slug: string): TenancyError => {
  const place = placeIn(sent, error)
  const where = place === null ? '' : `line ${place.line}, column ${place.column}: `
  return new TenancyError('report.probe', { slug, code: codeOf(error), ...place, problem: `${where}${messageOf(error)}.` }, error)
}

const columnsFrom = (asked: Asked, { checked, statement, pieces }: Probed, slug: string): readonly CollectedColumn[] => {
  const { outcomes, lead, own } = asked
  requireGood({ problems: [...functionProblems(checked, own), ...reachProblems(checked, asked)] })
  const error = firstError(outcomes)
  if (error !== null) throw refusalBy(error, { checked, statement, pieces, lead }, slug)
  const fetched = outcomes[2]
  return judgeColumns(fetched?.ok ? (fetched.raw?.columns ?? []) : [], slug)
}

const askAt = async (library: Library, candidate: Candidate, prefix: string, probed: Probed): Promise<Asked> =>
  firstAtServer(
    library,
    candidate.serverId,
    async () => {
      const connection = await connectFleet(openUrl(library.secret, candidate.sealed).url, {
        applicationName: `${prefix}report`,
        connectTimeoutMs: 5_000,
        statementTimeoutMs: probeMs,
        lockTimeoutMs: 2_000,
      })
      try {
        const answered = await ask(connection, candidate, probed)
        const lost = firstError(answered.outcomes)
        if (lost !== null && classify(codeOf(lost)) === 'connection') throw lost
        return answered
      } finally {
        await connection.close()
      }
    },
    turnMs,
  )

/** What one tenant may lack and another one have. */
const lacking: ReadonlySet<string> = new Set([
  sqlstate.undefinedTable,
  sqlstate.undefinedColumn,
  sqlstate.undefinedFunction,
  sqlstate.undefinedObject,
  sqlstate.undefinedSchema,
])

/** What there is to say of a candidate that did not answer. `passedOver`: others that need not be asked either. */
type Silence = { readonly error: unknown; readonly isRefusal: boolean; readonly passedOver: (other: Candidate) => boolean }

/** @throws what no other tenant would answer differently: the text's own fault, or none of the fleet's */
const silenceOf = (error: unknown, { slug, serverId, databaseId, position }: Candidate): Silence => {
  if (error instanceof ServerBusy) return { error, isRefusal: false, passedOver: (other) => other.serverId === serverId }
  const isOlder = (other: Candidate): boolean => (other.position ?? -1) < (position ?? -1)
  if (isTenancyError(error)) {
    const code = codeOf(error.cause)
    // A structure that is older than this one has no say in what is there.
    if (error.code === 'report.refused' || (error.code === 'report.probe' && lacking.has(code))) return { error, isRefusal: true, passedOver: isOlder }
    if (error.code !== 'report.probe' || (sqlstateClass(code) === '42' && code !== sqlstate.insufficientPrivilege)) throw error
    return { error, isRefusal: classify(code) === 'permanent', passedOver: () => false }
  }
  const code = codeOf(error)
  if (classify(code) !== 'connection' && ['driver', 'tenantry'].includes(sqlstateClass(code))) throw error
  const unreached = new TenancyError('report.probe', { slug, code, problem: `it cannot be reached (${messageOf(error)}), nor can others.` }, error)
  return { error: unreached, isRefusal: false, passedOver: (other) => other.databaseId === databaseId }
}

/** One after the other is asked until one answers. */
const firstColumns = async (library: Library, candidates: readonly Candidate[], probed: Probed): Promise<readonly CollectedColumn[]> => {
  const prefix = budgetPrefix(await readInstallation(library.control.db))
  const silences: Silence[] = []
  for (const candidate of candidates) {
    if (silences.some(({ passedOver }) => passedOver(candidate))) continue
    try {
      return columnsFrom(await askAt(library, candidate, prefix, probed), probed, candidate.slug)
    } catch (error) {
      silences.push(silenceOf(error, candidate))
    }
  }
  // Of the newest structure, where it has said something of the text; else what came last.
  const told = (silences.find(({ isRefusal }) => isRefusal) ?? silences.at(-1))?.error
  if (!(told instanceof ServerBusy)) throw told
  throw new TenancyError('report.probe', { slug: candidates.at(-1)?.slug ?? '', problem: `its server is busy (${told.message}).` }, told)
}

/**
 * Who has all that is asked for tells the columns; where nobody has, who refused it for that is asked with NULL in its place.
 * @throws report.refused, report.columns, report.probe
 */
export const probeColumns = async (library: Library, candidates: readonly Candidate[], probed: Probed): Promise<readonly CollectedColumn[]> => {
  try {
    return await firstColumns(library, candidates, { ...probed, fill: null })
  } catch (error) {
    const refusing = isTenancyError(error) && error.code === 'report.probe' && mayLack(error.cause) ? error.details.slug : null
    const again = candidates.filter(({ slug }) => slug === refusing)
    if (probed.fill === null || again.length === 0) throw error
    return (await firstColumns(library, again, probed)).map(keptAsText)
  }
}
