import type { Command } from 'commander'
import { writeFile } from 'node:fs/promises'
import { z } from 'zod'
import { plural } from '../../format.ts'
import { findShapeInput, startRepairInput, tryRepairInput, type RepairTrial } from '../../tenancy/contract/index.ts'
import { TenancyError } from '../../tenancy/index.ts'
import { runCommand } from '../command.ts'
import { shapeMigrationDocument, trialDocument } from '../documents.ts'
import { exitCodes } from '../failure.ts'
import { followRun } from '../follow-run.ts'
import { parseInput } from '../parse-input.ts'
import type { Session } from '../session.ts'

/** A shape as it was typed, and `--at`. */
const named = { shape: findShapeInput.shape.shape, at: findShapeInput.shape.version }
type Named = { readonly set: string; readonly shape: string; readonly at?: string | undefined }

const shapeOf = ({ tenancy }: Session, { set, shape, at }: Named): Promise<string> => tenancy.drift.find({ set, shape, version: at })

const repairInput = startRepairInput.extend({ ...named, detach: z.boolean().default(false) })

/** An id has six characters or more where it is named. */
const isLetter = /^[a-z]{1,5}$/i

const repair = async (session: Session, { detach, at, ...input }: z.output<typeof repairInput>): Promise<number> => {
  const shape = await shapeOf(session, { ...input, at })
  // What was looked at under a letter may stand under another one by now.
  if (isLetter.test(input.shape)) throw new TenancyError('drift.shape_by_letter', { set: input.set, letter: input.shape.toUpperCase(), shape })
  const { run } = await session.tenancy.drift.startRepair(session.actor, { ...input, shape })
  return followRun(session, run, { isDetached: detach, isWorking: !detach })
}

const words = { repaired: 'is the norm afterwards', norm: 'is the norm already', failed: 'is not repaired by it' } as const
const wordsFor = ({ outcome, findings }: RepairTrial): string =>
  outcome === 'repaired' && findings.length > 0 ? `differs in ${plural(findings.length, 'thing')} afterwards, left to you` : words[outcome]

const tryInput = tryRepairInput.extend(named)

const tryOn = async (session: Session, { at, ...input }: z.output<typeof tryInput>): Promise<number> => {
  const { tenancy, actor, output } = session
  const trial = await tenancy.drift.tryRepair(actor, { ...input, shape: await shapeOf(session, { ...input, at }) })
  const { slug, outcome, error, findings } = trial
  const sentences = findings.map(({ sentence }) => sentence)
  output.result(
    trialDocument,
    { trial: { slug, outcome, error: error && { code: error.code, message: error.message, statement: error.statement }, findings: sentences } },
    () =>
      [
        `${slug} ${wordsFor(trial)}; everything was rolled back.`,
        ...(error === null ? [] : [`${error.code} ${error.message}`, ...(error.statement === null ? [] : [`  ${error.statement}`])]),
        ...sentences.map((sentence) => `  ${sentence}`),
      ].join('\n'),
  )
  return outcome === 'failed' ? exitCodes.targetsFailed : exitCodes.well
}

const migrationInput = z.object({ set: findShapeInput.shape.set, ...named, out: z.string().min(1, 'must not be empty').optional() })

/** Never over a file that is there: it may have been applied. */
const writeNew = async (file: string, text: string): Promise<void> => {
  try {
    await writeFile(file, text, { flag: 'wx' })
  } catch (error) {
    const isThere = error instanceof Error && Reflect.get(error, 'code') === 'EEXIST'
    const problem = isThere
      ? `“${file}” is there already: name a new file`
      : `“${file}” cannot be written: ${error instanceof Error ? error.message : String(error)}`
    throw new TenancyError('input.invalid', { problem, field: 'out' }, error)
  }
}

const makeMigration = async (session: Session, { out, ...input }: z.output<typeof migrationInput>): Promise<number> => {
  const { tenancy, output } = session
  const migration = await tenancy.drift.migration(input.set, await shapeOf(session, input))
  if (out !== undefined) await writeNew(out, migration.sql)
  output.result(shapeMigrationDocument, { migration }, () =>
    out === undefined ? migration.sql.trimEnd() : `${out}: ${plural(migration.findings, 'finding')} as a migration.`,
  )
  return exitCodes.well
}

const ofSet = ['--set <set>', 'the migration set'] as const
const atVersion = ['--at <version>', 'the shape of that letter at this version'] as const
type Given = Readonly<Record<string, unknown>>

/** `--set` and `--tenant` are options of `drift` as well, which takes them wherever they stand. */
const given = (command: Command): Given => {
  const options = command.optsWithGlobals<Given>()
  if (options['set'] === undefined) throw new TenancyError('input.invalid', { problem: 'the migration set is missing: name it with --set', field: 'set' })
  return options
}

export const addDriftRepair = (drift: Command): void => {
  drift
    .command('repair <shape>')
    .summary('lead the tenants of a shape to its norm')
    .description(
      'Queues a run of the statements that `tenantry drift --sql` shows. What does not lead to the norm is not committed; what holds data is kept, and named.',
    )
    .option(...ofSet)
    .option(...atVersion)
    .option('--tenants <slugs>', 'only these, separated by commas')
    .option('--max-concurrent <n>', 'at most so many at once on a server')
    .option('--failure-tolerance <n|p%>', 'pause when more than so many have failed')
    .option('--note <text>', 'why, for whoever reads it later', '')
    .option('--detach', 'return at once; workers go on with it')
    .addHelpText(
      'after',
      '\nA shape is named by its id, or six characters of it: letters go to others when the fleet is looked at again.\n\nExample:\n  tenantry drift repair 4f1c22 --set app --failure-tolerance 0',
    )
    .action((shape: string, { tenants }: { tenants?: string }, command: Command) =>
      runCommand(() => parseInput(repairInput, { ...given(command), shape, ...(tenants === undefined ? {} : { slugs: tenants.split(',') }) }), repair),
    )
  drift
    .command('try <shape>')
    .summary('try a repair on one tenant, rolled back')
    .option(...ofSet)
    .option(...atVersion)
    .option('--tenant <slug>', 'on this one; the first when not given')
    .addHelpText('after', '\nExample:\n  tenantry drift try B --set app --at 0012 --tenant acme')
    .action((shape: string, _: object, command: Command) =>
      runCommand(() => parseInput(tryInput, { ...given(command), shape, slug: given(command)['tenant'] }), tryOn),
    )
  drift
    .command('migration <shape>')
    .summary('write what a shape differs in as a migration for all')
    .option(...ofSet)
    .option(...atVersion)
    .option('--out <file>', 'into this file, which must not be there yet; to the terminal when not given')
    .addHelpText('after', '\nExample:\n  tenantry drift migration B --set app --out migrations/app/0013_nick.sql')
    .action((shape: string, _: object, command: Command) => runCommand(() => parseInput(migrationInput, { ...given(command), shape }), makeMigration))
}
