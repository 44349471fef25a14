/** The embedded server through everything that happens to it on people's machines. */
import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import postgres from 'postgres'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findEmbedded } from '../../../lib/embedded/find.ts'
import { openEmbedded } from '../../../lib/embedded/index.ts'
import type { EmbeddedServer } from '../../../lib/embedded/index.ts'
import { readState, writeState } from '../../../lib/embedded/files.ts'
import { findRunning, stopRunning } from '../../../lib/embedded/postmaster.ts'
import { projectRoot } from '../../../lib/root.ts'
import { makeFolder } from '../../support/folder.ts'

let dataDir = ''
const said: string[] = []
const open = (isDurable = false): Promise<EmbeddedServer> => openEmbedded({ dataDir, isDurable, say: (line) => said.push(line) })
const clusterOf = (): string => readState(dataDir)?.cluster ?? ''

const ask = async <T extends postgres.MaybeRow>(url: string, query: string): Promise<readonly T[]> => {
  const sql = postgres(url, { max: 1, onnotice: () => undefined })
  try {
    return await sql.unsafe<T[]>(query)
  } finally {
    await sql.end()
  }
}

/** A process of its own that opens the server and stays. */
const openElsewhere = async (): Promise<ReturnType<typeof spawn>> => {
  const program = `
    const { openEmbedded } = await import(${JSON.stringify(join(projectRoot, 'lib/embedded/index.ts'))})
    const server = await openEmbedded({ dataDir: ${JSON.stringify(dataDir)}, isDurable: false })
    process.on('SIGTERM', () => server.release().then(() => process.exit(0)))
    setInterval(() => undefined, 1000)
    console.log('open')`
  const child = spawn(join(projectRoot, 'node_modules/.bin/node'), ['--input-type=module', '-e', program], { stdio: ['ignore', 'pipe', 'inherit'] })
  await new Promise<void>((resolve, reject) => {
    child.stdout.once('data', () => resolve())
    child.once('exit', (code) => reject(new Error(`ended with ${code}`)))
  })
  return child
}

const end = (child: ReturnType<typeof spawn>, signal: NodeJS.Signals): Promise<void> =>
  new Promise((resolve) => {
    child.once('exit', () => resolve())
    child.kill(signal)
  })

beforeEach(() => {
  dataDir = makeFolder('embedded')
  said.length = 0
})

afterEach(async () => {
  const cluster = clusterOf()
  if (cluster) await stopRunning(cluster)
  rmSync(dataDir, { recursive: true, force: true })
})

describe('the embedded server', () => {
  it('starts from nothing, keeps its data and is gone after it was given back', async () => {
    const first = await open()
    await ask(first.url, 'create table kept (n int)')
    await first.release()
    expect(findRunning(clusterOf())).toBeNull()
    const second = await open()
    expect(await ask(second.url, 'select count(*)::int as n from kept')).toMatchObject([{ n: 0 }])
    await second.release()
  })

  it('listens on this machine only, without sockets, and lets nobody in without the password', async () => {
    const server = await open()
    const [settings] = await ask<{ addresses: string; sockets: string }>(
      server.url,
      `select current_setting('listen_addresses') as addresses, current_setting('unix_socket_directories') as sockets`,
    )
    expect(settings).toEqual({ addresses: '127.0.0.1', sockets: '' })
    const stranger = new URL(server.url)
    stranger.password = 'guess'
    await expect(ask(stranger.href, 'select 1')).rejects.toMatchObject({ code: '28P01' })
    await server.release()
  })

  it('keeps password, secret and state to its owner', async () => {
    const server = await open()
    for (const name of ['postgres-password', 'postgres.json', 'postgres-15.log']) expect(statSync(join(dataDir, name)).mode & 0o077, name).toBe(0)
    await server.release()
  })

  it('tells other processes where it is while it runs', async () => {
    const server = await open()
    expect(findEmbedded(dataDir)).toBe(server.url)
    await server.release()
    expect(findEmbedded(dataDir)).toBeNull()
  })

  it('is shared, and stopped by the last', async () => {
    const other = await openElsewhere()
    const mine = await open()
    expect(mine.isStarted).toBe(false)
    await end(other, 'SIGTERM')
    expect(await ask(mine.url, 'select 1 as one')).toMatchObject([{ one: 1 }])
    await mine.release()
    expect(findRunning(clusterOf())).toBeNull()
  })

  it('is used again when the process that started it was killed', async () => {
    await end(await openElsewhere(), 'SIGKILL')
    expect(readdirSync(join(dataDir, 'in-use'))).toHaveLength(1)
    const server = await open()
    expect(server.isStarted).toBe(false)
    await server.release()
    expect(findRunning(clusterOf())).toBeNull()
  })

  it('starts again after it was killed itself, with what was committed', async () => {
    const first = await open(true)
    await ask(first.url, 'create table kept as select 1 as n')
    const running = findRunning(clusterOf())
    process.kill(running?.pid ?? 0, 'SIGKILL')
    expect(said.join('\n')).not.toContain('recovers')
    const second = await open(true)
    expect(second.isStarted).toBe(true)
    expect(said.join('\n')).toContain('PostgreSQL was killed; it recovers first')
    expect(await ask(second.url, 'select n from kept')).toMatchObject([{ n: 1 }])
    await second.release()
  })

  it('passes over a pid file whose number is now another program', async () => {
    await (await open()).release()
    const cluster = clusterOf()
    writeFileSync(join(cluster, 'postmaster.pid'), `${process.pid}\n${cluster}\n1700000000\n54320\n\n127.0.0.1\n  1 1\nready\n`)
    const server = await open()
    expect(server.isStarted).toBe(true)
    await server.release()
  })

  it('passes over a first start that was cut off', async () => {
    mkdirSync(join(dataDir, 'postgres-15.half', 'base'), { recursive: true })
    const server = await open()
    expect(await ask(server.url, 'select 1 as one')).toMatchObject([{ one: 1 }])
    await server.release()
  })

  it('takes another port when its own is taken, and says so', async () => {
    const squatter = createServer()
    await new Promise<void>((resolve) => squatter.listen(0, '127.0.0.1', resolve))
    const { port } = squatter.address() as AddressInfo
    writeState(dataDir, { cluster: join(dataDir, 'postgres-15'), port, pid: null })
    const server = await open()
    expect(server.port).not.toBe(port)
    expect(said.join('\n')).toContain(`port ${port} is taken by another program; PostgreSQL listens on ${server.port}`)
    await server.release()
    squatter.close()
  })

  it('shrugs off a lock, a holder and a state file of the dead', async () => {
    writeFileSync(join(dataDir, 'lock'), '999999999 0')
    mkdirSync(join(dataDir, 'in-use'))
    writeFileSync(join(dataDir, 'in-use', '999999999'), '999999999 0')
    writeFileSync(join(dataDir, 'postgres.json'), '{"cluster": "/no')
    const server = await open()
    await server.release()
    expect(findRunning(clusterOf())).toBeNull()
    expect(readFileSync(join(dataDir, 'postgres-15.log'), 'utf8')).toContain('database system is shut down')
  })
})
