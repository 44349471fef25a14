import { Command } from 'commander'
import { addDatabases } from './commands/databases.ts'
import { addDiscard } from './commands/discard.ts'
import { addDrift } from './commands/drift.ts'
import { addInit } from './commands/init.ts'
import { addMigrate } from './commands/migrate.ts'
import { addOnboard } from './commands/onboard.ts'
import { addReport } from './commands/report.ts'
import { addRuns } from './commands/runs.ts'
import { addSavedReports } from './commands/saved-reports.ts'
import { addSets } from './commands/sets.ts'
import { addStatus } from './commands/status.ts'
import { addWorker } from './commands/worker.ts'
import { currentLine } from './terminal.ts'

const afterHelp = `
Exit codes: 0 all well · 1 some targets failed, drifted or, with status --check, are behind · 2 wrong use or refused · 3 control database unreachable
            130 Ctrl-C while waiting; the run itself is not touched by it

The control database is DATABASE_URL, or the embedded server of npm start when that is not set.

From nothing to the first tenant:
  tenantry init --admin ada@example.com
  tenantry databases add eu-1 --url postgres://tenantry:secret@db1.example.com:5432/app
  tenantry sets sync app --dir db/migrations --database eu-1
  tenantry onboard acme --name "Acme Inc."
  tenantry status`

/** `runs pause`, without the program's own name. */
const pathOf = (command: Command): string[] => (command.parent ? [...pathOf(command.parent), command.name()] : [])

/** All commands. Wrong use throws CommanderError instead of ending the process. */
export const createProgram = (version: string): Command => {
  const program = new Command('tenantry')
    .description('PostgreSQL tenants from the command line: the same operations as the console.')
    .version(version)
    .option('--json', 'print one JSON document on standard output instead of text')
    .addHelpText('after', afterHelp)
    .showSuggestionAfterError()
    .hook('preAction', (_, command) => void (currentLine().command = pathOf(command).join('.')))
    // Commands made from here on inherit these.
    .configureOutput({
      writeOut: (text) => void currentLine().terminal.stdout.write(text),
      writeErr: (text) => void currentLine().terminal.stderr.write(text),
      outputError: () => undefined,
    })
    .exitOverride()
  for (const add of [addInit, addDatabases, addSets, addOnboard, addDiscard, addStatus, addDrift, addMigrate, addReport, addSavedReports, addRuns, addWorker])
    add(program)
  return program
}
