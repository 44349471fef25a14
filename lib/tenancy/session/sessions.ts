import type { FleetConnection } from '../session/fleet-connection.ts'

/** A backend keeps some 3.5 kB for each relation that it ever opened, and gives nothing of it back: it stays below 100 MB. */
const relationsPerBackend = 22_000
const endMs = 2_000

const ended = (): Error => Object.assign(new Error('the look was stopped'), { code: 'CONNECTION_ENDED' })

/** One connection at a time, in the turn that its look has at the server; replaced by a new one before its backend has opened more relations than it may. */
export class Sessions {
  readonly #connect: () => Promise<FleetConnection>
  readonly #makeWay: (leave: () => Promise<void>) => Promise<void>
  #connection: FleetConnection | null = null
  #opened = 0
  #isEnded = false

  /**
   * @param connect throws the server's error, which the next `take` throws
   * @param makeWay is called before each take; its `leave` closes the connection
   */
  constructor(connect: () => Promise<FleetConnection>, makeWay: (leave: () => Promise<void>) => Promise<void>) {
    this.#connect = connect
    this.#makeWay = makeWay
  }

  /** A connection for work that opens about so many relations. */
  async take(relations: number): Promise<FleetConnection> {
    await this.#makeWay(() => this.close())
    if (this.#isEnded) throw ended()
    if (this.#connection && this.#opened > 0 && this.#opened + relations > relationsPerBackend) await this.close()
    this.#connection ??= await this.#connect()
    if (this.#isEnded) throw ended()
    this.#opened += relations
    return this.#connection
  }

  /** For many questions, about so many relations together: each goes over the connection that there is when it is asked. */
  async takeEach(relations: number): Promise<FleetConnection> {
    const connection = await this.take(relations)
    return { ...connection, query: async <Row extends object>(text: string, timeoutMs?: number) => (await this.take(0)).query<Row>(text, timeoutMs) }
  }

  /** For good: whoever reads fails as if the connection was lost, and what the server is asked just now ends there. */
  async end(): Promise<void> {
    this.#isEnded = true
    await this.#connection?.terminate(endMs)
    await this.close()
  }

  async close(): Promise<void> {
    await this.#connection?.close()
    this.#connection = null
    this.#opened = 0
  }
}
