import type { Command } from 'commander'
import { z } from 'zod'
import { onboardInput } from '../../tenancy/contract/index.ts'
import type { OnboardRow } from '../../tenancy/contract/index.ts'
import { TenancyError } from '../../tenancy/index.ts'
import { runCommand } from '../command.ts'
import { followRun } from '../follow-run.ts'
import { onlySet } from '../only-set.ts'
import { invalid, parseInput } from '../parse-input.ts'
import { readTextFile } from '../read-text-file.ts'
import type { Session } from '../session.ts'

type Typed = {
  readonly name?: string
  readonly host?: readonly string[]
  readonly label?: readonly string[]
  readonly set?: string
  readonly database?: string
  readonly isolation?: string
  readonly schema?: string
  readonly baseline?: string
  readonly to?: string
  readonly csv?: string
  readonly note?: string
  readonly detach?: boolean
}

const baseInput = onboardInput.omit({ tenants: true }).extend({ set: onboardInput.shape.set.optional(), isDetached: z.boolean().default(false) })
const rowsInput = onboardInput.shape.tenants

type OnboardTyped = z.output<typeof baseInput> & {
  readonly rows: readonly OnboardRow[]
  readonly csv: string | null
  /** For rows of a CSV that name none. */
  readonly database: string | undefined
}

const labelOf = (typed: string): [string, string] => {
  const at = typed.indexOf('=')
  if (at < 1) throw invalid(`--label “${typed}” is not KEY=VALUE.`)
  return [typed.slice(0, at), typed.slice(at + 1)]
}

const forOne = ['name', 'host', 'schema', 'baseline'] as const

const rowsOf = (slugs: readonly string[], typed: Typed): OnboardRow[] => {
  const lone = forOne.find((option) => typed[option] !== undefined)
  if (slugs.length > 1 && lone !== undefined) throw invalid(`--${lone} is for one tenant, but ${slugs.length} slugs are given; use --csv.`)
  const labels = Object.fromEntries((typed.label ?? []).map(labelOf))
  return parseInput(
    rowsInput,
    slugs.map((slug) => ({ slug, name: typed.name, hosts: typed.host, labels, database: typed.database, schema: typed.schema, baseline: typed.baseline })),
  )
}

const readTyped = async (slugs: readonly string[], typed: Typed): Promise<OnboardTyped> => {
  if (typed.csv === undefined && slugs.length === 0) throw invalid('name at least one slug, or a file with --csv.')
  if (typed.csv !== undefined && slugs.length > 0) throw invalid('slugs and --csv exclude each other.')
  const base = parseInput(baseInput, { set: typed.set, isolation: typed.isolation, to: typed.to, note: typed.note, isDetached: typed.detach })
  const database = typed.database === undefined ? undefined : parseInput(onboardInput.shape.tenants.element.shape.database, typed.database)
  const csv = typed.csv === undefined ? null : await readTextFile(typed.csv)
  return { ...base, rows: csv === null ? rowsOf(slugs, typed) : [], csv, database }
}

/** What the preview in the console tells of a file, by its lines. */
const rowsOfCsv = async ({ tenancy, output }: Session, csv: string, set: string, database: string | undefined): Promise<readonly OnboardRow[]> => {
  const { rows, problems, problemCount, notes } = await tenancy.onboarding.checkCsv(csv, set, database)
  const [first] = problems
  if (first) {
    const more = problemCount > 1 ? ` (and ${problemCount - 1} more)` : ''
    throw new TenancyError('input.invalid', {
      problem: `line ${first.line}${first.column === null ? '' : `, ${first.column}`}: ${first.message}${more}`,
      problems,
    })
  }
  for (const note of notes) output.note(note)
  return database === undefined ? rows : rows.map((row) => ({ ...row, database: row.database ?? database }))
}

const onboard = async (session: Session, { rows, csv, database, isDetached, ...input }: OnboardTyped): Promise<number> => {
  const set = await onlySet(session, input.set)
  const tenants = csv === null ? rows : await rowsOfCsv(session, csv, set, database)
  const { run } = await session.tenancy.onboarding.start(session.actor, { ...input, set, tenants: [...tenants] })
  return followRun(session, run, { isDetached, isWorking: true })
}

const collect = (value: string, previous: readonly string[] = []): readonly string[] => [...previous, value]

export const addOnboard = (program: Command): void => {
  program
    .command('onboard [slugs...]')
    .summary('make tenants: schema, role, migrations and history')
    .description('Each tenant is made in one transaction: it is there whole, or nothing of it is. The same call can be repeated after a failure.')
    .option('--name <name>', 'display name, for one tenant')
    .option('--host <host>', 'host name, for one tenant; may be given again', collect)
    .option('--label <key=value>', 'label for all of them; may be given again', collect)
    .option('--set <set>', 'migration set; may be left out when there is one')
    .option('--database <name>', 'where they go; the set’s default when absent')
    .option('--isolation <kind>', 'schema; the others of the model cannot be onboarded yet', 'schema')
    .option('--schema <name>', 'name of the schema where it is not tenant_SLUG, for one tenant')
    .option('--baseline <version>', 'adopt a schema that is there already: declare it to be at this version, run nothing')
    .option('--to <version>', 'up to this version instead of the newest')
    .option('--csv <file>', 'file with the columns slug, name, hosts, labels, database, schema, baseline; - for standard input')
    .option('--note <text>', 'why, for those who look at the run later')
    .option('--detach', 'leave the run to workers and return at once')
    .addHelpText(
      'after',
      '\nExamples:\n  tenantry onboard acme --name "Acme Inc." --host acme.example.com\n  tenantry onboard --csv customers.csv --database eu-1\n  tenantry onboard legacy --schema old_legacy --baseline 0031',
    )
    .action((slugs: readonly string[], typed: Typed) => runCommand(() => readTyped(slugs, typed), onboard))
}
