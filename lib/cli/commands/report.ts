import type { Command } from 'commander'
import { z } from 'zod'
import { formatCount, plural } from '../../format.ts'
import { combineReportInput, startReportInput } from '../../tenancy/contract/index.ts'
import type { ReportRun, Selection } from '../../tenancy/contract/index.ts'
import { runCommand } from '../command.ts'
import { exitCodes } from '../failure.ts'
import { onlySet } from '../only-set.ts'
import { invalid, parseInput } from '../parse-input.ts'
import { readTextFile } from '../read-text-file.ts'
import { printReport, reportFormats, type ReportFormat } from '../report-output.ts'
import type { Session } from '../session.ts'
import { currentLine } from '../terminal.ts'
import { standsStill, waitForRun } from '../wait-for-run.ts'

type Typed = {
  readonly set?: string
  readonly tenants?: string
  readonly combine?: string
  readonly param?: readonly string[]
  readonly format?: string
  readonly rowCap?: string
  readonly maxConcurrent?: string
  readonly note?: string
}

const reportInput = startReportInput.extend({
  /** The only set there is when absent. */
  set: startReportInput.shape.set.optional(),
  /** Text of the second SELECT. */
  combine: combineReportInput.shape.sql.optional(),
  format: z.enum(reportFormats, `is none of ${reportFormats.join(', ')}`).default('table'),
})
type ReportInput = z.output<typeof reportInput>

const paramOf = (typed: string): [string, string] => {
  const at = typed.indexOf('=')
  if (at < 1) throw invalid(`--param “${typed}” is not NAME=VALUE.`)
  return [typed.slice(0, at), typed.slice(at + 1)]
}

const selectionOf = (tenants: string | undefined): Selection => {
  if (tenants === undefined) return { kind: 'all' }
  const slugs = tenants
    .split(',')
    .map((slug) => slug.trim())
    .filter(Boolean)
  return { kind: 'tenants', slugs }
}

const readTyped = async (file: string, typed: Typed): Promise<ReportInput> => {
  const isJson = currentLine().isJson
  if (isJson && typed.format !== undefined && typed.format !== 'json') throw invalid(`--json and --format ${typed.format} exclude each other.`)
  return parseInput(reportInput, {
    set: typed.set,
    sql: await readTextFile(file),
    combine: typed.combine === undefined ? undefined : await readTextFile(typed.combine),
    params: Object.fromEntries((typed.param ?? []).map(paramOf)),
    selection: selectionOf(typed.tenants),
    maxConcurrent: typed.maxConcurrent,
    rowCap: typed.rowCap,
    note: typed.note,
    format: isJson ? 'json' : typed.format,
  })
}

const namedAtOnce = 20

/** Who did not answer and why: "3 did not answer: canceled due to statement timeout (57014): a, b, c". */
const silentLines = ({ silent }: ReportRun): string[] =>
  silent.map(({ code, message, slugs }) => {
    const named = slugs.slice(0, namedAtOnce).join(', ')
    const more = slugs.length > namedAtOnce ? ` and ${formatCount(slugs.length - namedAtOnce)} more` : ''
    return `${plural(slugs.length, 'tenant')} did not answer: ${message} (${code}): ${named}${more}`
  })

const printCombined = async ({ tenancy, actor }: Session, format: ReportFormat, found: ReportRun, sql: string): Promise<void> => {
  const { stdout, stderr } = currentLine().terminal
  const { columns, rows, isCut } = await tenancy.reports.combine(actor, { run: found.run, sql })
  await printReport(stdout, format, { ...found, columns }, [rows])
  if (isCut) stderr.write(`Only the first ${plural(rows.length, 'combined row')} are shown.\n`)
}

const report = async (session: Session, { format, combine, ...input }: ReportInput): Promise<number> => {
  const { tenancy, actor } = session
  const { stderr, stdout } = currentLine().terminal
  const set = await onlySet(session, input.set)
  const { run } = await tenancy.reports.start(actor, { ...input, set })
  const end = await waitForRun(session, run, true)
  const found = await tenancy.reports.get(actor, run)
  if (end === 'detached' && !standsStill(found.state)) {
    stderr.write(`Report ${run} keeps its place; tenantry runs watch ${run} --work goes on with it.\n`)
    return exitCodes.interrupted
  }
  if (combine === undefined) await printReport(stdout, format, found, tenancy.reports.stream(actor, run))
  else await printCombined(session, format, found, combine)
  stderr.write(`${formatCount(found.answered)} of ${plural(found.tenants, 'tenant')} answered with ${plural(found.rows, 'row')} (run ${run}).\n`)
  for (const line of silentLines(found)) stderr.write(`${line}\n`)
  return found.answered === found.tenants ? exitCodes.well : exitCodes.targetsFailed
}

const collect = (value: string, previous: readonly string[] = []): readonly string[] => [...previous, value]

export const addReport = (program: Command): void => {
  program
    .command('report <file>')
    .summary('ask all tenants one SELECT')
    .description(
      'Runs one SELECT, written as if there were one tenant, for each active tenant, and prints the rows with the tenant first. - reads it from standard input.',
    )
    .option('--set <set>', 'migration set; may be left out when there is one')
    .option('--tenants <slugs>', 'only these tenants, parted by commas')
    .option('--combine <file>', 'a second SELECT over what came back: results (the rows) and tenants')
    .option('--param <name=value>', 'value of a parameter that the file declares; may be given again', collect)
    .option('--format <format>', 'table, csv or json (default: table)')
    .option('--row-cap <n>', 'rows that one tenant may answer with (default: 100000)')
    .option('--max-concurrent <n>', 'ask at most so many tenants at once, below what the servers’ budgets allow')
    .option('--note <text>', 'why, for those who look at the run later')
    .addHelpText(
      'after',
      '\nThe file:\n  -- :from date = 2026-01-01\n  select site, sum(hours) as hours from work_logs where day >= :from group by site\n\nExamples:\n  tenantry report hours.sql --param from=2026-03-01 --format csv > hours.csv\n  echo "select count(*) as orders from orders" | tenantry report - --tenants acme,globex',
    )
    .action((file: string, typed: Typed) => runCommand(() => readTyped(file, typed), report))
}
