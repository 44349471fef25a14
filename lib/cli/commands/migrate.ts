import type { Command } from 'commander'
import { z } from 'zod'
import { plural } from '../../format.ts'
import { planInput, startRunInput } from '../../tenancy/contract/index.ts'
import type { PlanView, Selection } from '../../tenancy/contract/index.ts'
import { isTenancyError } from '../../tenancy/index.ts'
import { formatColumns } from '../columns.ts'
import { runCommand } from '../command.ts'
import { migrateDocument, planDocument } from '../documents.ts'
import { exitCodes } from '../failure.ts'
import { followRun } from '../follow-run.ts'
import { onlySet } from '../only-set.ts'
import { invalid, parseInput } from '../parse-input.ts'
import type { Session } from '../session.ts'

type Typed = {
  readonly set?: string
  readonly tenants?: string
  readonly all?: boolean
  readonly to?: string
  readonly maxConcurrent?: string
  readonly failureTolerance?: string
  readonly note?: string
  readonly dryRun?: boolean
  readonly detach?: boolean
}

const migrateInput = startRunInput.omit({ digest: true }).extend({
  /** The only set there is when absent. */
  set: startRunInput.shape.set.optional(),
  isDryRun: z.boolean().default(false),
  isDetached: z.boolean().default(false),
})
type MigrateInput = z.output<typeof migrateInput>

const selectionOf = ({ tenants, all }: Typed): Selection => {
  if (tenants === undefined) return { kind: 'all' }
  if (all) throw invalid('--all and --tenants exclude each other.')
  const slugs = tenants
    .split(',')
    .map((slug) => slug.trim())
    .filter(Boolean)
  return { kind: 'tenants', slugs }
}

const readTyped = (typed: Typed): MigrateInput =>
  parseInput(migrateInput, {
    set: typed.set,
    selection: selectionOf(typed),
    to: typed.to,
    maxConcurrent: typed.maxConcurrent,
    failureTolerance: typed.failureTolerance,
    note: typed.note,
    isDryRun: typed.dryRun,
    isDetached: typed.detach,
  })

const formatPlan = (plan: PlanView): string =>
  [
    `${plural(plan.total, 'target')} of ${plan.set} would go to ${plan.toVersion}.`,
    ...(plan.total === 0
      ? []
      : [
          '',
          formatColumns(plan.byVersion, [
            { title: 'from', value: ({ version }) => version ?? 'nothing' },
            { title: 'targets', value: ({ count }) => String(count), isNumber: true },
            { title: 'migrations each', value: ({ steps }) => String(steps), isNumber: true },
          ]),
          '',
          formatColumns(plan.byDatabase, [
            { title: 'database', value: ({ database }) => database },
            { title: 'targets', value: ({ count }) => String(count), isNumber: true },
            { title: 'connections', value: ({ budget }) => String(budget), isNumber: true },
          ]),
          '',
          ...plan.migrations.map(
            ({ version, name, transactional, isShared }) =>
              `  ${version}  ${name}${transactional ? '' : '  (outside a transaction)'}${isShared ? '  (names a shared table: one target at a time in each database)' : ''}`,
          ),
        ]),
    ...plan.leftOut.map(({ reason, count }) => `Left out: ${plural(count, 'target')}, ${reason.replaceAll('_', ' ')}`),
    ...plan.migrations.flatMap(({ findings }) => findings.map(({ file, line, level, message }) => `${file}:${line}  ${level}  ${message}`)),
  ].join('\n')

const showPlan = (output: Session['output'], plan: PlanView): number => {
  const document = {
    set: plan.set,
    toVersion: plan.toVersion,
    digest: plan.digest,
    total: plan.total,
    byVersion: plan.byVersion.map((row) => ({ ...row })),
    byDatabase: plan.byDatabase.map((row) => ({ ...row })),
    leftOut: plan.leftOut.map((row) => ({ ...row })),
    migrations: plan.migrations.map(({ version, name, checksum, transactional, isShared }) => ({ version, name, checksum, transactional, isShared })),
  }
  output.result(planDocument, { plan: document }, () => formatPlan(plan))
  return exitCodes.well
}

/** Nothing to do is what a pipeline hopes for, and so is a fleet without tenants. */
const isNothingToDo = (error: unknown, selection: Selection): boolean =>
  isTenancyError(error) && (error.code === 'run.nothing_to_do' || (error.code === 'run.no_targets' && selection.kind === 'all'))

const migrate = async (session: Session, { isDryRun, isDetached, ...input }: MigrateInput): Promise<number> => {
  const { tenancy, actor, output } = session
  const set = await onlySet(session, input.set)
  if (isDryRun) return showPlan(output, await tenancy.runs.plan(planInput.parse({ set, selection: input.selection, to: input.to })))
  let run: number
  try {
    ;({ run } = await tenancy.runs.start(actor, { ...input, set }))
  } catch (error) {
    if (!isNothingToDo(error, input.selection)) throw error
    output.result(
      migrateDocument,
      { run: null },
      () => `Nothing to do: every chosen target of ${set} is at ${input.to ?? 'the newest version'} already, or left out.`,
    )
    return exitCodes.well
  }
  return followRun(session, run, { isDetached, isWorking: true })
}

export const addMigrate = (program: Command): void => {
  program
    .command('migrate')
    .summary('roll migrations out to tenants')
    .description('Starts a run, works on it, and waits for it. One tenant that fails holds no other back.')
    .option('--set <set>', 'migration set; may be left out when there is one')
    .option('--tenants <slugs>', 'only these tenants, parted by commas')
    .option('--all', 'all active tenants that are behind (the default)')
    .option('--to <version>', 'up to this version instead of the newest')
    .option('--max-concurrent <n>', 'at most so many targets at once, below what the servers’ budgets allow')
    .option('--failure-tolerance <n|p%>', 'pause the run when more targets than this have failed')
    .option('--note <text>', 'why, for those who look at the run later')
    .option('--dry-run', 'show what would be done')
    .option('--detach', 'leave the run to workers and return at once')
    .addHelpText(
      'after',
      '\nExamples:\n  tenantry migrate --set app --dry-run\n  tenantry migrate --set app --failure-tolerance 2%\n  tenantry migrate --tenants acme,globex --to 0042',
    )
    .action((typed: Typed) => runCommand(() => readTyped(typed), migrate))
}
