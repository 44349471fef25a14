/** Folders for throw-away servers, named after the process that uses them, so that the next run can clean up after one that was killed. */
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readState } from '../../lib/embedded/files.ts'
import { stopRunning } from '../../lib/embedded/postmaster.ts'
import { isAlive } from '../../lib/embedded/processes.ts'

const prefix = 'tenantry-test-'
const memory = '/dev/shm'
/** Several times what the servers of a whole run hold at once. */
const plentyBytes = 10 * 2 ** 30

/** Every table of every tenant is some files, and making one costs a disk's file system more than its content does. */
const hasPlentyOfMemory = (): boolean => {
  if (!existsSync(memory)) return false
  const { bavail, bsize } = statfsSync(memory)
  return Math.min(bavail * bsize, process.availableMemory()) > plentyBytes
}

/** Removes what runs that were killed left behind, servers included. */
export const sweepDead = async (): Promise<void> => {
  for (const place of [tmpdir(), memory].filter((folder) => existsSync(folder))) await sweepDeadIn(place)
}

const sweepDeadIn = async (place: string): Promise<void> => {
  for (const name of readdirSync(place)) {
    const pid = Number.parseInt(name.slice(prefix.length), 10)
    if (!name.startsWith(prefix) || !Number.isInteger(pid) || isAlive(pid)) continue
    const folder = join(place, name)
    const state = readState(folder)
    if (state) await stopRunning(state.cluster)
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A new folder for this process that PostgreSQL's account can enter. */
export const makeFolder = (label: string): string => {
  const folder = join(hasPlentyOfMemory() ? memory : tmpdir(), `${prefix}${process.pid}-${label}`)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  chmodSync(folder, 0o755)
  return folder
}
