/** What a line is typed into: the process with its streams and its environment, or whatever stands in their place for the time of a call. */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { Readable, Writable } from 'node:stream'
import type { Connection } from '../connection.ts'
import { openConnection } from '../open-connection.ts'

export type Terminal = {
  readonly stdin: Readable
  readonly stdout: Writable
  /** `isTTY`: somebody watches, so that a progress bar makes sense. */
  readonly stderr: Writable & { readonly isTTY?: boolean }
  /** The control database. @param say is told what takes time @throws ConnectionError */
  connect(say: (line: string) => void): Promise<Connection>
}

/** One line while it is worked on. */
export type Line = {
  readonly terminal: Terminal
  /** Whether `--json` was asked for, also when the rest of the line could not be read. */
  readonly isJson: boolean
  /** The command's name as the audit has it: `runs.pause`. */
  command: string
  exitCode: number
}

const lines = new AsyncLocalStorage<Line>()

/** The line that whoever asks is part of. */
export const currentLine = (): Line => {
  const line = lines.getStore()
  if (!line) throw new Error('no command is running')
  return line
}

export const withLine = <T>(line: Line, work: () => Promise<T>): Promise<T> => lines.run(line, work)

export const ownTerminal: Terminal = { stdin: process.stdin, stdout: process.stdout, stderr: process.stderr, connect: openConnection }
