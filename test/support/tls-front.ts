/** Stands before a PostgreSQL that has no TLS, and speaks it for that; or says, as servers do, that there is none. */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { TLSSocket } from 'node:tls'

/** For 127.0.0.1, signed by itself, good for a hundred years; nothing but this file trusts it. */
export const certificate = `-----BEGIN CERTIFICATE-----
MIIBkDCCATagAwIBAgIUUAbose9DLLhm6HoY1wQXMvP9TukwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMTA3MjgyOFoYDzIxMjYxMDI4
MDcyODI4WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAASZTjPiULWxcAx2sK/lIDHK+OeDNydWbNv8gDURfBIHWI+9qQYAZCXf
XJXOsh4OtZd1wLETnkWxpg3JPc6wD+tFo2QwYjAdBgNVHQ4EFgQUN9KogQecNv6j
QgDKMlrJFkPctcMwHwYDVR0jBBgwFoAUN9KogQecNv6jQgDKMlrJFkPctcMwDwYD
VR0TAQH/BAUwAwEB/zAPBgNVHREECDAGhwR/AAABMAoGCCqGSM49BAMCA0gAMEUC
IQCWc8TcyIfQpEtS5ETThJ9FfSUi0Jnuqnk7QGgTtZK5gAIgcUMxnUx7FjtPccw1
jwvao5xFvaVGPJt/4lnUvJ1G6FM=
-----END CERTIFICATE-----`
const key = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgKkjNjhKdFhNQYi7m
memui5GXz0G+oF9gO916KLF81UehRANCAASZTjPiULWxcAx2sK/lIDHK+OeDNydW
bNv8gDURfBIHWI+9qQYAZCXfXJXOsh4OtZd1wLETnkWxpg3JPc6wD+tF
-----END PRIVATE KEY-----`

export type TlsFront = {
  readonly port: number
  /** Of the connections since the last time somebody asked. */
  seen(): ReadonlyArray<'tls' | 'clear'>
  /** The host that the last one under TLS asked for; null when it named none. */
  readonly servername: string | null
  close(): Promise<void>
}

const isSslRequest = (bytes: Buffer): boolean => bytes.length === 8 && bytes.readInt32BE(4) === 80_877_103

/** @param offers whether it has TLS */
export const openTlsFront = async (upstream: number, offers: boolean): Promise<TlsFront> => {
  const sockets = new Set<Socket>()
  let seen: Array<'tls' | 'clear'> = []
  let servername: string | null = null
  const keep = (socket: Socket): void => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
  }
  const hand = (client: Socket, kind: 'tls' | 'clear', first?: Buffer): void => {
    const server = connect(upstream, '127.0.0.1')
    keep(server)
    if (first) server.write(first)
    client.pipe(server).pipe(client)
    client.once('close', () => server.destroy())
    server.once('close', () => client.destroy())
    seen.push(kind)
  }
  const take = (socket: Socket): void => {
    keep(socket)
    socket.once('data', (bytes) => {
      socket.pause()
      if (!isSslRequest(bytes)) return hand(socket, 'clear', bytes)
      socket.write(offers ? 'S' : 'N')
      if (!offers) {
        socket.once('data', (next) => (next[0] === 0 ? hand(socket, 'clear', next) : socket.destroy()))
        return void socket.resume()
      }
      const secure = new TLSSocket(socket, { isServer: true, key, cert: certificate })
      secure.on('error', () => socket.destroy())
      secure.once('secure', () => {
        servername = secure.servername || null
        hand(secure, 'tls')
      })
    })
  }
  const server = createServer(take)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    seen: () => {
      const all = seen
      seen = []
      return all
    },
    get servername() {
      return servername
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}
