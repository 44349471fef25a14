import type { Command } from 'commander'
import { z } from 'zod'
import { formatCount, formatRelative, formatUtc, plural } from '../../format.ts'
import { reportRetentionInput, reportScheduleInput, savedReportName, type ReportRetention } from '../../tenancy/contract/index.ts'
import type { SavedReportRow } from '../../tenancy/contract/index.ts'
import { formatColumns } from '../columns.ts'
import { runCommand } from '../command.ts'
import { reportRetentionDocument, reportScheduleDocument, savedReportListDocument } from '../documents.ts'
import { exitCodes } from '../failure.ts'
import { invalid, parseInput } from '../parse-input.ts'
import type { Session } from '../session.ts'

const documentOf = ({ name, description, set, owner, runnableBy, revision, lastRun, schedule }: SavedReportRow) => ({
  name,
  description,
  set,
  owner,
  runnableBy: [...runnableBy],
  revision,
  lastRun: lastRun && {
    id: lastRun.run,
    state: lastRun.state,
    tenants: lastRun.tenants,
    answered: lastRun.answered,
    rows: lastRun.rows,
    createdAt: lastRun.createdAt,
    expiresAt: lastRun.expiresAt,
  },
  schedule: schedule && { ...schedule },
})

const describeLast = ({ lastRun }: SavedReportRow): string =>
  lastRun === null
    ? 'never'
    : `run ${lastRun.run}, ${formatCount(lastRun.answered)} of ${formatCount(lastRun.tenants)} answered, ${formatRelative(Date.parse(lastRun.createdAt), Date.now())}`

const describeSchedule = ({ schedule }: Pick<SavedReportRow, 'schedule'>): string => {
  if (schedule === null) return 'by hand'
  if (schedule.nextAt === null) return `${schedule.cron} (off)`
  return `${schedule.cron} ${schedule.timezone}, next ${formatUtc(schedule.nextAt)}`
}

const list = async ({ tenancy, actor, output }: Session): Promise<number> => {
  const rows = await tenancy.reports.saved.list(actor)
  output.result(savedReportListDocument, { reports: rows.map(documentOf) }, () =>
    rows.length === 0
      ? 'There are no saved reports yet; an admin saves one in the console.'
      : formatColumns(rows, [
          { title: 'name', value: ({ name }) => name },
          { title: 'set', value: ({ set }) => set },
          { title: 'owner', value: ({ owner }) => owner },
          { title: 'last', value: describeLast },
          { title: 'runs', value: describeSchedule },
        ]),
  )
  return exitCodes.well
}

const scheduleInput = z.object({ name: savedReportName, schedule: reportScheduleInput.shape.schedule })

const schedule = async ({ tenancy, actor, output }: Session, { name, schedule: wanted }: z.output<typeof scheduleInput>): Promise<number> => {
  const { id } = await tenancy.reports.saved.get(actor, name)
  const set = await tenancy.reports.saved.setSchedule(actor, { report: id, schedule: wanted })
  output.result(reportScheduleDocument, { report: name, schedule: set && { ...set } }, () => `“${name}” runs ${describeSchedule({ schedule: set })}.`)
  return exitCodes.well
}

type Typed = { readonly timezone?: string; readonly off?: boolean }

const readSchedule = (name: string, cron: string | undefined, { timezone, off }: Typed): z.output<typeof scheduleInput> => {
  if ((cron === undefined) !== (off === true)) throw invalid('Give a schedule, such as "0 7 * * 1", or --off.')
  return parseInput(scheduleInput, { name, schedule: cron === undefined ? null : { cron, timezone } })
}

const keep = async ({ tenancy, actor, output }: Session, input: ReportRetention): Promise<number> => {
  await tenancy.reports.retention.set(actor, input)
  output.result(reportRetentionDocument, { days: input.days }, () => `Rows of reports that begin from now on are kept for ${plural(input.days, 'day')}.`)
  return exitCodes.well
}

export const addSavedReports = (program: Command): void => {
  const reports = program.command('reports').summary('look at saved reports, say when they run by themselves and how long rows are kept')
  reports
    .command('list')
    .summary('list saved reports by name')
    .action(() => runCommand(() => ({}), list))
  reports
    .command('schedule <name> [cron]')
    .summary('run a saved report by itself from now on')
    .option('--timezone <zone>', 'in which the schedule is meant, such as Europe/Berlin (default: UTC)')
    .option('--off', 'no longer')
    .action((name: string, cron: string | undefined, typed: Typed) => runCommand(() => readSchedule(name, cron, typed), schedule))
  reports
    .command('keep <days>')
    .summary('for how many days rows are kept that reports collect from now on')
    .action((days: string) => runCommand(() => parseInput(reportRetentionInput, { days }), keep))
  reports.addHelpText(
    'after',
    '\nExamples:\n  tenantry reports schedule "Overdue invoices" "30 7 * * 1" --timezone Europe/Berlin\n  tenantry report --saved "Overdue invoices"',
  )
}
