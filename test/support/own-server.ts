/** A PostgreSQL server of its own for a test that stops it, fills it or runs it out of space. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import postgres from 'postgres'
import { migrationsDir } from '../../lib/connection.ts'
import { makeDataFolder, writeState } from '../../lib/embedded/files.ts'
import { openEmbedded } from '../../lib/embedded/index.ts'
import { nextFreePort } from '../../lib/embedded/ports.ts'
import { findRunning } from '../../lib/embedded/postmaster.ts'
import { isAlive, waitUntil } from '../../lib/embedded/processes.ts'
import { migrateControl } from '../../lib/tenancy/migrations/control-plane.ts'
import { makeFolder } from './folder.ts'

export type OwnServer = {
  readonly port: number
  urlOf(database: string): string
  /** An empty database; its connection string. */
  makeDatabase(name: string): Promise<string>
  /** A control database, migrated; its connection string. */
  makeControl(): Promise<string>
  /** What `pg_ctl stop -m immediate` does: no word to anybody, and recovery at the next start. */
  stopImmediately(): Promise<void>
  isRunning(): boolean
  /** Starts it again at the same port; does nothing when it runs. */
  start(): Promise<void>
  close(): Promise<void>
}

export type OwnServerOptions = {
  readonly settings?: Readonly<Record<string, string>>
  /** The folder for its data; one of its own when not given. */
  readonly dataDir?: string
}

let opened = 0

/** @param label of its folder, one for each server of a process */
export const openOwnServer = async (label: string, options: OwnServerOptions = {}): Promise<OwnServer> => {
  const dataDir = options.dataDir ?? makeFolder(label)
  const cluster = join(dataDir, 'postgres-15')
  opened += 1
  makeDataFolder(dataDir)
  // Out of the way of other throw-away servers, which take the first port that is free, and of outgoing connections: nobody else may be found here while it is down.
  const from = 12_000 + (process.pid % 200) * 40 + opened * 5
  writeState(dataDir, { cluster, port: await nextFreePort(from, '127.0.0.1'), pid: null })
  const open = () => openEmbedded({ dataDir, isDurable: true, settings: { fsync: 'off', ...options.settings } })
  let server = await open()

  const makeDatabase = async (name: string): Promise<string> => {
    const sql = postgres(server.urlOf('postgres'), { max: 1, onnotice: () => undefined })
    await sql`create database ${sql(name)}`
    await sql.end()
    return server.urlOf(name)
  }

  return {
    port: server.port,
    urlOf: (database) => server.urlOf(database),
    makeDatabase,
    async makeControl() {
      const url = await makeDatabase('control')
      await migrateControl(url, join(migrationsDir, 'control'))
      return url
    },
    async stopImmediately() {
      const running = findRunning(cluster)
      if (!running) throw new Error('the server does not run')
      process.kill(running.pid, 'SIGQUIT')
      await waitUntil(40_000, () => !isAlive(running.pid))
    },
    isRunning: () => findRunning(cluster) !== null,
    async start() {
      server = await open()
    },
    async close() {
      await server.release()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}
