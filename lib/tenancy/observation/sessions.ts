import type { FleetConnection } from '../session/fleet-connection.ts'

/** A backend keeps some 3 kB for each relation that it ever opened, and gives nothing of it back. */
const relationsPerBackend = 30_000

/** One connection at a time, replaced by a new one before its backend has opened more relations than it may. */
export class Sessions {
  readonly #connect: () => Promise<FleetConnection>
  #connection: FleetConnection | null = null
  #opened = 0

  /** @param connect throws the server's error, which the next `take` throws */
  constructor(connect: () => Promise<FleetConnection>) {
    this.#connect = connect
  }

  /** A connection for work that opens about so many relations. */
  async take(relations: number): Promise<FleetConnection> {
    if (this.#connection && this.#opened > 0 && this.#opened + relations > relationsPerBackend) await this.close()
    this.#connection ??= await this.#connect()
    this.#opened += relations
    return this.#connection
  }

  async close(): Promise<void> {
    await this.#connection?.close()
    this.#connection = null
    this.#opened = 0
  }
}
