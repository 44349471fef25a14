/** Starting, finding and stopping one PostgreSQL server process on a data directory. */
import { spawn } from 'node:child_process'
import { closeSync, openSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Owner } from './binaries.ts'
import { readIfThere, removeFile } from './files.ts'
import { commandOf, isAlive, waitUntil } from './processes.ts'

/** What PostgreSQL says about itself in postmaster.pid; `status` is `ready` once it takes connections. */
export type Postmaster = { readonly pid: number; readonly port: number; readonly status: string }

const pidFile = (cluster: string): string => join(cluster, 'postmaster.pid')

const readPidFile = (cluster: string): Postmaster | null => {
  const lines = readIfThere(pidFile(cluster))?.split('\n')
  const pid = Number.parseInt(lines?.[0] ?? '', 10)
  if (!lines || !Number.isInteger(pid)) return null
  return { pid, port: Number.parseInt(lines[3] ?? '', 10) || 0, status: lines[7]?.trim() ?? '' }
}

/** The server that runs on this data directory, if one does. A pid file left by a crash, its number now another program's, is removed. */
export const findRunning = (cluster: string): Postmaster | null => {
  const found = readPidFile(cluster)
  if (!found) return null
  const command = isAlive(found.pid) ? commandOf(found.pid) : ''
  if (command.includes(cluster)) return found
  removeFile(pidFile(cluster))
  return null
}

/** Whoever stops a server takes its pid file away. */
export const hasPidFile = (cluster: string): boolean => readPidFile(cluster) !== null

const startLimitMs = 120_000

/** Waits until the server takes connections, which after a crash takes as long as its recovery; null when it ended instead, or never came. */
export const waitReady = async (cluster: string, pid: number): Promise<Postmaster | null> => {
  let ready: Postmaster | null = null
  await waitUntil(startLimitMs, () => {
    const seen = readPidFile(cluster)
    if (seen?.pid === pid && seen.status === 'ready') ready = seen
    return ready !== null || !isAlive(pid)
  })
  return ready
}

export type Launch = {
  readonly postgres: string
  readonly cluster: string
  readonly owner: Owner
  readonly port: number
  readonly logFile: string
  /** Settings by name, on top of those that every embedded server has. */
  readonly settings: Readonly<Record<string, string>>
}

const baseSettings: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  password_encryption: 'scram-sha-256',
  max_connections: '200',
  // Tenants are many small tables: dropping one of 25 tables takes 391 locks.
  max_locks_per_transaction: '256',
  shared_buffers: '256MB',
  // Catalog queries over thousands of schemas look expensive to the planner and are not; compiling them costs more than running them.
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
}

const logLimitBytes = 8 * 1024 * 1024

/**
 * Starts a server in a session of its own, so that Ctrl-C in the terminal reaches only us and we stop it in our order.
 * Null when it ended before it was ready; its log says why.
 */
export const launch = async (options: Launch): Promise<Postmaster | null> => {
  const isLogLong = (statSync(options.logFile, { throwIfNoEntry: false })?.size ?? 0) > logLimitBytes
  const log = openSync(options.logFile, isLogLong ? 'w' : 'a', 0o600)
  const settings = Object.entries({ ...baseSettings, ...options.settings, port: String(options.port) })
  const child = spawn(options.postgres, ['-D', options.cluster, ...settings.flatMap(([name, value]) => ['-c', `${name}=${value}`])], {
    ...options.owner,
    cwd: options.cluster,
    detached: true,
    stdio: ['ignore', log, log],
    env: { LC_ALL: 'C', PATH: '/usr/bin:/bin', NODE_ENV: 'production' },
  })
  closeSync(log)
  const pid = await new Promise<number>((resolve, reject) => {
    child.once('error', reject)
    child.once('spawn', () => resolve(child.pid ?? 0))
  })
  child.unref()
  return waitReady(options.cluster, pid)
}

const stopSignals = [
  // Fast: sessions are ended, what is committed is written out; a flush of each file that is new.
  { signal: 'SIGINT', limitMs: 60_000 },
  // Immediate: the next start recovers.
  { signal: 'SIGQUIT', limitMs: 10_000 },
] as const

/** Stops the server on this data directory and waits until it is gone. Does nothing when none runs. */
export const stopRunning = async (cluster: string): Promise<void> => {
  for (const { signal, limitMs } of stopSignals) {
    const running = findRunning(cluster)
    if (!running) return
    try {
      process.kill(running.pid, signal)
    } catch {
      // Gone between looking and signalling.
    }
    if (await waitUntil(limitMs, () => !isAlive(running.pid))) return
  }
  throw new Error(`PostgreSQL on ${cluster} does not stop. Its process id is in postmaster.pid there.`)
}
