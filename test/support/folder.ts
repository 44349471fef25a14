/** Folders for throw-away servers, named after the process that uses them, so that the next run can clean up after one that was killed. */
import { chmodSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readState } from '../../lib/embedded/files.ts'
import { stopRunning } from '../../lib/embedded/postmaster.ts'
import { isAlive } from '../../lib/embedded/processes.ts'

const prefix = 'tenantry-test-'

/** Removes what runs that were killed left behind, servers included. */
export const sweepDead = async (): Promise<void> => {
  for (const name of readdirSync(tmpdir())) {
    const pid = Number.parseInt(name.slice(prefix.length), 10)
    if (!name.startsWith(prefix) || !Number.isInteger(pid) || isAlive(pid)) continue
    const folder = join(tmpdir(), name)
    const state = readState(folder)
    if (state) await stopRunning(state.cluster)
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A new folder for this process that PostgreSQL's account can enter. */
export const makeFolder = (label: string): string => {
  const folder = join(tmpdir(), `${prefix}${process.pid}-${label}`)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  chmodSync(folder, 0o755)
  return folder
}
