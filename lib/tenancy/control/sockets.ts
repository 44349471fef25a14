import { once } from 'node:events'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'

/** The sockets of a pool: its driver says goodbye to the server and waits for it to hang up, which one that has fallen silent never does. */
export class Sockets {
  readonly #open = new Set<Duplex>()
  #isOver = false

  /** The same options, by which connections are made that can be cut. */
  keep<Options extends { readonly stream?: () => Duplex }>(options: Options): Options & { readonly stream: () => Duplex } {
    const open = options.stream ?? ((): Duplex => new Socket())
    const stream = (): Duplex => {
      const socket = open()
      this.#open.add(socket)
      socket.once('close', () => this.#open.delete(socket))
      // Once the driver has been told to connect: before, that would bring the socket back to life.
      if (this.#isOver) setImmediate(() => socket.destroy(Object.assign(new Error('the pool is closed'), { code: 'ECONNABORTED' })))
      return socket
    }
    return { ...options, stream }
  }

  /** Waits until the driver has closed all, as `ending` says, but no longer than that: then they are cut, whatever waits for an answer is told, and nothing connects any more. */
  async end(limitMs: number, ending: Promise<unknown>): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, limitMs)
    })
    const closed = ending.then(() => Promise.all([...this.#open].map((socket) => once(socket, 'close'))))
    // What fails while it ends has ended as well.
    await Promise.race([closed.catch(() => {}), late])
    clearTimeout(timer)
    this.#isOver = true
    for (const socket of this.#open) socket.destroy()
  }
}
