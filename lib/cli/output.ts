/** The two streams of a command: its result on stdout, everything else on stderr. */
import type { Writable } from 'node:stream'
import type { z } from 'zod'
import type { ErrorDocument } from '../tenancy/contract/index.ts'
import type { Line } from './terminal.ts'

export type Output = {
  readonly isJson: boolean
  /** Whether somebody watches stderr, so that a progress bar makes sense. */
  readonly isWatched: boolean
  /** The result: the document with `--json`, else the text. Called once a command. */
  result<Schema extends z.ZodType>(schema: Schema, document: z.output<Schema>, text: () => string): void
  /** A line for people beside the result. Not written with `--json` unless somebody watches. */
  note(line: string): void
  failure(error: ErrorDocument, lines?: readonly string[]): void
}

const write = (stream: Writable, text: string): void => {
  stream.write(text.endsWith('\n') ? text : `${text}\n`)
}

export const createOutput = ({ terminal: { stdout, stderr }, isJson }: Pick<Line, 'terminal' | 'isJson'>): Output => {
  const isWatched = stderr.isTTY === true
  return {
    isJson,
    isWatched,
    result: (_schema, document, text) => write(stdout, isJson ? JSON.stringify(document, null, 2) : text()),
    note: (line) => {
      if (!isJson || isWatched) write(stderr, line)
    },
    failure: (error, lines = []) => {
      write(stderr, `error ${error.code}: ${error.message}`)
      if (isJson) return write(stdout, JSON.stringify({ error }, null, 2))
      for (const line of lines) write(stderr, `  ${line}`)
      if (error.hint) write(stderr, error.hint)
    },
  }
}
