/** Stands between two as a proxy does, a browser and a console or a process and PostgreSQL, and can lose its connections or say nothing more. */
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'

export type Relay = {
  readonly address: string
  /** Cuts every connection there is; new ones are taken at once. */
  drop(): void
  /** From now on nothing goes through and nothing is ended: as if a firewall swallowed every packet. */
  stall(): void
  close(): Promise<void>
}

/** Listens on a free port of this machine and hands every byte to whoever is at `address`, and back. */
export const openRelay = async (address: string): Promise<Relay> => {
  const port = Number(new URL(address).port)
  const sockets = new Set<Socket>()
  let isStalled = false
  const keep = (socket: Socket): void => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    // Lost connections are what this is for.
    socket.on('error', () => socket.destroy())
  }
  const server = createServer((browser) => {
    const console = connect(port, 'localhost')
    keep(browser)
    keep(console)
    if (isStalled) return
    browser.pipe(console).pipe(browser)
    browser.once('close', () => console.destroy())
    console.once('close', () => browser.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
  const drop = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    address: `http://localhost:${(server.address() as AddressInfo).port}`,
    drop,
    stall: () => {
      isStalled = true
      for (const socket of sockets) socket.unpipe().pause()
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        drop()
      }),
  }
}
