/** Stands between a browser and a console as a proxy does, and can lose its connections. */
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'

export type Relay = {
  readonly address: string
  /** Cuts every connection there is; new ones are taken at once. */
  drop(): void
  close(): Promise<void>
}

/** Listens on a free port of this machine and hands every byte to the console at `address` and back. */
export const openRelay = async (address: string): Promise<Relay> => {
  const port = Number(new URL(address).port)
  const sockets = new Set<Socket>()
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
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        drop()
      }),
  }
}
