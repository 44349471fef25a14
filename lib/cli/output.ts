/** The two streams of a command: its result on stdout, everything else on stderr. */
import type { z } from 'zod'
import type { ErrorDocument } from '../tenancy/contract/index.ts'

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

const write = (stream: NodeJS.WriteStream, text: string): void => {
  stream.write(text.endsWith('\n') ? text : `${text}\n`)
}

export const createOutput = (isJson: boolean): Output => {
  const isWatched = process.stderr.isTTY
  return {
    isJson,
    isWatched,
    result: (_schema, document, text) => write(process.stdout, isJson ? JSON.stringify(document, null, 2) : text()),
    note: (line) => {
      if (!isJson || isWatched) write(process.stderr, line)
    },
    failure: (error, lines = []) => {
      write(process.stderr, `error ${error.code}: ${error.message}`)
      if (isJson) return write(process.stdout, JSON.stringify({ error }, null, 2))
      for (const line of lines) write(process.stderr, `  ${line}`)
      if (error.hint) write(process.stderr, error.hint)
    },
  }
}
