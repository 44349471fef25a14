import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { Command } from 'commander'
import { z } from 'zod'
import { formatCount, plural } from '../../format.ts'
import {
  combineReportInput,
  describePutRight,
  isFinalRun,
  lackNames,
  putRightCount,
  runId,
  savedReportName,
  startReportInput,
} from '../../tenancy/contract/index.ts'
import type { ReportRow, ReportRun, SavedReport, Selection } from '../../tenancy/contract/index.ts'
import { combinedRows } from '../combined-rows.ts'
import { runCommand } from '../command.ts'
import { exitCodes } from '../failure.ts'
import { onlySet } from '../only-set.ts'
import { invalid, parseInput } from '../parse-input.ts'
import { readTextFile } from '../read-text-file.ts'
import { printReport, reportFormats, writeReport, type ReportFormat } from '../report-output.ts'
import type { Session } from '../session.ts'
import { currentLine } from '../terminal.ts'
import { standsStill, waitForRun } from '../wait-for-run.ts'

type Typed = {
  readonly saved?: string
  readonly run?: string
  readonly set?: string
  readonly tenants?: string
  readonly combine?: string
  readonly rows?: boolean
  readonly param?: readonly string[]
  readonly format?: string
  readonly out?: string
  readonly rowCap?: string
  readonly missing?: string
  readonly sample?: string
  readonly maxConcurrent?: string
  readonly note?: string
}

const { maxConcurrent, missing, note, rowCap, sample } = startReportInput.shape
const shown = {
  /** Text of the second SELECT. */
  combine: combineReportInput.shape.sql.optional(),
  format: z.enum(reportFormats, `is none of ${reportFormats.join(', ')}`).default('table'),
  out: z.string().min(1, 'must not be empty').optional(),
}
const params = startReportInput.shape.params.unwrap()
const selection = startReportInput.shape.selection.unwrap()
const written = z.object({
  ...shown,
  kind: z.literal('text'),
  sql: startReportInput.shape.sql,
  set: startReportInput.shape.set.optional(),
  params,
  selection,
  rowCap,
  missing,
  sample,
  maxConcurrent,
  note,
})
const saved = z.object({
  ...shown,
  kind: z.literal('saved'),
  name: savedReportName,
  rows: z.boolean(),
  params: params.optional(),
  selection: selection.optional(),
  sample,
  maxConcurrent,
  note,
})
const kept = z.object({ ...shown, kind: z.literal('run'), run: runId })
const reportInput = z.discriminatedUnion('kind', [written, saved, kept])
type ReportInput = z.output<typeof reportInput>

const paramOf = (typed: string): [string, string] => {
  const at = typed.indexOf('=')
  if (at < 1) throw invalid(`--param “${typed}” is not NAME=VALUE.`)
  return [typed.slice(0, at), typed.slice(at + 1)]
}

const selectionOf = (tenants: string | undefined): Selection | undefined =>
  tenants === undefined
    ? undefined
    : {
        kind: 'tenants',
        slugs: tenants
          .split(',')
          .map((slug) => slug.trim())
          .filter(Boolean),
      }

/** Options that say what a saved report, or a run, has said already. */
const refuseBeside = (what: string, typed: Typed, names: ReadonlyArray<keyof Typed>): void => {
  const given = names.filter((name) => typed[name] !== undefined).map((name) => `--${name.replaceAll(/[A-Z]/g, (sign) => `-${sign.toLowerCase()}`)}`)
  if (given.length > 0) throw invalid(`${given.join(' and ')} cannot stand beside --${what}: it is the ${what === 'run' ? 'run' : 'saved report'}’s own.`)
}

const askedOf = async (file: string | undefined, typed: Typed): Promise<Readonly<Record<string, unknown>>> => {
  const { missing, sample, maxConcurrent, note } = typed
  const params = typed.param && Object.fromEntries(typed.param.map(paramOf))
  if (typed.saved !== undefined) {
    refuseBeside('saved', typed, ['set', 'rowCap', 'missing'])
    return { kind: 'saved', name: typed.saved, rows: typed.rows === true, params, selection: selectionOf(typed.tenants), sample, maxConcurrent, note }
  }
  if (typed.rows === true) throw invalid('--rows is for --saved: whatever else is asked prints rows unless --combine is given.')
  if (typed.run !== undefined) {
    refuseBeside('run', typed, ['set', 'rowCap', 'missing', 'sample', 'tenants', 'param', 'maxConcurrent', 'note'])
    return { kind: 'run', run: typed.run }
  }
  const selection = selectionOf(typed.tenants) ?? { kind: 'all' }
  return {
    kind: 'text',
    sql: await readTextFile(file ?? '-'),
    set: typed.set,
    params: params ?? {},
    selection,
    rowCap: typed.rowCap,
    missing,
    sample,
    maxConcurrent,
    note,
  }
}

/** Of a file that is called by what it is to hold. */
const endingOf = (out: string | undefined): ReportFormat | undefined => reportFormats.find((format) => out?.toLowerCase().endsWith(`.${format}`) === true)

const formatOf = ({ format, out }: Typed): string | undefined => {
  const isJson = currentLine().isJson
  if (isJson && format !== undefined && format !== 'json') throw invalid(`--json and --format ${format} exclude each other.`)
  if (format === 'xlsx' && out === undefined) throw invalid('--format xlsx needs --out FILE: it is nothing for a terminal.')
  return isJson ? 'json' : (format ?? endingOf(out))
}

const readTyped = async (file: string | undefined, typed: Typed): Promise<ReportInput> => {
  if ([file, typed.saved, typed.run].filter((one) => one !== undefined).length !== 1)
    throw invalid('Give one of: a file (- for standard input), --saved NAME, or --run ID.')
  if (typed.out !== undefined && !existsSync(dirname(resolve(typed.out))))
    throw invalid(`--out ${typed.out}: there is no folder ${dirname(resolve(typed.out))}.`)
  const format = formatOf(typed)
  const combine = typed.combine === undefined ? undefined : await readTextFile(typed.combine)
  return parseInput(reportInput, { ...(await askedOf(file, typed)), combine, format, out: typed.out })
}

const namedAtOnce = 20

const listOf = (slugs: readonly string[]): string =>
  `${slugs.slice(0, namedAtOnce).join(', ')}${slugs.length > namedAtOnce ? ` and ${formatCount(slugs.length - namedAtOnce)} more` : ''}`

/** Who answered without having all that was asked for, and who did not answer and why: "3 did not answer: canceled due to statement timeout (57014): a, b, c". */
const besideLines = ({ filled, silent, leftOut }: ReportRun): string[] => [
  ...filled.map(
    ({ lacks, slugs }) => `${plural(slugs.length, 'tenant')} answered without all that was asked for: no ${lackNames(lacks).join(', no ')}: ${listOf(slugs)}`,
  ),
  ...silent.map(({ code, message, slugs }) => `${plural(slugs.length, 'tenant')} did not answer: ${message} (${code}): ${listOf(slugs)}`),
  ...(leftOut.length > 0 ? [`${plural(leftOut.length, 'tenant')} named and not asked, for not being active: ${listOf(leftOut)}`] : []),
]

type Asked = { readonly run: number; /** Its own second SELECT. */ readonly combine: string | null }

const start = async (session: Session, input: ReportInput): Promise<Asked> => {
  const { tenancy, actor } = session
  if (input.kind === 'run') return { run: input.run, combine: null }
  if (input.kind === 'text') {
    const { sql, params, selection, rowCap, missing, sample, maxConcurrent, note } = input
    const set = await onlySet(session, input.set)
    return { ...(await tenancy.reports.start(actor, { set, sql, params, selection, rowCap, missing, sample, maxConcurrent, note })), combine: null }
  }
  const { id, combine }: SavedReport = await tenancy.reports.saved.get(actor, input.name)
  const { params, selection, sample, maxConcurrent, note } = input
  return { ...(await tenancy.reports.saved.start(actor, { report: id, params, selection, sample, maxConcurrent, note })), combine: input.rows ? null : combine }
}

type Shown = { readonly format: ReportFormat; readonly out: string | undefined; readonly combine: string | null }

const write = async (found: ReportRun, { format, out }: Shown, pieces: AsyncIterable<readonly ReportRow[]>, isCut?: () => boolean): Promise<void> => {
  const { stdout, stderr } = currentLine().terminal
  if (out === undefined) return printReport(stdout, format, found, pieces, isCut)
  await writeReport(out, format, found, pieces, isCut)
  stderr.write(`Written to ${out}.\n`)
}

/** @returns whether all that there is was printed */
const print = async ({ tenancy, actor }: Session, found: ReportRun, shown: Shown): Promise<boolean> => {
  if (shown.combine === null) {
    await write(found, shown, tenancy.reports.stream(actor, found.run))
    return true
  }
  const { columns, pieces, cut, close } = await combinedRows(tenancy, actor, { run: found.run, sql: shown.combine })
  try {
    await write({ ...found, columns }, shown, pieces, () => cut() !== null)
  } finally {
    await close()
  }
  const broken = cut()
  if (broken === null) return true
  const { message, hint } = broken.reason
  currentLine().terminal.stderr.write(`Only the first ${plural(broken.rows, 'combined row')} are there. ${message} ${hint ?? ''}\n`)
  return false
}

/** How those who did not answer are asked again, and by which runs they have answered since. */
const afterSilence = async ({ tenancy }: Session, { run, silent }: ReportRun): Promise<string> => {
  const { putRight } = (await tenancy.runs.get(run)).leftover
  const asked = silent.reduce((sum, { slugs }) => sum + slugs.length, 0)
  const answered = describePutRight(putRight, asked)
  const newest = putRight.at(-1)
  const rest = `tenantry runs rerun ${run} asks ${answered === null ? 'them' : 'the others'} again; its result holds these rows as well.`
  if (answered === null || newest === undefined) return rest
  const found = `${answered}: tenantry report --run ${newest.run} prints what that run and those before it have found.`
  return putRightCount(putRight) < asked ? `${found}\n${rest}` : found
}

const report = async (session: Session, input: ReportInput): Promise<number> => {
  const { tenancy, actor } = session
  const { stderr } = currentLine().terminal
  // Nobody is asked for rows that cannot be combined.
  if (input.combine !== undefined) await tenancy.reports.checkCombining(input.combine)
  const { run, combine } = await start(session, input)
  const before = input.kind === 'run' ? await tenancy.reports.get(actor, run) : null
  const end = before && standsStill(before.state) ? 'settled' : await waitForRun(session, run, input.kind !== 'run')
  const found = await tenancy.reports.get(actor, run)
  if (end === 'detached' && !standsStill(found.state)) {
    stderr.write(`Report ${run} keeps its place; tenantry runs watch ${run} --work goes on with it.\n`)
    return exitCodes.interrupted
  }
  const combining = input.combine ?? combine
  let isWhole: boolean
  try {
    isWhole = await print(session, found, { format: input.format, out: input.out, combine: combining })
  } catch (error) {
    if (combining !== null) stderr.write(`The rows stay: tenantry report --run ${run} --combine FILE makes something else of them.\n`)
    throw error
  }
  const meant = found.tenants + found.leftOut.length
  stderr.write(
    `${formatCount(found.answered)} of ${plural(meant, 'tenant')} answered with ${plural(found.rows, 'row')} (run ${run}${found.sampledOf === null ? '' : `, a sample of ${formatCount(found.sampledOf)}`}).\n`,
  )
  for (const line of besideLines(found)) stderr.write(`${line}\n`)
  if (found.silent.length > 0 && isFinalRun(found.state)) stderr.write(`${await afterSilence(session, found)}\n`)
  return isWhole && found.answered === meant ? exitCodes.well : exitCodes.targetsFailed
}

const collect = (value: string, previous: readonly string[] = []): readonly string[] => [...previous, value]

export const addReport = (program: Command): void => {
  program
    .command('report [file]')
    .summary('ask all tenants one SELECT')
    .description(
      'Runs one SELECT, written as if there were one tenant, for each active tenant, and prints the rows with the tenant first. - reads it from standard input.',
    )
    .option('--saved <name>', 'run a saved report; its own second SELECT is printed, where it has one')
    .option('--run <id>', 'print what an earlier run has found, while its rows are kept')
    .option('--set <set>', 'migration set; may be left out when there is one')
    .option('--tenants <slugs>', 'only these tenants, parted by commas')
    .option('--combine <file>', 'a second SELECT over what came back: results (the rows) and tenants')
    .option('--rows', 'print the rows of a saved report, whatever it combines them to')
    .option('--param <name=value>', 'value of a parameter that the file declares; may be given again', collect)
    .option('--format <format>', `${reportFormats.slice(0, -1).join(', ')} or ${reportFormats.at(-1)} (default: what --out ends in, else table)`)
    .option('--out <file>', 'write into a file instead of standard output; xlsx needs one')
    .option('--row-cap <n>', 'rows that one tenant may answer with (default: 100000)')
    .option('--missing <name|null>', 'a tenant that lacks a column or table is named, or answers with NULL in its place (default: name)')
    .option('--sample <n>', 'only so many of them, of different structures, versions and databases: to try a text before all are asked')
    .option('--max-concurrent <n>', 'ask at most so many tenants at once, below what the servers’ budgets allow')
    .option('--note <text>', 'why, for those who look at the run later')
    .addHelpText(
      'after',
      '\nThe file:\n  -- :from date = 2026-01-01\n  select site, sum(hours) as hours from work_logs where day >= :from group by site\n\nExamples:\n  tenantry report hours.sql --param from=2026-03-01 --format csv > hours.csv\n  tenantry report --saved "Overdue invoices" --format xlsx --out overdue.xlsx\n  echo "select count(*) as orders from orders" | tenantry report - --tenants acme,globex',
    )
    .action((file: string | undefined, typed: Typed) => runCommand(() => readTyped(file, typed), report))
}
