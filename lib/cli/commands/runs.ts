import type { Command } from 'commander'
import { z } from 'zod'
import { formatRelative } from '../../format.ts'
import { describePutRight, putRightCount, rerunInput, retryInput, runId, runInput, runListInput } from '../../tenancy/contract/index.ts'
import { formatColumns } from '../columns.ts'
import { runCommand } from '../command.ts'
import { runDocument, runListDocument } from '../documents.ts'
import { exitCodes } from '../failure.ts'
import { followRun } from '../follow-run.ts'
import { parseInput } from '../parse-input.ts'
import { describeCounts, describeRun, describeWork, readRun, summaryDocument } from '../run-report.ts'
import type { Session } from '../session.ts'
import { addBlockers } from './run-blockers.ts'

type RunInput = z.output<typeof runInput>

const wholeNumber = 'must be a whole number'
const listInput = runListInput.extend({
  before: runId.optional(),
  limit: z.coerce.number(wholeNumber).int(wholeNumber).min(1, 'must be at least 1').max(200, 'must be at most 200').default(20),
})

const list = async ({ tenancy, output }: Session, input: z.output<typeof listInput>): Promise<number> => {
  const { rows, next } = await tenancy.runs.list(input)
  const runs = rows.map(summaryDocument)
  output.result(runListDocument, { runs, next }, () =>
    runs.length === 0
      ? 'There are no runs yet.'
      : formatColumns(runs, [
          { title: 'run', value: ({ id }) => String(id), isNumber: true },
          { title: 'state', value: ({ state }) => state },
          { title: 'what', value: describeWork },
          { title: 'items', value: describeCounts },
          { title: 'by', value: ({ startedBy }) => startedBy },
          { title: 'started', value: ({ createdAt }) => formatRelative(Date.parse(createdAt), Date.now()) },
        ]),
  )
  return exitCodes.well
}

const show = async (session: Session, { run }: RunInput): Promise<number> => {
  const document = await readRun(session, run)
  session.output.result(runDocument, { run: document }, () => describeRun(document))
  return exitCodes.well
}

/** A command that changes a run and leaves it to whoever drives it. */
const control =
  (change: (session: Session, input: RunInput) => Promise<void>) =>
  async (session: Session, input: RunInput): Promise<number> => {
    await change(session, input)
    return show(session, input)
  }

type Typed = { readonly missing?: string; readonly tenants?: string; readonly note?: string; readonly detach?: boolean }

const slugsOf = ({ tenants }: Typed): string[] | undefined =>
  tenants
    ?.split(',')
    .map((slug) => slug.trim())
    .filter(Boolean)

const addDriving = (runs: Command): void => {
  runs
    .command('retry <id>')
    .summary('try the failed items of an open run again, inside the run')
    .option('--tenants <slugs>', 'only these, parted by commas')
    .option('--detach', 'leave the run to workers and return at once')
    .action((id: string, typed: Typed) =>
      runCommand(
        () => parseInput(retryInput, { run: id, slugs: slugsOf(typed) }),
        async (session, input) => {
          await session.tenancy.runs.retry(session.actor, input)
          return followRun(session, input.run, { isDetached: typed.detach, isWorking: true })
        },
      ),
    )
  runs
    .command('rerun <id>')
    .summary('a new run from the failed items of a finished one that no later run has put right')
    .option('--tenants <slugs>', 'only these, parted by commas')
    .option('--note <text>', 'why, for those who look at the run later')
    .option('--missing <null>', 'of a report: null lets NULL stand for what a tenant lacks')
    .option('--detach', 'leave the run to workers and return at once')
    .action((id: string, typed: Typed) =>
      runCommand(
        () => parseInput(rerunInput, { run: id, slugs: slugsOf(typed), note: typed.note, missing: typed.missing }),
        async (session, input) => {
          const { run, items, putRight } = await session.tenancy.runs.rerun(session.actor, input)
          const leftOut = describePutRight(putRight, items + putRightCount(putRight))
          if (leftOut !== null) session.output.note(`${leftOut}, and left out.`)
          const code = await followRun(session, run, { isDetached: typed.detach, isWorking: true })
          if ((await session.tenancy.runs.get(run)).kind === 'report')
            session.output.note(`tenantry report --run ${run} prints the rows, with those of the runs before.`)
          return code
        },
      ),
    )
  runs
    .command('resume <id>')
    .summary('go on with a paused run')
    .option('--detach', 'leave the run to workers and return at once')
    .action((id: string, typed: Typed) =>
      runCommand(
        () => parseInput(runInput, { run: id }),
        async (session, input) => {
          await session.tenancy.runs.resume(session.actor, input)
          return followRun(session, input.run, { isDetached: typed.detach, isWorking: true })
        },
      ),
    )
}

export const addRuns = (program: Command): void => {
  const runs = program.command('runs').summary('look at runs, and pause, resume, cancel, retry or rerun them')
  runs
    .command('list')
    .summary('list runs, newest first')
    .option('--set <set>', 'only runs of this migration set')
    .option('--state <states>', 'only runs in these states, parted by commas')
    .option('--limit <n>', 'at most so many', '20')
    .option('--before <id>', 'only runs older than this one')
    .action((typed: { set?: string; state?: string; limit?: string; before?: string }) =>
      runCommand(() => parseInput(listInput, { ...typed, state: typed.state?.split(',').map((state) => state.trim()) }), list),
    )
  runs
    .command('show <id>')
    .summary('show a run and why what failed did')
    .action((id: string) => runCommand(() => parseInput(runInput, { run: id }), show))
  runs
    .command('watch <id>')
    .summary('follow a run until it is finished or stands still')
    .description('Only looks: the work is done by workers. Exit 0 when the run succeeded, 1 when not.')
    .option('--work', 'work on it in this process as well')
    .action((id: string, typed: { work?: boolean }) =>
      runCommand(
        () => parseInput(runInput, { run: id }),
        (session, { run }) => followRun(session, run, { isWorking: typed.work === true }),
      ),
    )
  addBlockers(runs)
  addDriving(runs)
  runs
    .command('pause <id>')
    .summary('let running items finish and start no others')
    .action((id: string) =>
      runCommand(
        () => parseInput(runInput, { run: id }),
        control(({ tenancy, actor }, input) => tenancy.runs.pause(actor, input)),
      ),
    )
  runs
    .command('cancel <id>')
    .summary('let running items finish and end the run')
    .action((id: string) =>
      runCommand(
        () => parseInput(runInput, { run: id }),
        control(({ tenancy, actor }, input) => tenancy.runs.cancel(actor, input)),
      ),
    )
  runs.addHelpText('after', '\nExamples:\n  tenantry runs list --state paused,failed\n  tenantry runs rerun 42 --note "dates mended"')
}
