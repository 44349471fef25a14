/** `tenantry`: what the console does, typed. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CommanderError } from 'commander'
import { z } from 'zod'
import { projectRoot } from '../root.ts'
import { fail, wantsJson } from './command.ts'
import { exitCodes } from './failure.ts'
import { createOutput } from './output.ts'
import { createProgram } from './program.ts'

// `tenantry status | head` closes the pipe early; that is no failure.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    process.exit()
  })

const { version } = z.object({ version: z.string() }).parse(JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')))

try {
  await createProgram(version).parseAsync(process.argv)
} catch (error) {
  // Help and version end the same way as a mistake does.
  const isAnswered = error instanceof CommanderError && error.exitCode === 0
  const isHelpInstead = error instanceof CommanderError && error.code === 'commander.help'
  if (isHelpInstead) process.exitCode = exitCodes.refused
  else if (!isAnswered) fail(createOutput(wantsJson(process.argv)), error)
}

// A command that has ended waits for its words to be read, but not for a server that has fallen silent to hang up.
setTimeout(() => {
  if (process.stdout.writableLength + process.stderr.writableLength === 0) process.exit()
}, 300).unref()
