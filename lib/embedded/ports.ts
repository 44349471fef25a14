import { createServer } from 'node:net'

/** Whether nothing listens on the port of that address, or of any when none is given, now. Somebody may take it a moment later. */
export const isPortFree = (port: number, host?: string): Promise<boolean> =>
  new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen({ port, host, exclusive: true }, () => probe.close(() => resolve(true)))
  })

/** The first free port from `from` upwards. Throws when a hundred in a row are taken. */
export const nextFreePort = async (from: number, host?: string): Promise<number> => {
  for (let port = from; port < from + 100 && port <= 65_535; port += 1) {
    if (await isPortFree(port, host)) return port
  }
  throw new Error(`No port is free from ${from} to ${from + 99}. Stop what listens there, or set PORT.`)
}
