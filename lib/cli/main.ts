/** `tenantry`: what the console does, typed. */
import { runLine } from './run-line.ts'
import { ownTerminal } from './terminal.ts'

// `tenantry status | head` closes the pipe early; that is no failure.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    process.exit()
  })

process.exitCode = await runLine(process.argv.slice(2), ownTerminal)

// A command that has ended waits for its words to be read, but not for a server that has fallen silent to hang up.
setTimeout(() => {
  if (process.stdout.writableLength + process.stderr.writableLength === 0) process.exit()
}, 300).unref()
