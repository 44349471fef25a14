import { resolve } from 'node:path'
import type { Command } from 'commander'
import type { z } from 'zod'
import { plural } from '../../format.ts'
import { describePoolWait, setName, setPoolInput, syncSetInput, verifySetInput } from '../../tenancy/contract/index.ts'
import type { LintFinding, PoolView } from '../../tenancy/contract/index.ts'
import { formatColumns } from '../columns.ts'
import { runCommand } from '../command.ts'
import { lintDocument, poolDocument, setListDocument, syncDocument, verifyDocument } from '../documents.ts'
import { exitCodes } from '../failure.ts'
import { parseInput } from '../parse-input.ts'
import type { Session } from '../session.ts'

const findingLine = ({ file, line, column, level, message }: LintFinding): string => `${file}:${line}:${column}  ${level}  ${message}`

const changeWords = (word: string, versions: readonly string[]): string[] => (versions.length === 0 ? [] : [`${word} ${versions.join(', ')}`])

const sync = async ({ tenancy, actor, output }: Session, input: z.output<typeof syncSetInput>): Promise<number> => {
  const { set, findings, ...rest } = await tenancy.sets.sync(actor, input)
  const document = {
    name: set,
    head: rest.head,
    added: [...rest.added],
    changed: [...rest.changed],
    removed: [...rest.removed],
    unchanged: rest.unchanged,
    findings: findings.map((finding) => ({ ...finding })),
  }
  output.result(syncDocument, { set: document }, () => {
    const changes = [...changeWords('added', rest.added), ...changeWords('changed', rest.changed), ...changeWords('removed', rest.removed)]
    return [
      `${set} is at ${rest.head ?? 'no version'}: ${changes.join('; ') || `${plural(rest.unchanged, 'migration')}, as before`}.`,
      ...findings.map(findingLine),
    ].join('\n')
  })
  return exitCodes.well
}

const poolCell = ({ database, ready, size }: Pick<PoolView, 'database' | 'ready' | 'size'>): string => `${ready} of ${size} in ${database}`

const poolOf = ({ waitsFor, ...pool }: PoolView) => ({
  ...pool,
  waitsFor: waitsFor && { server: null, problem: null, ...waitsFor, runs: waitsFor.for === 'runs' ? [...waitsFor.runs] : [] },
})

/** Why it is not full. */
const reasonOf = ({ problem, waitsFor }: PoolView): string | null => (waitsFor === null ? problem : describePoolWait(waitsFor))

const poolSentence = (set: string, view: PoolView): string => {
  const { database, size, ready } = view
  const reason = reasonOf(view)
  if (size === 0) return `${set} keeps no ready schemas in ${database}${ready === 0 ? '' : `; ${plural(ready, 'schema')} will be dropped by a worker`}.`
  return `${set} keeps ${plural(size, 'ready schema')} in ${database}; ${ready} of them are there${ready < size ? ', a worker makes the rest' : ''}.${reason === null ? '' : `\n${reason}.`}`
}

const pool = async ({ tenancy, actor, output }: Session, input: z.output<typeof setPoolInput>): Promise<number> => {
  const view = await tenancy.sets.setPool(actor, input)
  output.result(poolDocument, { pool: { set: input.set, ...poolOf(view) } }, () => poolSentence(input.set, view))
  return exitCodes.well
}

const list = async ({ tenancy, output }: Session): Promise<number> => {
  const found = await tenancy.sets.list()
  const sets = found.map((row) => ({
    name: row.name,
    directory: row.directory,
    defaultDatabase: row.defaultDatabase,
    head: row.head,
    migrations: row.migrations,
    targets: row.targets,
    atHead: row.atHead,
    findings: row.findings,
    syncedAt: row.syncedAt,
    pools: row.pools.map(poolOf),
  }))
  output.result(setListDocument, { sets }, () =>
    sets.length === 0
      ? 'There are no migration sets yet: tenantry sets sync NAME --dir DIR'
      : [
          formatColumns(sets, [
            { title: 'name', value: ({ name }) => name },
            { title: 'head', value: ({ head }) => head ?? '–' },
            { title: 'migrations', value: ({ migrations }) => String(migrations), isNumber: true },
            { title: 'targets', value: ({ targets }) => String(targets), isNumber: true },
            { title: 'at head', value: ({ atHead }) => String(atHead), isNumber: true },
            { title: 'findings', value: ({ findings }) => String(findings), isNumber: true },
            { title: 'ready', value: ({ pools }) => pools.map(poolCell).join(', ') || '–' },
            { title: 'database', value: ({ defaultDatabase }) => defaultDatabase ?? '–' },
            { title: 'directory', value: ({ directory }) => directory ?? '–' },
          ]),
          ...found.flatMap(({ name, pools }) =>
            pools.flatMap((one) => {
              const reason = reasonOf(one)
              return reason === null ? [] : [`${name}: ${poolCell(one)} ready. ${reason}.`]
            }),
          ),
        ].join('\n'),
  )
  return exitCodes.well
}

const verify = async ({ tenancy, actor, output }: Session, input: z.output<typeof verifySetInput>): Promise<number> => {
  const { disagreements, problems, notes, ...facts } = await tenancy.sets.verify(actor, input)
  const document = {
    ...facts,
    disagreements: disagreements.map(({ version, findings }) => ({ version, findings: findings.map(({ sentence }) => sentence) })),
    problems: [...problems],
    notes: [...notes],
  }
  const isWell = disagreements.length + problems.length === 0
  output.result(verifyDocument, document, () =>
    [
      ...problems,
      ...document.disagreements.flatMap(({ version, findings }) => [
        `${version}: applied one after the other, as rollouts do, it is not what one transaction makes, as new tenants get it:`,
        ...findings.map((sentence) => `  ${sentence}`),
      ]),
      ...notes,
      ...(isWell
        ? [
            `${input.set} stands by itself in ${facts.database} (PostgreSQL ${facts.server}): ${plural(facts.versions, 'version')}, from empty and from every older one.`,
          ]
        : []),
    ].join('\n'),
  )
  return isWell ? exitCodes.well : exitCodes.targetsFailed
}

type LintInput = { readonly name: string; readonly dir: string | null }

/** The files as they are now, which may be ahead of what was read last. */
const lint = async ({ tenancy, output }: Session, { name, dir }: LintInput): Promise<number> => {
  const set = dir === null ? await tenancy.sets.get(name) : null
  const directory = dir ?? set?.directory
  const found = directory ? await tenancy.sets.lint(directory) : (set?.list ?? []).flatMap(({ findings }) => findings)
  const findings = found.map((finding) => ({ ...finding }))
  output.result(lintDocument, { set: name, findings }, () => (findings.length === 0 ? `${name}: no findings.` : findings.map(findingLine).join('\n')))
  return findings.some(({ level }) => level === 'error') ? exitCodes.targetsFailed : exitCodes.well
}

export const addSets = (program: Command): void => {
  const sets = program.command('sets').summary('read, list and check migration sets')
  sets
    .command('sync <name>')
    .summary('read a directory of NNNN_name.sql files as a migration set')
    .description(
      'Makes the set or reads it again; a pipeline calls it with each release. Nothing is applied to any tenant. What was applied anywhere may not change.',
    )
    .option('--dir <dir>', 'the directory; the one it was read from last when absent')
    .option('--database <name>', 'where new tenants of this set go when nothing else is said')
    .addHelpText('after', '\nExample:\n  tenantry sets sync app --dir db/migrations --database eu-1')
    .action((name: string, options: { dir?: string; database?: string }) =>
      runCommand(() => parseInput(syncSetInput, { name, dir: options.dir === undefined ? undefined : resolve(options.dir), database: options.database }), sync),
    )
  sets
    .command('pool <set>')
    .summary('keep ready schemas for tenants to come')
    .description(
      'Workers keep so many schemas at the newest version, with seed, role and rights, that onboarding claims by rename: a tenant is active in milliseconds. 0 takes them away. A set that cannot be pooled is built as before, and “sets list” says why.',
    )
    .requiredOption('--size <n>', 'how many, 0 to 1000')
    .option('--database <name>', 'the database; where new tenants of the set go when absent')
    .addHelpText('after', '\nExample:\n  tenantry sets pool app --size 20 --database eu-1')
    .action((set: string, options: { size: string; database?: string }) =>
      runCommand(() => parseInput(setPoolInput, { set, size: options.size, database: options.database }), pool),
    )
  sets
    .command('list')
    .summary('list migration sets')
    .action(() => runCommand(() => null, list))
  sets
    .command('verify <name>')
    .summary('replay a set and check that every way to a version makes the same structure')
    .description(
      'Replays the set from empty in one transaction, as new tenants get it, and one migration after the other, as a rollout brings older tenants on, and compares both at every version. Works in a scratch schema that is dropped afterwards. Exit 1 when something fails or disagrees.',
    )
    .option('--database <name>', 'where; where new tenants of the set go when absent')
    .addHelpText('after', '\nExample:\n  tenantry sets verify app --database eu-1')
    .action((set: string, options: { database?: string }) => runCommand(() => parseInput(verifySetInput, { set, ...options }), verify))
  sets
    .command('lint <name>')
    .summary('check the files of a set without reading them in')
    .description('Exit 1 when a finding is an error, which sync would refuse.')
    .option('--dir <dir>', 'the directory; the one it was read from last when absent')
    .action((name: string, options: { dir?: string }) =>
      runCommand(() => ({ name: parseInput(setName, name), dir: options.dir === undefined ? null : resolve(options.dir) }), lint),
    )
}
