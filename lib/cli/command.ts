/** How every command runs: what was typed is checked, one result comes out, refusals become one line, an audit row and an exit code. */
import { createLogger } from '../log.ts'
import { recordRefusal } from '../refusal-trail.ts'
import { isTenancyError } from '../tenancy/index.ts'
import { describeFailure, exitCodeOf } from './failure.ts'
import { createOutput } from './output.ts'
import { withSession } from './session.ts'
import type { Session } from './session.ts'
import { currentLine } from './terminal.ts'

const textOf = (value: unknown): string => (typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '')

/** Problems by file and line, by line and column of a CSV, or by tenant, as lines under the error. */
const problemLines = (details: Readonly<Record<string, unknown>>): string[] => {
  const list: unknown[] = Array.isArray(details.findings) ? details.findings : Array.isArray(details.problems) ? details.problems : []
  return list.slice(0, 50).map((entry) => {
    if (typeof entry !== 'object' || entry === null) return textOf(entry)
    const { slug, file, line, column, message }: { slug?: unknown; file?: unknown; line?: unknown; column?: unknown; message?: unknown } = entry
    if (slug !== undefined) return `${textOf(slug)}  ${textOf(message)}`
    if (file !== undefined) return `${[file, line, column].map(textOf).filter(Boolean).join(':')}  ${textOf(message)}`
    // A column of a CSV has a name, and one of a text a number.
    const place = ['line', line, ...(typeof column === 'number' ? ['column'] : []), column].map(textOf).filter(Boolean)
    return `${place.join(' ')}  ${textOf(message)}`
  })
}

/** Says what went wrong, also by the exit code. */
export const fail = (error: unknown): void => {
  const line = currentLine()
  const document = describeFailure(error)
  createOutput(line).failure(document, problemLines(document.details))
  line.exitCode = exitCodeOf(document)
}

/** Those that only look, and leave no row when they are refused either. */
const looks: ReadonlySet<string> = new Set([
  'status',
  'drift',
  'databases.list',
  'sets.list',
  'sets.lint',
  'runs.list',
  'reports.list',
  'runs.show',
  'runs.watch',
  'runs.blockers',
])

const workOn = async (session: Session, work: (session: Session) => Promise<number>): Promise<number> => {
  try {
    return await work(session)
  } catch (error) {
    const { command } = currentLine()
    if (isTenancyError(error) && !looks.has(command)) await recordRefusal(session.tenancy, session.actor, command, error, createLogger('cli', 'error'))
    throw error
  }
}

/**
 * Runs a command: `read` checks what was typed before anything is opened, `work` answers with the exit code.
 * @param isNew the control database need not be set up yet
 */
export const runCommand = async <Input>(
  read: () => Input | Promise<Input>,
  work: (session: Session, input: Input) => Promise<number>,
  isNew = false,
): Promise<void> => {
  const line = currentLine()
  try {
    const input = await read()
    line.exitCode = await withSession(line, (session) => workOn(session, () => work(session, input)), isNew)
  } catch (error) {
    fail(error)
  }
}
