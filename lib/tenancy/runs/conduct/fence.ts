/** The connection that stands for a conductor on its server. Where it alone is lost it is put up again: what is in hand goes on, and what waits need not wait for that. */
import { unseal } from '../../control/seal.ts'
import type { FleetConnection } from '../../session/fleet-connection.ts'
import { driverOptions } from '../../sql/database-url.ts'
import { codeOf } from '../../sql/sqlstate.ts'
import type { ServerFacts } from './adopt.ts'
import { LeaseLost, openFence, requireLease, type Lease } from './lease.ts'
import type { ConductOptions } from './options.ts'

/** What may be asked of it. */
export type FenceLink = Pick<FleetConnection, 'query' | 'dead'>

type Gone = { readonly gone: unknown }

/** Any database of the server will do: one that refuses must not hold up the others. */
export const tryFence = async ({ library }: Pick<ConductOptions, 'library'>, server: ServerFacts, lease: Lease): Promise<FleetConnection | Gone> => {
  let gone: unknown = new Error('the server has no database')
  // A secret that opens nothing is this process's trouble, not the server's.
  const addresses = server.databases.map(({ sealed, name }) => ({ name, url: unseal(library.secret, sealed) }))
  const all = addresses.map(({ url }) => driverOptions(url).database)
  for (const { name, url } of addresses) {
    try {
      return await openFence(url, lease, all)
    } catch (error) {
      if (error instanceof LeaseLost) throw error
      library.logger.warn({ server: server.name, database: name, code: codeOf(error) }, 'conductor.fence_refused')
      gone = error
    }
  }
  return { gone }
}

export class Fence implements FenceLink {
  readonly #options: Pick<ConductOptions, 'library'>
  readonly #server: ServerFacts
  readonly #lease: Lease
  #connection: FleetConnection
  #isMending = false
  #isClosed = false

  constructor(options: Pick<ConductOptions, 'library'>, server: ServerFacts, lease: Lease, connection: FleetConnection) {
    this.#options = options
    this.#server = server
    this.#lease = lease
    this.#connection = connection
  }

  get dead(): boolean {
    return this.#connection.dead
  }

  query<Row extends object>(text: string, timeoutMs?: number): Promise<Row[]> {
    return this.#connection.query<Row>(text, timeoutMs)
  }

  /** Returns at once. @param onLost hears why it does not stand again: `fence_lost`, or that somebody else drives */
  mend(onMended: () => void, onLost: (reason: unknown) => void): void {
    if (this.#isMending || this.#isClosed) return
    this.#isMending = true
    void this.#putUpAgain()
      .then((stands) => (stands ? onMended() : onLost('fence_lost')), onLost)
      .finally(() => {
        this.#isMending = false
      })
  }

  /** Whoever takes over raises the epoch before it ends this connection: asked first, nobody is kept out by a conductor that has been replaced. */
  async #putUpAgain(): Promise<boolean> {
    const { library } = this.#options
    library.logger.warn({ server: this.#server.id }, 'conductor.fence_lost')
    try {
      await requireLease(library.control.db, this.#lease)
    } catch (error) {
      if (error instanceof LeaseLost) throw error
      return false
    }
    const found = await tryFence(this.#options, this.#server, this.#lease)
    if ('gone' in found) return false
    if (this.#isClosed) await found.close()
    else this.#connection = found
    return true
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.#connection.close()
  }
}
