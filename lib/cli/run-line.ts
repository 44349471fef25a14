/** A line of the command line, from its words to its exit code; the process is left as it is. */
import { CommanderError } from 'commander'
import { releaseVersion } from '../version.ts'
import { fail } from './command.ts'
import { exitCodes } from './failure.ts'
import { createProgram } from './program.ts'
import { withLine, type Line, type Terminal } from './terminal.ts'

/**
 * Runs a command to its end. What goes wrong is said on the terminal and by the exit code, never thrown.
 * @param words without the program's own name
 */
export const runLine = (words: readonly string[], terminal: Terminal): Promise<number> => {
  const line: Line = { terminal, isJson: words.includes('--json'), command: '', exitCode: exitCodes.well }
  return withLine(line, async () => {
    try {
      await createProgram(releaseVersion).parseAsync([...words], { from: 'user' })
    } catch (error) {
      // Help and version end the same way as a mistake does.
      const isAnswered = error instanceof CommanderError && error.exitCode === 0
      const isHelpInstead = error instanceof CommanderError && error.code === 'commander.help'
      if (isHelpInstead) line.exitCode = exitCodes.refused
      else if (!isAnswered) fail(error)
    }
    return line.exitCode
  })
}
