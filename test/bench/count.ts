/** Counts what is sent to a server, by standing between: messages of the simple and the extended protocol, and packets. */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

export type Sent = { readonly queries: number; readonly packets: number; readonly connections: number }

/** Messages of a client after its first one, which has no type. */
class Reader {
  #rest: Buffer = Buffer.alloc(0)
  #started = false
  queries = 0

  read(chunk: Buffer): void {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    for (;;) {
      const head = this.#started ? 1 : 0
      if (this.#rest.length < head + 4) return
      const length = this.#rest.readUInt32BE(head) + head
      if (this.#rest.length < length) return
      // Q is a query of the simple protocol, E an execution of the extended one.
      if (this.#started && (this.#rest[0] === 0x51 || this.#rest[0] === 0x45)) this.queries += 1
      this.#started = true
      this.#rest = this.#rest.subarray(length)
    }
  }
}

export const openCounter = async (url: string): Promise<{ readonly url: string; close(): Promise<Sent> }> => {
  const target = new URL(url)
  const readers: Reader[] = []
  const sockets = new Set<Socket>()
  let packets = 0
  const server = createServer((client) => {
    const reader = new Reader()
    readers.push(reader)
    const upstream = connect(Number(target.port), target.hostname)
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.setNoDelay(true)
      socket.on('error', () => socket.destroy())
      socket.on('close', () => sockets.delete(socket))
    }
    client.on('data', (chunk) => {
      packets += 1
      reader.read(chunk)
    })
    client.pipe(upstream)
    upstream.pipe(client)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const through = new URL(url)
  through.port = String((server.address() as AddressInfo).port)
  return {
    url: through.href,
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
      return { queries: readers.reduce((sum, { queries }) => sum + queries, 0), packets, connections: readers.length }
    },
  }
}
