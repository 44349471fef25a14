/** A connection of its own to the control database, over which many rows go by COPY. */
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { from as copyFrom } from 'pg-copy-streams'
import { pgOptions } from '../sql/database-url.ts'
import { answerBounds, ControlClient, withCode } from './client.ts'

export type Writer = {
  /** @throws the server's error; that of a lost connection has a code as well */
  query<Row extends object>(text: string, values?: readonly unknown[]): Promise<Row[]>
  /** @param pieces in COPY's text format, each of whole lines. @throws as `query` does */
  copy(text: string, pieces: readonly string[]): Promise<void>
  /** At once, whatever is under way. */
  end(): void
}

const coded = async <T>(work: Promise<T>): Promise<T> => {
  try {
    return await work
  } catch (error) {
    throw withCode(error, 'CONNECTION_CLOSED')
  }
}

const usualPiece = 65_536

/** Small ones together; never all of them, which may be more than a string can hold. */
function* sent(pieces: readonly string[]): Generator<string> {
  let held: string[] = []
  let length = 0
  for (const piece of pieces) {
    held.push(piece)
    length += piece.length
    if (length < usualPiece) continue
    yield held.join('')
    held = []
    length = 0
  }
  if (held.length > 0) yield held.join('')
}

/** @throws the server's or the driver's error, with a code */
export const openWriter = async (url: string, applicationName: string): Promise<Writer> => {
  const client = new ControlClient({ ...answerBounds, ...pgOptions(url), application_name: applicationName })
  // Told to whoever asks next.
  client.on('error', () => {})
  await coded(client.connect())
  return {
    query: async <Row extends object>(text: string, values: readonly unknown[] = []) => (await coded(client.query<Row>(text, [...values]))).rows,
    copy: (text, pieces) => coded(pipeline(Readable.from(sent(pieces), { objectMode: false }), client.query(copyFrom(text)))),
    end: () => client.connection.stream.destroy(),
  }
}
