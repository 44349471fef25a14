import { text } from 'node:stream/consumers'
import type { Command } from 'commander'
import type { z } from 'zod'
import { formatBytes } from '../../format.ts'
import { addDatabaseInput, removeDatabaseInput, setNotesInput } from '../../tenancy/contract/index.ts'
import type { DatabaseRow } from '../../tenancy/contract/index.ts'
import { formatColumns } from '../columns.ts'
import { runCommand } from '../command.ts'
import { databaseDocument, databaseListDocument, notesDocument, removedDocument } from '../database-documents.ts'
import type { DatabaseDocument } from '../database-documents.ts'
import { exitCodes } from '../failure.ts'
import { invalid, parseInput } from '../parse-input.ts'
import type { Session } from '../session.ts'
import { currentLine } from '../terminal.ts'

const documentOf = (row: DatabaseRow): DatabaseDocument => ({
  name: row.name,
  server: row.server,
  host: row.host,
  port: row.port,
  pooler: row.pooler,
  dbname: row.dbname,
  version: row.version,
  reachable: row.reachable,
  problem: row.problem,
  budget: row.budget,
  connectionsUsed: row.connectionsUsed,
  maxConnections: row.maxConnections,
  bytes: row.bytes,
  tenants: row.tenants,
  checkedAt: row.checkedAt,
  notes: row.notes,
})

const add = async ({ tenancy, actor, output }: Session, input: z.output<typeof addDatabaseInput>): Promise<number> => {
  const row = await tenancy.databases.add(actor, input)
  output.result(
    databaseDocument,
    { database: documentOf(row), warnings: [...row.warnings] },
    () =>
      `${row.name} is ${row.dbname} at ${row.host}:${row.port}, PostgreSQL ${row.version}; up to ${row.budget} of its ${row.maxConnections} connections are used.${row.pooler === null ? '' : ` Applications come through ${row.pooler.host}:${row.pooler.port}.`}`,
  )
  for (const warning of row.warnings) output.note(warning)
  return exitCodes.well
}

const stateOf = ({ reachable, problem, pooler }: DatabaseDocument): string => {
  if (!reachable) return `unreachable: ${problem ?? ''}`
  return pooler?.problem ? `reachable, but not through its pooler: ${pooler.problem}` : 'reachable'
}

const list = async ({ tenancy, output }: Session): Promise<number> => {
  const databases = (await tenancy.databases.list()).map(documentOf)
  output.result(databaseListDocument, { databases }, () =>
    databases.length === 0
      ? 'There are no databases yet: tenantry databases add NAME --url postgres://user:password@host:5432/dbname'
      : formatColumns(databases, [
          { title: 'name', value: ({ name }) => name },
          { title: 'address', value: ({ host, port, dbname }) => `${host}:${port}/${dbname}` },
          { title: 'version', value: ({ version }) => version },
          { title: 'tenants', value: ({ tenants }) => String(tenants), isNumber: true },
          { title: 'size', value: ({ bytes }) => (bytes === null ? '–' : formatBytes(bytes)), isNumber: true },
          { title: 'budget', value: ({ budget }) => String(budget), isNumber: true },
          { title: 'state', value: stateOf },
        ]),
  )
  return exitCodes.well
}

const remove = async ({ tenancy, actor, output }: Session, input: z.output<typeof removeDatabaseInput>): Promise<number> => {
  await tenancy.databases.remove(actor, input)
  output.result(removedDocument, { removed: input.name }, () => `${input.name} is forgotten here; nothing in it was touched.`)
  return exitCodes.well
}

const setNotes = async ({ tenancy, actor, output }: Session, input: z.output<typeof setNotesInput>): Promise<number> => {
  await tenancy.databases.setNotes(actor, input)
  output.result(notesDocument, { database: input.name, on: input.on }, () =>
    input.on
      ? `${input.name} notes DDL that does not come from Tenantry; workers read it every 20 seconds.`
      : `${input.name} notes nothing any more; nothing of it is left there.`,
  )
  return exitCodes.well
}

const isOn = (state: string): boolean => {
  if (state !== 'on' && state !== 'off') throw invalid(`“${state}” is neither on nor off`)
  return state === 'on'
}

/** A password on a command line can be seen by others on the machine; a pipe keeps it to itself. */
const readUrls = async ({
  url,
  directUrl,
}: {
  readonly url: string
  readonly directUrl?: string
}): Promise<{ readonly url: string; readonly directUrl?: string }> => {
  if (url !== '-' && directUrl !== '-') return { url, ...(directUrl === undefined ? {} : { directUrl }) }
  const lines = (await text(currentLine().terminal.stdin)).trim().split(/\r?\n/)
  const next = (given: string): string => (given === '-' ? (lines.shift() ?? '').trim() : given)
  const given = { url: next(url), ...(directUrl === undefined ? {} : { directUrl: next(directUrl) }) }
  if (lines.length > 0) throw invalid('standard input holds more lines than addresses were asked for: give --direct-url - for a second one.')
  return given
}

export const addDatabases = (program: Command): void => {
  const databases = program.command('databases').summary('add, list and remove the databases that hold tenants')
  databases
    .command('add <name>')
    .summary('add a database: it is connected to, and looked at, first')
    .requiredOption('--url <url>', 'connection string, or - to read it from standard input, a line each')
    .option('--direct-url <url>', 'for migrations and all that needs a session of its own, where --url leads through a pooler in transaction mode')
    .option('--budget <connections>', 'connections that Tenantry may hold on its server at once; proposed from max_connections when absent')
    .addHelpText(
      'after',
      String.raw`
Examples:
  tenantry databases add eu-1 --url postgres://tenantry:secret@db1.example.com:5432/app
  printf '%s\n' "$POOLED_URL" "$DIRECT_URL" | tenantry databases add eu-2 --url - --direct-url -`,
    )
    .action((name: string, options: { url: string; directUrl?: string; budget?: string }) =>
      runCommand(async () => parseInput(addDatabaseInput, { name, ...(await readUrls(options)), budget: options.budget }), add),
    )
  databases
    .command('list')
    .summary('list databases')
    .action(() => runCommand(() => null, list))
  databases
    .command('notes <name> <on|off>')
    .summary('have the database note who changes tenants from outside of Tenantry, or stop that')
    .addHelpText(
      'after',
      '\nOn makes a schema tenantry_notes_… with a table, a function and two event triggers, which takes a superuser or your hosting service’s administrators’ account; off drops all of it.\n\nExample:\n  tenantry databases notes eu-1 on',
    )
    .action((name: string, state: string) => runCommand(() => parseInput(setNotesInput, { name, on: isOn(state) }), setNotes))
  databases
    .command('remove <name>')
    .summary('forget a database that holds no tenants')
    .action((name: string) => runCommand(() => parseInput(removeDatabaseInput, { name }), remove))
}
